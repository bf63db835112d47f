// Statements whose texts are too long to be kept for other servers hold theirs, no longer than they
// are there.
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

TEST_CASE("an unnamed statement that is too long to be kept holds its server while it is there") {
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

TEST_CASE("an unnamed text of 128 KiB is kept, so that its server goes to others meanwhile") {
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
