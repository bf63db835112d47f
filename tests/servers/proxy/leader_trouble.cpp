// Leaders that die, stall, say nothing or come back: what clients hear, and how soon.
#include <doctest/doctest.h>

#include <thread>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

template <typename Work>
milliseconds time_of(Work work) {
  const auto start = clock_type::now();
  work();
  return std::chrono::ceil<milliseconds>(clock_type::now() - start);
}

bool means_unavailable(const std::string& failure) {
  return failure.starts_with("57P03: ");
}

}  // namespace

TEST_CASE("a leader that was killed: sessions hear so at once, new ones within pool.wait") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  skein_process skein(shop, {.pool_wait = 1500ms, .failover = "hold: 1500ms"});
  pg_session asking(skein.words(app));
  pg_session asking_in_block(skein.words(app));
  pg_session idle(skein.words(app));
  REQUIRE(asking_in_block.ask("begin").ok());
  asking_in_block.send("select pg_sleep(30)");
  asking.send("select pg_sleep(30)");
  wait_until(
      [&] {
        return shop.leader().value(
                   "select count(*) from pg_stat_activity where state = 'active' "
                   "and query = 'select pg_sleep(30)'") == "2";
      },
      5s, "both run");
  shop.leader().kill();

  pg_answer heard;
  CHECK(time_of([&] { heard = asking.finish(5s); }) < 2s);
  CHECK(heard.sqlstate == "08007");  // outside a block a statement may have committed
  CHECK(asking_in_block.finish(5s).sqlstate == "40001");
  CHECK(time_of([&] { heard = idle.ask("select 1", 5s); }) < 3s);
  CHECK(!heard.ok());
  CAPTURE(heard.sqlstate);

  std::string failure;
  CHECK(time_of([&] { failure = login_failure(skein.words(app), 10s); }) < 4s);
  CHECK_MESSAGE(means_unavailable(failure), failure);
  skein.wait_until_status_says("cannot be reached");
  CHECK(skein.get("/ready").status == 503);
  CHECK(skein.get("/health").status == 200);

  shop.leader().launch();
  shop.leader().wait_until_ready();
  wait_until([&] { return skein.get("/ready").status == 200; }, 5s, "Skein sees the leader again");
  CHECK(pg_session(skein.words(app)).value("select 1") == "1");
}

TEST_CASE("a leader that accepts and says nothing: an error within the deadlines") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  skein_process skein(shop, {.pool_wait = 1500ms, .connect_timeout = 1s, .linked = true});
  auto& way = shop.link("skein", "a");
  SUBCASE("to new connections only") {
    pg_session going_on(skein.words(app));
    way.accept_mutely();
    std::string failure;
    // To another database, so that no warm connection fits.
    const auto words = skein.words(app, "sslmode=disable dbname=postgres");
    CHECK(time_of([&] { failure = login_failure(words, 10s); }) < 4s);
    CHECK_MESSAGE(means_unavailable(failure), failure);
    CHECK(going_on.value("select 1") == "1");
    way.heal();
    CHECK(login_failure(words) == "");
  }
  SUBCASE("to everybody, like a cut cable") {
    pg_session asking(skein.words(app));
    way.part();
    skein.wait_until_status_says("a cannot be reached", 5s);
    std::string failure;
    CHECK(time_of([&] { failure = login_failure(skein.words(app), 10s); }) < 4s);
    CHECK_MESSAGE(means_unavailable(failure), failure);
    CHECK(skein.get("/leader").status == 503);
    way.heal();
    wait_until([&] { return login_failure(skein.words(app)).empty(); }, 10s,
               "the leader is served again");
  }
  SUBCASE("frozen") {
    shop.leader().freeze();
    skein.wait_until_status_says("a cannot be reached", 5s);
    std::string failure;
    CHECK(time_of([&] { failure = login_failure(skein.words(app), 10s); }) < 4s);
    CHECK_MESSAGE(means_unavailable(failure), failure);
    shop.leader().thaw();
    wait_until([&] { return login_failure(skein.words(app)).empty(); }, 10s,
               "the leader is served again");
  }
}

TEST_CASE("a COMMIT whose answer is lost is in doubt, a query whose answer is lost is not") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  shop.leader().query_as(app, "create table accounts (n int)");
  skein_process skein(shop, {.linked = true});
  auto& way = shop.link("skein", "a");
  const auto broken_at = [&](const std::string& before, const std::string& sql) {
    pg_session client(skein.words(app));
    if (!before.empty()) REQUIRE(client.ask(before).ok());
    way.cut_after(0, direction::to_client);
    const auto heard = client.ask(sql, 10s);
    way.heal();
    wait_until([&] { return skein.get("/ready").status == 200; }, 10s, "Skein is ready again");
    return heard.sqlstate;
  };
  CHECK(broken_at("begin; insert into accounts values (1)", "commit") == "08007");
  CHECK(shop.leader().value("select count(*) from accounts") == "1");  // it was committed
  CHECK(broken_at("begin", "insert into accounts values (2)") == "40001");
  CHECK(broken_at("", "insert into accounts values (3)") == "08007");  // commits by itself
}

TEST_CASE("a leader that restarts: no dead connection is handed out afterwards") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  skein_options how;
  SUBCASE("session pooling") {
    how.pool_mode = "session";
  }
  SUBCASE("transaction pooling") {}
  skein_process skein(shop, how);
  for (int i = 0; i < 5; ++i) CHECK(pg_session(skein.words(app)).value("select 1") == "1");
  pg_session idle(skein.words(app));
  const auto epoch = skein.metric("skein_cluster_epoch");
  shop.leader().restart();
  wait_until([&] { return skein.get("/ready").status == 200; }, 5s, "Skein sees the leader again");
  // A login alone would not tell: Skein answers it without asking a warm server connection.
  for (int i = 0; i < 20; ++i) CHECK(pg_session(skein.words(app)).value("select 1") == "1");
  // An idle session that holds a server was told by the server itself, in its own words.
  const auto heard = idle.ask("select 1");
  CHECK(heard.sqlstate == (how.pool_mode == "session" ? "57P01" : ""));
  CHECK(skein.metric("skein_cluster_epoch") == epoch);
}

TEST_CASE("clients that come while the leader restarts wait for it, up to pool.wait") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool_wait = 10s});
  shop.leader().stop();
  skein.wait_until_status_says("cannot be reached", 5s);
  std::string failure = "not tried";
  std::thread waiting([&] { failure = login_failure(skein.words(app), 15s); });
  std::this_thread::sleep_for(500ms);
  shop.leader().start();
  waiting.join();
  CHECK(failure == "");
}
