// Tables change under prepared statements: a client hears of it once, as it does without Skein, and
// no server fails for it again.
#include "tests/unit/backends/postgres/borrowing.hpp"

using namespace skein;
using namespace wire;

namespace {

const std::string run = bind("s") + execute + sync_message;
const std::string ran = bound + complete() + ready('I');

// Two clients of one core whose name `s` stands for the same text, which is prepared on two
// servers; the first client has heard that its plan fits no more.
struct changed {
  changed() {
    other.client(parse("s", "select * from t") + sync_message);
    other.server(parsed + ready('I'));
    one.client(parse("s", "select * from t") + sync_message);
    one.server(parsed + ready('I'));
    one.client(run);
    one.server(stale_plan() + ready('I'));
    CHECK(error_field(one.at_client().substr(11), 'R') == "RevalidateCachedQuery");
    one.at_server();
    other.at_server();
    other.at_client();
  }
  borrowing one{};
  borrowing other{one.shared};
};

}  // namespace

TEST_CASE("a plan that fits no more fails once, and on no other server of the core") {
  changed at;
  at.one.next = &at.other.first;  // where it was prepared before the table changed
  at.one.client(run);
  const std::string sent = at.one.at_server();
  CHECK(types(sent) == "PBES");
  CHECK_FALSE(holds(sent, text("skein_1\0")));
  at.one.server(parsed + ran);
  CHECK(types(at.one.at_client()) == "2CZ");
  at.one.next = &at.one.first;
  at.one.client(run);
  CHECK(types(at.one.at_server()) == "PBES");
}

TEST_CASE("who prepares the text anew is given a plan that fits, on every server") {
  changed at;
  for (const auto* who : {&at.one, &at.other}) {
    borrowing third{at.one.shared};
    third.next = const_cast<postgres::server_memory*>(&who->first);
    third.client(parse("mine", "select * from t") + bind("mine") + execute + sync_message);
    CHECK(types(third.at_server()) == "PBES");
  }
  at.one.client(close('S', "s") + parse("s", "select * from t") + run);
  CHECK_FALSE(holds(at.one.at_server(), text("skein_1\0")));
}

TEST_CASE("each client hears once that its statement's result has changed") {
  changed at;
  postgres::server_memory fresh{borrowing::greeting(), 100};
  // Where it is prepared, and where it is not and would give rows of the new shape unannounced.
  SUBCASE("on a server that knows the old one") {}
  SUBCASE("on a server that knows none") {
    at.other.next = &fresh;
  }
  at.other.client(run);
  CHECK(types(at.other.at_server()) == "EES");
  at.other.server(failed("34000", "no such portal") + ready('I'));
  const std::string heard = at.other.at_client();
  CHECK(types(heard) == "EZ");
  CHECK(error_field(heard, 'S') == "ERROR");
  CHECK(error_field(heard, 'C') == "0A000");
  CHECK(error_field(heard, 'M') == "cached plan must not change result type");
  CHECK(error_field(heard, 'R') == "RevalidateCachedQuery");
  for (const auto* expected : {"PBES", "BES"}) {
    at.other.client(run);
    CHECK(types(at.other.at_server()) == expected);
    at.other.server((expected[0] == 'P' ? parsed : "") + ran);
    CHECK(types(at.other.at_client()) == "2CZ");
  }
}

TEST_CASE("who is told the new result anyway hears of no change") {
  changed at;
  SUBCASE("by Describe") {
    at.other.client(describe('S', "s") + run);
    CHECK(types(at.other.at_server()) == "PDBES");
  }
  SUBCASE("by a simple EXECUTE") {
    at.other.client(query("execute s"));
    CHECK(types(at.other.at_server()) == "PS");
    at.other.server(parsed + ready('I'));
    CHECK(at.other.at_server() == query("execute skein_2"));
  }
}

TEST_CASE("in a transaction that has failed its error comes first") {
  changed at;
  at.other.client(begin + query("select nowhere"));
  at.other.server(in_block + failed("42703", "no column") + ready('E'));
  at.other.at_client();
  at.other.client(run);
  at.other.server(failed("25P02", "current transaction is aborted") + ready('E'));
  CHECK(error_field(at.other.at_client(), 'C') == "25P02");
  at.other.client(query("rollback"));
  at.other.server(complete("ROLLBACK") + ready('I'));
  at.other.at_client();
  at.other.client(run);
  at.other.server(failed("34000", "no such portal") + ready('I'));
  CHECK(error_field(at.other.at_client(), 'C') == "0A000");
}

namespace {

// Whether a client's Parse of a text that its server has prepared goes there all the same.
bool parses_again(borrowing& one, const std::string& name) {
  one.at_server();
  one.client(parse(name, "select * from t") + sync_message);
  const std::string sent = one.at_server();
  one.server((types(sent) == "PS" ? parsed : "") + ready('I'));
  return types(sent) == "PS";
}

}  // namespace

TEST_CASE("once tables have changed who prepares a text is given a plan made since") {
  const std::string alter = "alter table t add n int";
  borrowing one;
  borrowing other(one.shared);
  other.next = &one.first;
  CHECK(parses_again(one, "a"));
  CHECK_FALSE(parses_again(other, "b"));
  SUBCASE("by a simple query") {
    other.client(query(alter));
    other.server(complete("ALTER TABLE") + ready('I'));
  }
  SUBCASE("by an extended one") {
    other.client(parse("", alter) + bind("") + execute + sync_message);
    other.server(parsed + bound + complete("ALTER TABLE") + ready('I'));
  }
  SUBCASE("in a block, and again at its end") {
    other.client(begin + query(alter));
    other.server(in_block + complete("ALTER TABLE") + ready('T'));
    CHECK(parses_again(one, "in_block"));
    other.client(query("rollback"));
    other.server(complete("ROLLBACK") + ready('I'));
  }
  // For itself what it has prepared stays what it is, and fails where the server finds that out.
  one.at_server();
  one.client(bind("a") + execute + sync_message);
  CHECK(holds(one.at_server(), text("skein_1\0")));
  one.server(stale_plan() + ready('I'));
  CHECK(parses_again(one, "c"));
  CHECK_FALSE(parses_again(one, "d"));
  CHECK_FALSE(parses_again(other, "e"));
}

TEST_CASE("what is prepared behind a change in one pipeline is prepared anew") {
  borrowing one;
  CHECK(parses_again(one, "a"));
  one.client(parse("", "alter table t add n int") + bind("") + execute +
             parse("b", "select * from t") + sync_message);
  CHECK(types(one.at_server()) == "PBEPS");
}
