// Statements whose texts are too long to be kept for other servers hold theirs,
// no longer than they are there.
#include "tests/unit/backends/postgres/borrowing.hpp"

using namespace skein;
using namespace wire;

namespace {

std::string long_text(std::size_t size = 200'000) {
  return "insert into t values ('" + std::string(size, 'x') + "')";
}
// By a simple query, whose server goes back at once.
void check_lets_go(borrowing& one) {
  one.client(select_1);
  one.server(answered);
  CHECK_FALSE(one.lent);
  CHECK(one.talk.pin().empty());
}

}  // namespace

TEST_CASE(
    "an unnamed statement that is too long to be kept holds its server "
    "while it is there") {
  borrowing one;
  one.client(parse("", long_text()) + bind("") + execute + sync_message);
  CHECK(types(one.at_server()) == "PBES");
  SUBCASE("until a simple query does away with it") {
    one.server(parsed + bound + complete("INSERT 0 1") + ready('I'));
    CHECK(one.lent);
    CHECK_FALSE(one.talk.pin().empty());
    check_lets_go(one);
  }
  SUBCASE("until it is closed") {
    one.server(parsed + bound + complete("INSERT 0 1") + ready('I'));
    one.client(close('S', "") + sync_message);
    one.server(ready('I'));
    CHECK_FALSE(one.lent);
  }
  SUBCASE("and not when it never was") {
    one.server(failed("42601", "syntax error") + ready('I'));
    CHECK_FALSE(one.lent);
    CHECK(one.talk.pin().empty());
  }
}

