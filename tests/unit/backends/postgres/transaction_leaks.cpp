// What one client does on a borrowed server must not reach the next, nor may it make us keep more
// and more: each a conversation in which it once did.
#include "tests/unit/backends/postgres/borrowing.hpp"

using namespace skein;
using namespace wire;

namespace {

// The simple query, answered; then what we ask for ourselves.
std::string look_behind(borrowing& one, const std::string& sql, const std::string& reports = {}) {
  one.client(query(sql));
  one.at_server();
  one.server(complete("OK") + reports + ready('I'));
  return one.at_server();
}

}  // namespace

TEST_CASE("a setting that the server reports unasked is looked at") {
  borrowing one;
  const std::string look =
      look_behind(one, "insert into t values (1)", parameter("application_name", "a trigger's"));
  CHECK(one.lent);
  CHECK(holds(look, "application_name"));
  one.server(well(look));
  CHECK_FALSE(one.lent);
  // Set and gone again, or nobody's to set: nothing to look at.
  const std::string come_and_gone =
      parameter("application_name", "x") + parameter("application_name", "");
  for (const auto& reports : {come_and_gone, parameter("in_hot_standby", "on")}) {
    borrowing other;
    CHECK(look_behind(other, "insert into t values (1)", reports).empty());
    CHECK_FALSE(other.lent);
  }
}

TEST_CASE("what a client that has left had set is not looked for behind another") {
  postgres::core_memory core;
  borrowing gone(core);
  gone.client(begin);
  gone.server(in_block);
  gone.client(query("set work_mem = '2MB'"));
  gone.server(complete("SET") + ready('T'));
  gone.leave();
  gone.server(complete("ROLLBACK") + ready('I'));
  CHECK_FALSE(gone.lent);
  borrowing next(core);
  CHECK(look_behind(next, "select 1").empty());
  CHECK_FALSE(next.lent);
}

TEST_CASE("a setting of the start-up that is set or reset is looked for among all") {
  borrowing one(postgres::settings_map{{"work_mem", "2MB"}});
  one.server(well(one.at_server()));
  CHECK(holds(look_behind(one, "reset work_mem"), "skein_look_settings"));
  borrowing plain;
  const std::string narrow = look_behind(plain, "reset work_mem");
  CHECK(holds(narrow, "skein_look_names"));
  CHECK_FALSE(holds(narrow, "skein_look_settings"));
}

TEST_CASE("what comes while its server is looked at waits its turn, like anybody's") {
  for (const auto* sql : {"select 1", "drop table mine", "deallocate all", "discard temp"}) {
    CAPTURE(sql);
    borrowing one;
    const std::string look = look_behind(one, "create temp table mine (n int)");
    one.client(query(sql));
    CHECK(one.talk.on_hold());
    CHECK(one.at_server().empty());
    const int borrowed = one.borrowed;
    one.server(well(look));
    CHECK(one.borrowed == borrowed + (std::string_view(sql) != "deallocate all"));
    CHECK(one.at_server() == (one.lent ? query(sql) : ""));
  }
}

TEST_CASE("a look that failed is tried once more, with everything prepared anew") {
  borrowing one;
  const std::string look = look_behind(one, "do $$ begin execute 'deallocate all'; end $$");
  CHECK(types(look).starts_with("P"));
  one.server(failed("26000", "no such statement") + ready('I'));
  const std::string again = one.at_server();
  CHECK(types(again).starts_with("CP"));
  SUBCASE("it goes well") {
    one.server(well(again));
    CHECK_FALSE(one.lent);
    CHECK(one.talk.pin().empty());
  }
  SUBCASE("it fails again: who knows what is there") {
    one.server(failed("57014", "cancelled") + ready('I'));
    CHECK(one.at_server().empty());
    CHECK(one.lent);
    CHECK_FALSE(one.talk.pin().empty());
  }
}

TEST_CASE("a statement that the server has lost is prepared anew") {
  borrowing one;
  one.client(parse("a", "select 1") + sync_message);
  one.server(parsed + ready('I'));
  one.client(bind("a") + execute + sync_message);
  one.server(failed("26000", "no such statement") + ready('I'));
  one.at_server();
  one.client(bind("a") + execute + sync_message);
  CHECK(types(one.at_server()) == "CPBES");
}

