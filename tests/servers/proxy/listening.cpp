// LISTEN before real servers: many clients on one server connection, each told when its channel is
// live, in order, and told when something may have been missed.
#include <doctest/doctest.h>

#include <deque>
#include <thread>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

struct scene {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein;
  explicit scene(int threads = 1) : skein(shop, {.pool_size = 8, .threads = threads}) {}

  void notify(const std::string& channel, const std::string& payload) {
    REQUIRE(shop.leader().query("notify " + channel + ", '" + payload + "'").empty());
  }
  std::string listening_in(const std::string& database) {
    return shop.leader().value("select count(*) from pg_stat_activity where datname = '" +
                               database + "' and query like 'LISTEN%'");
  }
};

// The payloads of the next notifications, of that many within five seconds.
std::string payloads_of(pg_session& client, std::size_t count) {
  std::string all;
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (count > 0 && std::chrono::steady_clock::now() < until) {
    PQconsumeInput(client.raw());
    while (PGnotify* told = PQnotifies(client.raw())) {
      all += (all.empty() ? "" : " ") + std::string(told->extra);
      PQfreemem(told);
      --count;
    }
    std::this_thread::sleep_for(5ms);
  }
  return all;
}

}  // namespace

TEST_CASE("many clients listen on one server connection a thread and database, and hear all") {
  for (const int threads : {1, 2}) {
    CAPTURE(threads);
    scene at(threads);
    at.shop.leader().query("create database other owner app");
    std::deque<pg_session> clients;
    std::deque<pg_session> others;
    for (int i = 0; i < 20; ++i) {
      REQUIRE(clients.emplace_back(at.skein.words(app)).ask("listen news").ok());
      auto& other = others.emplace_back(at.skein.words(app, "sslmode=disable dbname=other"));
      REQUIRE(other.ask("listen news").ok());
    }
    for (int i = 0; i < 10; ++i) at.notify("news", std::to_string(i));
    for (auto& each : clients) CHECK(payloads_of(each, 10) == "0 1 2 3 4 5 6 7 8 9");
    REQUIRE(others.front().ask("notify news, 'elsewhere'").ok());
    for (auto& each : others) CHECK(payloads_of(each, 1) == "elsewhere");
    CHECK(at.listening_in("app") == std::to_string(threads));
    CHECK(at.listening_in("other") == std::to_string(threads));
    for (auto& each : clients) CHECK(each.value("select 1") == "1");
    for (auto& each : others) CHECK(each.value("select 1") == "1");
  }
}

TEST_CASE("a channel is live when LISTEN has been answered") {
  scene at;
  for (int i = 0; i < 20; ++i) {
    pg_session client(at.skein.words(app));
    const std::string channel = "c" + std::to_string(i);
    REQUIRE(client.ask("listen " + channel).ok());
    at.notify(channel, "at once");
    CHECK(payloads_of(client, 1) == "at once");
    REQUIRE(client.ask("unlisten " + channel).ok());
    at.notify(channel, "no more");
    CHECK(client.notifications(100ms).empty());
  }
}

TEST_CASE("what a client announces itself it hears itself, and not inside its transactions") {
  scene at;
  pg_session client(at.skein.words(app));
  REQUIRE(client.ask("listen \"Odd name\"").ok());
  REQUIRE(client.ask("notify \"Odd name\", 'mine'").ok());
  CHECK(payloads_of(client, 1) == "mine");
  REQUIRE(client.ask("begin").ok());
  at.notify("\"Odd name\"", "meanwhile");
  CHECK(client.notifications(200ms).empty());
  REQUIRE(client.ask("commit").ok());
  CHECK(payloads_of(client, 1) == "meanwhile");
}

TEST_CASE("LISTEN by an extended query, and inside a transaction that is rolled back") {
  scene at;
  pg_session client(at.skein.words(app));
  PGresult* done =
      PQexecParams(client.raw(), "listen news", 0, nullptr, nullptr, nullptr, nullptr, 0);
  CHECK(PQresultStatus(done) == PGRES_COMMAND_OK);
  CHECK(std::string(PQcmdStatus(done)) == "LISTEN");
  PQclear(done);
  at.notify("news", "extended");
  CHECK(payloads_of(client, 1) == "extended");
  REQUIRE(client.ask("begin; listen other; rollback").ok());
  REQUIRE(client.ask("begin; listen third").ok());
  REQUIRE(client.ask("commit").ok());
  at.notify("other", "never");
  at.notify("third", "held");
  CHECK(payloads_of(client, 1) == "held");
}

TEST_CASE("a lost server is a gap that is told, and listening goes on") {
  scene at;
  pg_session client(at.skein.words(app));
  REQUIRE(client.ask("listen news").ok());
  REQUIRE(at.shop.leader()
              .query("select pg_terminate_backend(pid) from pg_stat_activity where query like "
                     "'LISTEN%'")
              .size() > 0);
  wait_until([&] { return at.skein.metric("skein_notification_gaps_total") == 1.0; }, 5s,
             "the gap is counted");
  wait_until(
      [&] {
        return at.shop.leader().value(
                   "select count(*) from pg_stat_activity where query like 'LISTEN%'") == "1";
      },
      5s, "Skein listens again");
  at.notify("news", "after");
  CHECK(payloads_of(client, 1) == "after");
  REQUIRE(client.notices.size() == 1);
  CHECK(client.notices[0].find("may have been missed") != std::string::npos);
  CHECK(at.skein.metric("skein_notifications_total").value() >= 1.0);
}
