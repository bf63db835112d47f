// What a client leaves behind in session pooling: its server is made as new for the next one, or
// given up.
#include "tests/unit/backends/postgres/conversing.hpp"

using namespace skein;
using namespace skein::conversing;

namespace {

const std::string reset = wire::query("DISCARD ALL");
const std::string cleaned =
    wire::message('S', wire::text("a\0b\0")) + wire::complete("DISCARD ALL") + wire::ready('I');

// Has asked something, which has been answered.
struct used : exchange {
  explicit used(char status = 'I') {
    client(one_query);
    server(row + wire::complete() + wire::ready(status));
    to_server.clear();
  }
};

}  // namespace

TEST_CASE("a client that leaves has its server cleaned before it goes back") {
  used one;
  CHECK(one.leave());
  CHECK(one.to_server == reset);
  one.server(cleaned.substr(0, cleaned.size() - 1));
  CHECK_FALSE(one.given_back);
  one.server(cleaned.substr(cleaned.size() - 1));
  CHECK(one.given_back);
}

TEST_CASE("of a client that has sent nothing there is nothing to clean") {
  for (const bool says_goodbye : {false, true}) {
    exchange one;
    if (says_goodbye) one.client(wire::message('X'));
    CHECK(one.leave());
    CHECK(one.to_server.empty());
    CHECK(one.given_back);
  }
}

TEST_CASE("what was open when a client left is rolled back first") {
  for (const char status : {'T', 'E'}) {
    used one(status);
    CHECK(one.leave());
    CHECK(one.to_server == wire::query("ROLLBACK") + reset);
    one.server(wire::complete("ROLLBACK") + wire::ready('I'));
    CHECK_FALSE(one.given_back);
    one.server(cleaned);
    CHECK(one.given_back);
  }
}

TEST_CASE("a client that leaves in the middle of something takes its server along") {
  const std::string parse = wire::message('P', "p");
  for (const std::string& last :
       {one_query, parse, parse + wire::message('S'), one_query.substr(0, 8)}) {
    for (const char status : {'I', 'T'}) {
      used busy(status);
      busy.client(last);
      CHECK_FALSE(busy.leave());
    }
  }
  used copying('T');
  copying.client(wire::query("copy"));
  copying.server(wire::message('G', wire::text("\0\0\0")));
  CHECK_FALSE(copying.leave());
}

TEST_CASE("a cancel that comes late may hit the cleaning, which is tried once more") {
  used one;
  CHECK(one.leave());
  one.server(failed_answer + wire::ready('I'));
  CHECK(one.to_server == reset + reset);
  CHECK_FALSE(one.given_back);
  SUBCASE("then it is clean") {
    one.server(wire::complete("DISCARD ALL") + wire::ready('I'));
    CHECK(one.given_back);
  }
  SUBCASE("or of no more use") {
    one.server(failed_answer + wire::ready('I'));
    CHECK_FALSE(one.given_back);
    CHECK(one.finished);
  }
}

TEST_CASE("a cancel that comes late may hit the ROLLBACK too") {
  used one('T');
  const std::string again = wire::query("ROLLBACK") + reset;
  const std::string failed = failed_answer + wire::ready('E') + failed_answer + wire::ready('E');
  CHECK(one.leave());
  one.server(failed);
  CHECK(one.to_server == again + again);
  CHECK_FALSE(one.given_back);
  SUBCASE("then it is clean") {
    one.server(wire::complete("ROLLBACK") + wire::ready('I') + cleaned);
    CHECK(one.given_back);
  }
  SUBCASE("or of no more use") {
    one.server(failed);
    CHECK_FALSE(one.given_back);
    CHECK(one.finished);
  }
}