TEST_CASE("a block that ran one by the extended protocol ends with a simple COMMIT") {
  borrowing one;
  one.client(begin);
  one.server(in_block);
  one.client(parse("", long_text(9'000)) + bind("") + execute + sync_message);
  one.server(parsed + bound + complete("INSERT 0 1") + ready('T'));
  one.client(query("commit"));
  one.server(complete("COMMIT") + ready('I'));
  CHECK_FALSE(one.lent);
}

TEST_CASE(
    "an unnamed text of 128 KiB is kept, so that its server goes to "
    "others meanwhile") {
  borrowing one;
  const std::string sql = long_text(postgres::whole_max - 100);
  one.client(parse("", sql) + bind("") + execute + sync_message);
  one.at_server();
  one.server(parsed + bound + complete("INSERT 0 1") + ready('I'));
  CHECK_FALSE(one.lent);
  postgres::server_memory other{borrowing::greeting(), 100};
  one.next = &other;
  one.client(bind("") + execute + sync_message);
  CHECK(one.at_server() == parse("", sql) + bind("") + execute + sync_message);
  one.server(parsed + bound + complete("INSERT 0 1") + ready('I'));
  CHECK_FALSE(one.lent);
}

TEST_CASE("what is kept of an unnamed text counts among a client's statements") {
  borrowing one;
  one.client(parse("", long_text(postgres::whole_max - 100)) + sync_message);
  one.server(parsed + ready('I'));
  int next = 0;
  const auto is_refused = [&] {
    one.at_client();
    one.client(parse(std::to_string(next), long_text(60'000) + std::to_string(next)) +
               sync_message);
    const bool sent = holds(one.at_server(), "skein_");
    one.server(sent ? parsed + ready('I') : failed("34000", "no such portal") + ready('I'));
    next += sent;
    return !sent;
  };
  while (!is_refused()) REQUIRE(next < 1000);
  CHECK(error_field(one.at_client(), 'C') == "53400");
  one.client(select_1);
  one.server(answered);
  CHECK_FALSE(is_refused());
  CHECK_FALSE(is_refused());
}

namespace {

// A client with a named statement that is too long to be kept, told well.
struct long_named {
  long_named() {
    // As it comes from a socket.
    const std::string whole = parse("mine", long_text());
    one.client(whole.substr(0, 10'000));
    one.client(whole.substr(10'000) + bind("mine") + execute + sync_message);
    const std::string sent = one.at_server();
    CHECK(types(sent) == "PBES");
    CHECK(sent.starts_with(parse("skein_1", long_text())));
    one.server(parsed + bound + complete("INSERT 0 1") + ready('I'));
    CHECK(types(one.at_client()) == "12CZ");
    look_for_more();
    CHECK(one.lent);
    CHECK(one.talk.pin() == "a prepared statement that is too long to be kept");
  }
  // A text that was not seen may have left anything.
  void look_for_more() {
    const std::string sent = one.at_server();
    CHECK(holds(sent, "skein_look_held"));
    one.server(well(sent));
  }
  // It is closed on the server, which then goes back.
  void check_gone() {
    const std::string sent = one.at_server();
    CHECK(types(sent) == "CS");
    CHECK(holds(sent, text("Sskein_1\0")));
    CHECK(one.lent);
    one.server(closed + ready('I'));
    CHECK(one.at_client().empty());
    CHECK_FALSE(one.lent);
    CHECK(one.talk.pin().empty());
  }
  borrowing one{};
};

}  // namespace

TEST_CASE(
    "a named statement that is too long to be kept holds its server "
    "while it has a name") {
  long_named at;
  at.one.client(bind("mine") + execute + sync_message);
  CHECK(types(at.one.at_server()) == "BES");
  at.one.server(bound + complete("INSERT 0 1") + ready('I'));
  at.one.at_client();
  at.look_for_more();
  SUBCASE("until Close") {
    at.one.client(close('S', "mine") + sync_message);
    CHECK(types(at.one.at_server()) == "S");
    at.one.server(ready('I'));
    CHECK(types(at.one.at_client()) == "3Z");
    at.check_gone();
  }
  SUBCASE("until DEALLOCATE") {
    at.one.client(query("deallocate mine"));
    CHECK(at.one.at_client() == complete("DEALLOCATE") + ready('I'));
    at.check_gone();
  }
  SUBCASE("until DEALLOCATE behind a block, in which it stays") {
    at.one.client(begin);
    at.one.server(in_block);
    at.one.client(query("deallocate mine") + query("commit"));
    CHECK(types(at.one.at_server()) == "QQ");
    at.one.server(complete("COMMIT") + ready('I'));
    at.one.at_client();
    at.check_gone();
  }
  SUBCASE("until DEALLOCATE ALL") {
    at.one.client(query("deallocate all"));
    at.one.at_server();
    at.one.server(complete("DEALLOCATE ALL") + ready('I'));
    at.one.at_client();
    at.check_gone();
  }
  SUBCASE("until its client leaves") {
    at.one.leave();
    CHECK(at.one.may_stay);
    at.check_gone();
  }
}

TEST_CASE("a long named statement is known by its name for everything") {
  long_named at;
  SUBCASE("it is taken") {
    at.one.client(parse("mine", "select 1") + sync_message);
    at.one.server(failed("34000", "no such portal") + ready('I'));
    CHECK(error_field(at.one.at_client(), 'C') == "42P05");
  }
  SUBCASE("Describe") {
    at.one.client(describe('S', "mine") + sync_message);
    CHECK(at.one.at_server() == describe('S', "skein_1") + sync_message);
  }
  SUBCASE("EXECUTE in SQL") {
    at.one.client(query("execute mine"));
    CHECK(at.one.at_server() == query("execute skein_1"));
  }
  SUBCASE("a second one, closed while the first is there") {
    at.one.client(parse("other", long_text()) + close('S', "other") + sync_message);
    at.one.at_server();
    at.one.server(parsed + ready('I'));
    CHECK(types(at.one.at_client()) == "13Z");
    CHECK(at.one.at_server() == close('S', "skein_2") + sync_message);
    at.one.server(closed + ready('I'));
    CHECK(at.one.lent);
  }
}

TEST_CASE("a long named statement that fails leaves nothing") {
  borrowing one;
  one.client(parse("mine", long_text()) + sync_message);
  one.at_server();
  one.server(failed("42601", "syntax error") + ready('I'));
  CHECK(types(one.at_client()) == "EZ");
  CHECK(one.talk.pin().empty());
  CHECK(types(one.at_server()) == "CS");
  one.server(closed + ready('I'));
  CHECK_FALSE(one.lent);
}

TEST_CASE(
    "the name in a long EXECUTE, prepared under a name, is more than is "
    "replaced") {
  borrowing one;
  one.client(parse("mine", "execute other('" + long_text() + "')") + sync_message);
  one.server(failed("34000", "no such portal") + ready('I'));
  CHECK(error_field(one.at_client(), 'C') == "54000");
  CHECK_FALSE(one.lent);
}
