// Statements, transactions and silences that go on for too long, before a real server: each ends
// as the settings say, for its own client alone.
#include <doctest/doctest.h>

#include <thread>

#include "tests/servers/neighbour.hpp"
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

TEST_CASE("a statement that runs for too long is cancelled, and its session goes on") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  for (const std::string mode : {"transaction", "session", "statement"}) {
    CAPTURE(mode);
    skein_process skein(shop, {.pool_mode = mode, .timeouts = "statement: 400ms"});
    pg_session one(skein.words(app));
    for (int i = 0; i < 3; ++i) {
      const auto start = std::chrono::steady_clock::now();
      const auto told = one.ask("select pg_sleep(20)", 5s);
      CHECK_MESSAGE(told.sqlstate == "57014", told.text);
      CHECK(since(start) >= 390ms);
      CHECK(since(start) < 3s);
      CHECK(one.value("select 1 from pg_sleep(0.2)") == "1");
    }
    CHECK(skein.metric("skein_cancels_sent_total") == 3.0);
    CHECK(skein.log().contains("timeouts.statement"));
  }
}

TEST_CASE("neighbours on the same few servers are never cancelled") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool_size = 3, .timeouts = "statement: 200ms"});
  std::atomic<bool> over{false};
  std::atomic<int> harmed{0};
  std::atomic<int> asked{0};
  std::vector<std::jthread> crowd;
  for (int i = 0; i < 4; ++i) {
    crowd.emplace_back([&] {
      pg_session innocent(skein.words(app));
      while (!over) {
        harmed += innocent.ask("select pg_sleep(0.01)").ok() ? 0 : 1;
        ++asked;
      }
    });
  }
  pg_session late(skein.words(app));
  // Some are cancelled, others end in the very moment in which the cancel is sent.
  for (int i = 0; i < 40; ++i) {
    const auto told = late.ask("select pg_sleep(" + std::to_string(0.195 + i % 8 * 0.003) + ")");
    CHECK((told.ok() || told.sqlstate == "57014"));
    CHECK(late.ask("select pg_sleep(0.001)").ok());
  }
  over = true;
  crowd.clear();
  CHECK(harmed == 0);
  CHECK(asked > 100);
}

TEST_CASE("a session without a query is ended with a reason, one that asks is not") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.timeouts = "idle: 600ms"});
  pg_session silent(skein.words(app));
  pg_session busy(skein.words(app));
  for (int i = 0; i < 8; ++i) {
    std::this_thread::sleep_for(200ms);
    CHECK(busy.value("select 1") == "1");
  }
  wire_socket raw(PQsocket(silent.raw()));
  const auto told = raw.message(5s);
  REQUIRE(told);
  CHECK(told->field('C') == "57P05");
  CHECK_MESSAGE(told->field('M').contains("timeouts.idle, 600 ms"), told->field('M'));
  CHECK(busy.ask("select pg_sleep(1)").ok());  // who waits for an answer is not idle
  CHECK(busy.value("select 1") == "1");
}

TEST_CASE("a transaction without a query is rolled back and its session ended") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  shop.leader().query("create table t (n int)");
  shop.leader().query("grant all on t to public");
  skein_process skein(shop, {.timeouts = "idle_in_transaction: 500ms"});
  pg_session idle(skein.words(app));  // not in a transaction: it may
  pg_session one(skein.words(app));
  CHECK(one.ask("begin").ok());
  for (int i = 0; i < 4; ++i) {
    std::this_thread::sleep_for(200ms);
    CHECK(one.ask("insert into t values (1)").ok());
  }
  wire_socket raw(PQsocket(one.raw()));
  const auto told = raw.message(5s);
  REQUIRE(told);
  CHECK(told->field('C') == "25P03");
  CHECK(told->field('M').contains("timeouts.idle_in_transaction, 500 ms"));
  wait_until(
      [&] {
        return shop.leader().value(
                   "select count(*) from pg_stat_activity where state ~ 'in transaction'") == "0";
      },
      5s, "no transaction is left open");
  CHECK(shop.leader().value("select count(*) from t") == "0");
  CHECK(idle.value("select 1") == "1");
}