TEST_CASE("COPY with its data, its end and its Sync in one flight") {
  const std::string asked = parse("", "copy t from stdin") + bind("") + execute;
  const std::string data = message('d', "1\n") + message('c') + sync_message;
  for (const auto& flight : {asked + data, asked + sync_message + data}) {
    borrowing one;
    one.client(flight);
    one.server(parsed + bound + message('G', text("\0\0\0")) + complete("COPY 1") + ready('I'));
    CHECK(types(one.at_client()) == "12GCZ");
    CHECK(one.talk.at_rest());
    CHECK_FALSE(one.lent);
  }
}

TEST_CASE("statements in doubt are closed when they are many") {
  borrowing one;
  for (int i = 0; i < 200; ++i) {
    one.client(parse("a", "selec " + std::to_string(i)) + sync_message);
    const std::string sent = one.at_server();
    std::string reply;
    for (const char type : types(sent))
      if (type == 'C') reply += closed;
    one.server(reply + failed("42601", "syntax error") + ready('I'));
    CHECK(one.first.doubtful.size() <= 70);
  }
  CHECK_FALSE(one.lent);
}

TEST_CASE("a pipeline that owes too much waits for its replies, which are asked for") {
  borrowing one;
  std::string many;
  for (std::size_t i = 0; i < postgres::owed_max + 10; ++i) many += bind("");
  one.client(parse("", "select 1") + many);
  const std::string sent = types(one.at_server());
  CHECK(sent.size() == postgres::owed_max + 1);
  CHECK(sent.back() == 'H');
  CHECK(one.talk.on_hold());
  one.server(parsed + bound + bound);
  CHECK(types(one.at_server()) == "BBBH");
  CHECK(one.talk.on_hold());
}

TEST_CASE("a client's statements take so much memory and no more") {
  borrowing one;
  const std::string long_text(100'000, 'x');
  int kept = 0;
  for (std::string heard; kept < 1000; ++kept) {
    one.client(parse(std::to_string(kept), std::to_string(kept) + long_text) + sync_message);
    if (types(one.at_server()) == "ES") break;
    one.server(parsed + ready('I'));
    one.at_client();
  }
  CHECK(kept == int(postgres::names_bytes_max / long_text.size()) - 1);
  one.server(failed("34000", "no such portal") + ready('I'));
  CHECK(error_field(one.at_client(), 'C') == "53400");
  one.client(close('S', "0") + parse("b", "select 1") + sync_message);
  CHECK(types(one.at_server()).ends_with("PS"));
}

TEST_CASE("the last values of sequences are forgotten before another client asks") {
  borrowing one;
  postgres::server_memory& shared = one.first;
  const std::string asks = "select lastval()";
  one.client(query("insert into t values (1)"));
  one.server(complete("INSERT 0 1") + ready('I'));
  one.at_server();
  one.client(query(asks));
  CHECK(one.at_server() == query(asks));  // its own
  one.server(answered);
  shared.sequences = 1'000'000;  // another client has used some
  SUBCASE("simple") {
    one.client(query(asks));
    const std::string sent = one.at_server();
    CHECK(types(sent) == "PBES");
    CHECK(holds(sent, "discard sequences"));
    one.server(well(sent));
    CHECK(one.at_server() == query(asks));
  }
  SUBCASE("extended") {
    one.client(parse("", asks) + bind("") + execute + sync_message);
    CHECK(types(one.at_server()) == "PPBEBES");
  }
  SUBCASE("behind its own in the same block") {
    one.client(begin + query("insert into t values (1)") + query(asks));
    CHECK(types(one.at_server()) == "QQQ");
  }
  SUBCASE("in a block of its own") {
    one.client(begin);
    one.server(in_block);
    one.at_server();
    one.client(query(asks));
    CHECK(types(one.at_server()) == "PBES");
  }
}

TEST_CASE("who borrows next is another, wherever it is in memory") {
  borrowing one;
  one.first.ran_unseen_code = true;
  const auto& last = one.first.last_borrower;
  const std::uint64_t before = last;
  postgres::transaction_conversation other(pool_mode::transaction, {}, one.shared);
  other.lend(one.first);
  action_list actions;
  other.settle_in(actions);
  CHECK(holds(std::string(actions.text()), "reset all"));
  CHECK(before != 0);
}
