// Reads at followers, writes at the leader, and a client that is told of one server only, whatever
// becomes of the others.
#include <doctest/doctest.h>

#include <deque>

#include "tests/servers/routing/shop.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

constexpr auto read_goods = "select count(*) from goods";

}  // namespace

TEST_CASE("reads go to followers in turn, all else to the leader") {
  shop in;
  pg_session one(in.skein->words(app));
  const double b = in.lent("b");
  const double c = in.lent("c");
  const double a = in.lent("a");
  // A session stays with its follower, for the other might show less.
  std::deque<pg_session> more;
  for (int i = 0; i < 6; ++i) more.emplace_back(in.skein->words(app));
  for (int i = 0; i < 60; ++i) CHECK(more[i % 6].value(read_goods) == "100");
  CHECK(in.lent("b") > b);
  CHECK(in.lent("c") > c);
  // Each thread's first connection to a follower is younger than the last look at that follower,
  // and until the next one reads that are planned for it are the leader's.
  const double later = in.lent("a");
  CHECK(later <= a + 20);
  CHECK(one.ask("update goods set n = n + 1 where id = 1").ok());
  CHECK(one.ask("select n from goods where id = 1 for update").ok());
  CHECK(one.ask("begin").ok());
  CHECK(one.ask(read_goods).ok());
  CHECK(one.ask("commit").ok());
  CHECK(in.lent("a") == later + 3);
}

TEST_CASE("a session reads what it has written") {
  shop in;
  pg_session one(in.skein->words(app));
  for (int i = 0; i < 200; ++i) {
    REQUIRE(one.ask("update goods set n = " + std::to_string(i) + " where id = 7").ok());
    REQUIRE(one.value("select n from goods where id = 7") == std::to_string(i));
  }
}

TEST_CASE("a transaction that says READ ONLY is a follower's") {
  shop in;
  pg_session one(in.skein->words(app));
  const double before = in.lent_to_followers();
  CHECK(one.ask("begin read only").ok());
  CHECK(one.value(read_goods) == "100");
  CHECK(one.ask("commit").ok());
  CHECK(in.lent_to_followers() == before + 1);
  CHECK(one.ask("begin isolation level serializable read only").ok());
  CHECK(one.value(read_goods) == "100");
  CHECK(one.ask("commit").ok());
  CHECK(in.lent_to_followers() == before + 1);
}

TEST_CASE("a follower that dies under a read is not noticed") {
  shop in(any_follower, {}, {.followers = 1});
  pg_session one(in.skein->words(app));
  const double before = in.lent("b");
  one.send("select count(*), count(pg_sleep(0.02)) from goods");
  wait_until([&] { return in.lent("b") == before + 1; }, 5s, "the follower has it");
  in.servers.member("b").kill();
  const auto answer = one.finish();
  CHECK_MESSAGE(answer.ok(), answer.sqlstate, " ", answer.text);
  REQUIRE(answer.lines.size() == 1);
  CHECK(answer.lines[0][0] == "100");
  CHECK(in.skein->metric("skein_reads_repeated_total") == 1);
  for (int i = 0; i < 20; ++i) CHECK(one.value(read_goods) == "100");
}

TEST_CASE("a read that is in the way of what a follower applies is run elsewhere") {
  shop in(
      any_follower, {},
      {.followers = 1,
       .server = {.settings = {"max_standby_streaming_delay = 0", "hot_standby_feedback = off"}}});
  pg_session one(in.skein->words(app));
  const double before = in.lent("b");
  one.send("select count(*), count(pg_sleep(0.03)) from goods");
  wait_until([&] { return in.lent("b") == before + 1; }, 5s, "the follower has it");
  in.servers.leader().query_as(app, "delete from goods where id > 50");
  in.servers.leader().query("vacuum (freeze) goods");
  const auto answer = one.finish();
  CHECK_MESSAGE(answer.ok(), answer.sqlstate, " ", answer.text);
  CHECK(in.skein->metric("skein_reads_repeated_total") == 1);
}

TEST_CASE("without followers the leader serves, without a leader followers do") {
  shop in(any_follower, {.pool_wait = 1000ms});
  pg_session one(in.skein->words(app));
  SUBCASE("no follower") {
    in.servers.member("b").kill();
    in.servers.member("c").kill();
    for (int i = 0; i < 50; ++i) CHECK(one.value(read_goods) == "100");
  }
  SUBCASE("no leader") {
    in.servers.leader().kill();
    in.skein->wait_until_status_says("that can be reached are followers");
    for (int i = 0; i < 50; ++i) {
      const auto answer = one.ask(read_goods);
      CHECK_MESSAGE(answer.ok(), answer.sqlstate, " ", answer.text);
    }
    CHECK(one.ask("delete from goods").sqlstate == "57P03");
    pg_session newcomer(in.skein->words(app));
    CHECK(newcomer.value(read_goods) == "100");
  }
}

TEST_CASE("a session keeps to the zone of its first read, as long as somebody there serves") {
  shop in("reads: followers, balance: round_robin, freshness: any, sticky: zone",
          {.members = {{"b", "zone: north"}, {"c", "zone: south"}}});
  std::deque<pg_session> all;
  for (int i = 0; i < 6; ++i) all.emplace_back(in.skein->words(app));
  int of_north = 0;
  for (auto& one : all) {
    const double b = in.lent("b");
    const double c = in.lent("c");
    for (int i = 0; i < 10; ++i) CHECK(one.value(read_goods) == "100");
    const bool north = in.lent("b") == b + 10 && in.lent("c") == c;
    CHECK((north || (in.lent("b") == b && in.lent("c") == c + 10)));
    of_north += north;
  }
  CHECK(of_north > 0);
  CHECK(of_north < 6);
  in.servers.member("b").kill();
  for (auto& one : all)
    for (int i = 0; i < 5; ++i) CHECK(one.value(read_goods) == "100");
}

TEST_CASE("a comment says where, and the console says why") {
  shop in;
  pg_session one(in.skein->words(app));
  const double a = in.lent("a");
  for (int i = 0; i < 10; ++i) CHECK(one.value("/* skein: leader */ select 1") == "1");
  CHECK(in.lent("a") == a + 10);
  pg_session console(in.skein->words({.user = app.user, .password = app.password}));
}
