#include "backends/postgres/announcer.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein;
using namespace wire;
using what = announcer_event::what;

namespace {

std::string announcement(std::string_view channel, std::string_view payload) {
  return message('A',
                 u32(4711) + std::string(channel) + text("\0") + std::string(payload) + text("\0"));
}

struct line {
  postgres::announcer talk;
  std::string sent = {};
  std::vector<announcer_event> events = {};
  std::string held = {};

  void hear(std::string_view said) {
    held += said;
    held.erase(0, talk.from_server(bytes(held), events));
  }
};

const std::string listened = complete("LISTEN") + ready('I');

}  // namespace

TEST_CASE("a channel is live once its LISTEN has been committed") {
  line one;
  one.talk.begin(one.sent);
  one.talk.listen("news", one.sent);
  one.talk.listen("Odd \"name\"", one.sent);
  CHECK(one.sent ==
        query("RESET ALL") + query("LISTEN \"news\"") + query("LISTEN \"Odd \"\"name\"\"\""));
  one.hear(complete("RESET") + ready('I'));
  CHECK(one.events.empty());
  one.hear(listened);
  one.hear(message('E', text("SERROR\0C42501\0Mno\0\0")) + ready('I'));
  REQUIRE(one.events.size() == 2);
  CHECK(one.events[0].kind == what::live);
  CHECK(one.events[0].channel == "news");
  CHECK(one.events[1].kind == what::refused);
  CHECK(one.events[1].channel == "Odd \"name\"");
  CHECK(one.events[1].why.sqlstate == "42501");
}

TEST_CASE("who gave a channel up and takes it again waits for the second answer") {
  line one;
  one.talk.listen("news", one.sent);
  one.talk.unlisten("news", one.sent);
  one.talk.listen("news", one.sent);
  one.hear(listened + complete("UNLISTEN") + ready('I'));
  CHECK(one.events.empty());
  one.hear(listened);
  CHECK(one.events.size() == 1);
}

TEST_CASE("an announcement goes on as it came, in whatever pieces") {
  const std::string said = announcement("news", "one") + announcement("news", "two");
  for (std::size_t at = 0; at <= said.size(); ++at) {
    line one;
    one.hear(said.substr(0, at));
    one.hear(said.substr(at));
    REQUIRE(one.events.size() == 2);
    CHECK(one.events[0].kind == what::announced);
    CHECK(one.events[0].channel == "news");
    CHECK(one.events[0].message + one.events[1].message == said);
  }
}

TEST_CASE("a server that says what nobody asked for is of no more use") {
  for (const std::string& said : {ready('I'), message('E', text("SFATAL\0C57P01\0Mstopping\0\0")),
                                  "A" + u32(3), "A" + u32(0x7fffffff)}) {
    line one;
    one.hear(said);
    CHECK(one.talk.broken());
  }
  line one;
  one.hear(message('N', text("SNOTICE\0\0")) + message('S', text("a\0b\0")));
  CHECK_FALSE(one.talk.broken());
}
