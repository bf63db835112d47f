// Statements whose texts are too long to be kept for other servers hold theirs, no longer than they
// are there.
#include "tests/unit/backends/postgres/borrowing.hpp"

using namespace skein;
using namespace wire;

namespace {

std::string long_text(std::size_t size = 200'000) {
  return "insert into t values ('" + std::string(size, 'x') + "')";
}
// A simple query of it is given back to others at once.
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
