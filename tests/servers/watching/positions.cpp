// What is seen of positions on real servers: an idle leader's followers show all, whatever it wrote
// last, and a follower is never taken for one of a leader that it does not follow.
#include <doctest/doctest.h>

#include <thread>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/watching/watched.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// By looks at both that are sent from now on.
void wait_until_even(const watched& at) {
  const auto now = std::chrono::steady_clock::now();
  wait_until(
      [&] {
        const auto a = at.member("a");
        const auto b = at.member("b");
        return a.asked > now && b.asked > now && b.last.applied == a.last.written;
      },
      10s, "the follower stands where the leader's log ends");
}

pg_session on(server& member) {
  return pg_session("host=127.0.0.1 dbname=app user=app password=app-secret port=" +
                    std::to_string(member.port()));
}

}  // namespace

TEST_CASE("followers of an idle leader stand at its end, also at that of a file") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  watched at(shop, {}, {.interval = 30ms});
  shop.leader().query("create table t (n int)");
  wait_until_even(at);
  shop.leader().query("select pg_switch_wal()");
  wait_until_even(at);
  CHECK(at.member("a").last.written.rank % (std::uint64_t{16} << 20) == 0);
  CHECK(at.member("b").behind == 0ms);
}

TEST_CASE("what is written and not committed makes nobody look behind") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  shop.leader().query_as(app, "create table t (n int)");
  watched at(shop, {}, {.interval = 30ms, .max_lag = 1000ms});
  at.wait_until_serves("b");
  auto session = on(shop.leader());
  REQUIRE(session.ask("begin; insert into t values (1)").ok());
  const auto owed = at.member("a").asked;
  wait_until([&] { return at.member("a").asked > owed; }, 5s, "it is looked at");
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(100ms);
    CHECK(at.member("b").serves_reads);
  }
}

TEST_CASE("a commit that is acknowledged before it is safe is below what the leader has written") {
  auto shop = cluster::start(engine::postgres,
                             {.followers = 0, .server = {.settings = {"wal_writer_delay = 10s"}}});
  shop.leader().query_as(app, "create table t (n int)");
  watched at(shop, {}, {.interval = 20ms});
  auto session = on(shop.leader());
  REQUIRE(session.ask("set synchronous_commit = off").ok());
  REQUIRE(session.ask("insert into t values (1)").ok());
  const auto acknowledged = std::chrono::steady_clock::now();
  wait_until([&] { return at.member("a").asked > acknowledged; }, 5s, "it is looked at");
  const auto seen = at.member("a").last;
  CHECK(seen.offered->rank < seen.written.rank);
  CHECK(session.value("select '" + seen.written.text + "' >= pg_current_wal_insert_lsn()") == "t");
}

TEST_CASE("a follower whose replay is paused is out, and comes back when it has caught up") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  shop.leader().query_as(app, "create table t (n int)");
  watched at(shop, {}, {.interval = 30ms, .max_lag = 1000ms});
  at.wait_until_serves("b");
  shop.follower(0).query("select pg_wal_replay_pause()");
  shop.leader().query_as(app, "insert into t values (1)");
  wait_until([&] { return !at.member("b").serves_reads; }, 10s, "it is out");
  CHECK(*at.member("b").behind > 1000ms);
  CHECK(at.member("b").reason.ends_with(" behind: serves no reads until it is below 500 ms"));
  shop.follower(0).query("select pg_wal_replay_resume()");
  at.wait_until_serves("b");
  CHECK(at.member("b").serves_since != skein::routing::moment{});
}

TEST_CASE("followers change their history with the lead, and serve no other leader") {
  auto shop = cluster::start(engine::postgres, {.followers = 2});
  shop.leader().query_as(app, "create table t (n int)");
  shop.wait_until_caught_up();
  std::atomic<bool> moved{false};
  std::atomic<int> wrong{0};
  watched at(shop,
             [&](const skein::routing::cluster_view& now) {
               // Once c has applied what b wrote as the leader, it is nobody else's.
               const bool led_by_a = now.leader == 0U;
               if (moved && led_by_a && now.members[2].serves_reads) ++wrong;
             },
             {.interval = 20ms});
  at.wait_until_serves("c");
  shop.leader().stop();
  shop.promote("b");
  at.wait_until_serves("c");
  CHECK((*at).now()->leader == 1U);
  CHECK(at.member("c").last.applied.history == at.member("b").last.written.history);
  CHECK(at.member("c").serves_since != skein::routing::moment{});
  shop.leader().query_as(app, "insert into t values (1)");
  shop.wait_until_caught_up();
  // The new leader is lost, and the old one comes back as if nothing had happened.
  moved = true;
  shop.member("b").stop();
  shop.member("a").start();
  wait_until([&] { return (*at).now()->leader == 0U; }, 10s, "the old one leads");
  std::this_thread::sleep_for(1s);
  CHECK(wrong == 0);
  CHECK_MESSAGE(at.member("c").reason.ends_with(": serves no reads"), at.member("c").reason);
}
