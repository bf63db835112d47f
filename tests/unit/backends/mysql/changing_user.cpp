// A pooled client that signs in again: where its conversation ends, and what the next one has of
// it.
#include <doctest/doctest.h>

#include "tests/unit/backends/mysql/conversing.hpp"
#include "tests/unit/backends/mysql/transactions.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

constexpr std::string_view change = "bob";

session_change wrote(const std::string& gtids) {
  return {session_track::gtids, "", gtids};
}

}  // namespace

TEST_CASE("who signs in again without a server leaves nothing behind") {
  mysql::core_memory core;
  fake_server server;
  pooled_client client(core, server);
  server.asked();
  const auto packet = asks(command::change_user, change);
  CHECK(client.ask(packet + asks(command::query, "select 1")).empty());
  CHECK(client.signs_in);
  CHECK(client.unheard() == packet + asks(command::query, "select 1"));
  CHECK(server.asked().empty());
  client.leaves();
  CHECK(client.of_use);
  CHECK(server.asked().empty());
}

TEST_CASE("what holds its server is undone before that goes to others") {
  mysql::core_memory core;
  fake_server server;
  pooled_client client(core, server);
  server.answers["3 begin"] = says_ok(status::autocommit | status::in_transaction);
  SUBCASE("a transaction") {
    client.query("begin");
  }
  SUBCASE("a temporary table") {
    client.query("create temporary table t (i int)");
  }
  REQUIRE(client.lent);
  server.asked();
  const int before = client.given_back;
  client.ask(asks(command::change_user, change));
  CHECK(client.signs_in);
  client.leaves();
  CHECK(client.of_use);
  CHECK(server.asked() == texts{"31 "});
  CHECK(client.given_back == before + 1);
}

TEST_CASE("it waits for the answer to what was asked before") {
  mysql::core_memory core;
  fake_server server;
  pooled_client client(core, server);
  const auto heard = client.ask(asks(command::query, "do 1") + asks(command::change_user, change));
  CHECK(heard == says_ok());
  CHECK(client.signs_in);
  CHECK(client.unheard() == asks(command::change_user, change));
}

TEST_CASE("the writes of the session before are owed to the next one, besides its own") {
  constexpr auto first = "3e11fa47-71ca-11e1-9e33-c80aa9429562:5";
  constexpr auto second = "4e11fa47-71ca-11e1-9e33-c80aa9429562:7";
  mysql::core_memory core;
  core.route(true);
  fake_server server;
  server.answers["3 insert into a"] =
      says_ok(status::autocommit | status::session_state_changed, {wrote(first)});
  server.answers["3 insert into b"] =
      says_ok(status::autocommit | status::session_state_changed, {wrote(second)});
  pooled_client before(core, server);
  before.query("insert into a values (1)");
  const auto written = before.talk.exact_writes();
  REQUIRE(written);
  pooled_client stranger(core, server);
  stranger.query("insert into b values (1)");
  REQUIRE(stranger.talk.exact_writes());
  CHECK_FALSE(stranger.talk.exact_writes()->covers(*written));
  pooled_client next(core, server);
  next.talk.follow(before.talk);
  next.query("insert into b values (1)");
  REQUIRE(next.talk.exact_writes());
  CHECK(next.talk.exact_writes()->covers(*written));
  CHECK(next.talk.exact_writes()->covers(*stranger.talk.exact_writes()));
}

TEST_CASE("by session: all answers have come, and none of the packet is taken") {
  for (const std::size_t piece : {1UZ, 1000UZ}) {
    by_session::scene at(piece);
    at.client(asks(command::query, "set @a = 1") + asks(command::change_user, "bob"));
    CHECK_FALSE(at.signs_in);
    at.says(by_session::ok(1));
    CHECK(at.signs_in);
    CHECK(at.from_client == asks(command::change_user, "bob"));
    CHECK(at.sent() == asks(command::query, "set @a = 1"));
    CHECK(at.heard() == by_session::ok(1));
    at.leaves();
    CHECK(at.of_use);
    CHECK(at.sent() == asks(command::reset_connection));
    at.says(by_session::ok(1));
    CHECK(at.given_back);
  }
}
