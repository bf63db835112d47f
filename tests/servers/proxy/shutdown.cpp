// SIGTERM: no new clients, those at rest are sent away, a transaction may finish, the limit holds.
#include <doctest/doctest.h>

#include <signal.h>
#include <thread>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

struct scene {
  explicit scene(milliseconds drain) : skein(shop, {.drain = drain}) {}
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein;
};

milliseconds since(clock_type::time_point start) {
  return std::chrono::ceil<milliseconds>(clock_type::now() - start);
}

int server_sessions(cluster& shop) {
  return std::stoi(
      shop.leader().value("select count(*) from pg_stat_activity where usename = "
                          "'app'"));
}

}  // namespace

TEST_CASE("with nobody connected it ends at once with exit code 0") {
  scene at(30s);
  const auto start = clock_type::now();
  at.skein.stop(3s);
  CHECK(since(start) < 1500ms);
  CHECK(at.skein.log().find("stopped") != std::string::npos);
  wait_until([&] { return server_sessions(at.shop) == 0; }, 3s, "no server session is left");
}

TEST_CASE("idle sessions get 57P01; an open transaction may finish, then its session gets it too") {
  scene at(20s);
  at.shop.leader().query_as(app, "create table kept (n int)");
  pg_session idle(at.skein.words(app));
  pg_session busy(at.skein.words(app));
  pg_session asking(at.skein.words(app));
  REQUIRE(busy.ask("begin; insert into kept values (1)").ok());
  asking.send("select 'done' from pg_sleep(1)");
  std::this_thread::sleep_for(100ms);
  at.skein.process().signal(SIGTERM);

  wait_until([&] { return at.skein.get("/ready").status == 503; }, 2s, "the drain has begun");
  std::this_thread::sleep_for(300ms);  // until it has reached every core
  CHECK(idle.ask("select 1", 3s).sqlstate == "57P01");
  std::string refused;
  try {
    const pg_session late(at.skein.words(app), 3s);
    refused = "let in";
  } catch (const pg_refusal& refusal) {
    refused = refusal.what();
  }
  CHECK(refused != "let in");
  CHECK(busy.ask("insert into kept values (2)").ok());
  const auto answer = asking.finish(5s);
  CHECK(answer.ok());
  CHECK(answer.lines == rows{{"done"}});
  CHECK(at.skein.process().is_running());
  CHECK(busy.ask("commit").ok());
  // What arrives while nothing is asked is a notice to libpq.
  const auto farewell = busy.ask("select 1", 3s);
  const bool noticed =
      !busy.notices.empty() && busy.notices.back().starts_with("Skein is stopping");
  CHECK_MESSAGE((farewell.sqlstate == "57P01" || noticed), farewell.text);
  CHECK(at.skein.process().wait(3s) == 0);
  CHECK(at.shop.leader().value("select count(*) from kept") == "2");
}

TEST_CASE("while it drains, its admin port says that it is stopping") {
  scene at(20s);
  pg_session busy(at.skein.words(app));
  REQUIRE(busy.ask("begin").ok());
  at.skein.process().signal(SIGTERM);
  wait_until([&] { return at.skein.get("/ready").status == 503; }, 2s, "/ready says no");
  CHECK(at.skein.get("/health").status == 200);
  at.skein.wait_until_status_says("stopping", 2s);
  CHECK(busy.ask("commit").ok());
  CHECK(at.skein.process().wait(3s) == 0);
}

TEST_CASE("limits.drain ends those that do not finish, with 57P01 and no committed half") {
  scene at(1s);
  at.shop.leader().query_as(app, "create table kept (n int)");
  pg_session open(at.skein.words(app));
  pg_session asking(at.skein.words(app));
  REQUIRE(open.ask("begin; insert into kept values (1)").ok());
  asking.send("select pg_sleep(60)");
  const auto start = clock_type::now();
  at.skein.stop(5s);
  CHECK(since(start) >= 900ms);
  CHECK(since(start) < 3500ms);
  CHECK(open.ask("commit", 3s).sqlstate == "57P01");
  const auto heard = asking.finish(3s);
  CHECK((heard.sqlstate == "57P01" || heard.sqlstate == "08007"));
  wait_until([&] { return server_sessions(at.shop) <= 1; }, 3s, "the servers' sessions are over");
  CHECK(at.shop.leader().value("select count(*) from kept") == "0");
}

TEST_CASE("a second signal ends the drain at once") {
  for (const int second : {SIGTERM, SIGINT}) {
    scene at(60s);
    pg_session open(at.skein.words(app));
    REQUIRE(open.ask("begin").ok());
    at.skein.process().signal(SIGTERM);
    CHECK(!at.skein.process().wait(500ms).has_value());
    const auto start = clock_type::now();
    at.skein.process().signal(second);
    CHECK(at.skein.process().wait(3s) == 0);
    CHECK(since(start) < 2s);
    CHECK(open.ask("commit", 3s).sqlstate == "57P01");
  }
}

TEST_CASE("SIGINT stops it like SIGTERM, SIGHUP does not stop it") {
  scene at(5s);
  at.skein.process().signal(SIGHUP);
  CHECK(pg_session(at.skein.words(app)).value("select 1") == "1");
  at.skein.process().signal(SIGINT);
  CHECK(at.skein.process().wait(3s) == 0);
}

TEST_CASE("who waits for a server connection is told at once, though others may finish") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool_size = 1, .pool_wait = 30s, .drain = 20s});
  pg_session busy(skein.words(app));
  REQUIRE(busy.ask("begin").ok());
  std::string heard;
  std::thread waiting([&] { heard = login_failure(skein.words(app), 15s); });
  wait_until([&] { return skein.metric("skein_pool_waiting") == 1.0; }, 3s, "one waits");
  const auto start = clock_type::now();
  skein.process().signal(SIGTERM);
  waiting.join();
  CHECK_MESSAGE(heard.starts_with("57P01: "), heard);
  CHECK(since(start) < 1500ms);
  CHECK(busy.ask("commit").ok());
  CHECK(skein.process().wait(3s) == 0);
}

TEST_CASE("clients that nobody has accepted yet are told why they cannot stay") {
  scene at(5s);
  at.skein.process().signal(SIGSTOP);
  std::vector<wire_socket> clients;
  for (int i = 0; i < 200; ++i) {
    clients.emplace_back(at.skein.port());
    clients.back().send(startup_session("app", "app"));
  }
  at.skein.process().signal(SIGTERM);
  at.skein.process().signal(SIGCONT);
  int told = 0;
  for (auto& client : clients) {
    const auto said = client.messages(5s);
    told += !said.empty() && said.back().field('C') == "57P01";
  }
  CHECK(told == 200);
  CHECK(at.skein.process().wait(3s) == 0);
}

TEST_CASE("while it drains it still sees who leads") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  skein_process skein(shop, {.drain = 20s});
  pg_session busy(skein.words(app));
  REQUIRE(busy.ask("begin").ok());
  skein.process().signal(SIGTERM);
  skein.wait_until_status_says("stopping", 2s);
  shop.promote("b");
  wait_until([&] { return skein.log().find("both claim to lead") != std::string::npos; }, 5s,
             "it sees two leaders");
  // Its transaction is lost; once it has heard so the last session is over.
  CHECK(busy.ask("select 1").sqlstate == "40001");
  busy.send("rollback");
  CHECK(skein.process().wait(5s) == 0);
}
