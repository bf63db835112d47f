// LISTEN outside of a transaction, which needs no server, however a driver sends it.
#include "tests/unit/backends/postgres/borrowing.hpp"

using namespace skein;
using namespace wire;

namespace {

const std::string listening = parse("", "listen news") + bind("") + describe('P', "") + execute;

}  // namespace

TEST_CASE("LISTEN as a simple query borrows nothing") {
  borrowing one;
  one.client(query("listen news"));
  CHECK(one.listened == "news");
  CHECK(one.at_client().empty());
  one.live();
  CHECK(one.at_client() == complete("LISTEN") + ready('I'));
  CHECK(one.borrowed == 0);
}

TEST_CASE("LISTEN as an extended query borrows nothing, split at every byte") {
  const std::string asked = listening + sync_message;
  for (std::size_t at = 0; at <= asked.size(); ++at) {
    CAPTURE(at);
    borrowing one;
    one.client(asked.substr(0, at));
    one.client(asked.substr(at));
    CHECK(one.listened == "news");
    CHECK(one.at_client() == parsed + bound + no_data);
    one.live();
    CHECK(one.at_client() == complete("LISTEN") + ready('I'));
    CHECK(one.borrowed == 0);
    CHECK(one.talk.at_rest());
  }
}

TEST_CASE("what is announced while its server is looked at is said behind that") {
  borrowing one;
  one.client(query("listen news"));
  one.live();
  one.client(query("create temp table mine (n int); drop table mine"));
  one.at_server();
  one.server(complete("DROP TABLE") + ready('I'));
  const std::string look = one.at_server();
  REQUIRE_FALSE(look.empty());
  one.at_client();
  const std::string news = message('A', u32(1) + text("news\0at last\0"));
  one.talk.announce(news, true, one.actions);
  CHECK(one.at_client().empty());
  one.server(well(look));
  CHECK(one.at_client() == news);
  CHECK_FALSE(one.lent);
}

TEST_CASE("what comes behind it is served as ever") {
  borrowing one;
  one.client(listening + sync_message);
  one.live();
  one.at_client();
  one.client(query("listen more"));
  one.live();
  CHECK(one.at_client() == complete("LISTEN") + ready('I'));
  one.client(parse("", "unlisten news") + bind("") + execute + sync_message);
  CHECK(one.at_client() == parsed + bound + complete("UNLISTEN") + ready('I'));
  CHECK(one.borrowed == 0);
  const std::string asked = parse("", "select 1") + bind("") + execute + sync_message;
  one.client(asked);
  CHECK(one.at_server() == asked);
  one.server(parsed + bound + row("1") + complete() + ready('I'));
  CHECK(one.at_client() == parsed + bound + row("1") + complete() + ready('I'));
  CHECK_FALSE(one.lent);
}

TEST_CASE("behind a statement of the same batch it is the server that listens") {
  borrowing one;
  const std::string asked = parse("", "select 1") + bind("") + execute + listening + sync_message;
  one.client(asked);
  CHECK(one.borrowed == 1);
  CHECK(one.at_server() == asked);
  CHECK(one.listened.empty());
}
