// PAUSE, RESUME and KILL on a Skein that serves.
#include <doctest/doctest.h>

#include <thread>

#include "tests/servers/console/console.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

std::string running(console_stage& at) {
  return at.shop.leader().value(
      "select count(*) from pg_stat_activity where datname = 'app' and usename = 'app'"
      " and state <> 'idle' and application_name <> 'skein catalog'");
}

}  // namespace

TEST_CASE("PAUSE and RESUME under pgbench: it stands still, and sees no error") {
  for (const std::string mode : {"transaction", "session"}) {
    CAPTURE(mode);
    console_stage at({.pool_mode = mode, .pool_size = mode == "session" ? 10 : 3});
    run_well({.command = {"pgbench", "-i", "-q", "-s", "1", at.skein.words(app)}});
    // Not prepared: while one client prepares, pgbench leaves the others' transactions standing.
    child_process bench({.command = {"pgbench", "-c", "8", "-j", "2", "-T", "6", "-M", "extended",
                                     at.skein.words(app)}});
    pg_session console(at.words());
    for (int round = 0; round < 3; ++round) {
      wait_until([&] { return running(at) != "0"; }, 5s, "pgbench runs");
      const auto paused = console.ask("pause");
      REQUIRE_MESSAGE(paused.ok(), paused.text);
      CHECK(running(at) == "0");
      const auto before = at.shop.leader().value("select sum(tbalance) from pgbench_tellers");
      std::this_thread::sleep_for(300ms);
      CHECK(at.shop.leader().value("select sum(tbalance) from pgbench_tellers") == before);
      REQUIRE(console.ask("resume shop").ok());
    }
    const auto code = bench.wait(20s);
    CHECK_MESSAGE(code == 0, bench.output());
    CHECK_MESSAGE(bench.output().contains("number of failed transactions: 0"), bench.output());
  }
}

TEST_CASE("PAUSE waits for the transaction under way, and holds pinned sessions too") {
  console_stage at;
  pg_session open(at.skein.words(app));
  pg_session pinned(at.skein.words(app));
  REQUIRE(pinned.ask("create temporary table mine (n int)").ok());
  REQUIRE(open.ask("begin").ok());
  pg_session console(at.words());
  console.send("pause");
  pg_session second(at.words());
  wait_until([&] { return at.rows(second, "show pools", "state", "paused").size() == 1; }, 5s,
             "it is paused");
  CHECK(open.ask("select 1").ok());  // goes on
  CHECK(console.finish(300ms).sqlstate == "late");
  CHECK(open.ask("commit").ok());
  CHECK(console.finish().ok());
  pinned.send("select 1");  // before this answer its core may not have heard of it
  const auto again = at.psql({"-c", "pause"});
  CHECK_MESSAGE(again.output.contains("NOTICE:  1 session keeps its server connection"),
                again.output);
  CHECK(pinned.finish(300ms).sqlstate == "late");
  CHECK(second.ask("resume").ok());
  CHECK(pinned.finish().ok());
  CHECK(second.ask("pause nowhere").text.contains("no cluster \"nowhere\""));
}

TEST_CASE("who waits for a RESUME is not ended for being idle") {
  console_stage at({.timeouts = "idle: 300ms"});
  pg_session waiting(at.skein.words(app));
  pg_session console(at.words());
  REQUIRE(console.ask("pause").ok());
  waiting.send("select 1");
  CHECK(waiting.finish(900ms).sqlstate == "late");
  REQUIRE(console.ask("resume").ok());
  CHECK(waiting.finish().ok());
}

TEST_CASE("a server is restarted during a PAUSE, and its clients see no error") {
  console_stage at;
  pg_session idle(at.skein.words(app));
  CHECK(idle.value("select 1") == "1");
  pg_session console(at.words());
  REQUIRE(console.ask("pause").ok());
  idle.send("select 2");
  at.shop.leader().restart();
  at.skein.wait_until_status_says("a leads");
  REQUIRE(console.ask("resume").ok());
  CHECK(idle.finish().ok());
}

TEST_CASE("Ctrl-C ends a PAUSE that waits") {
  console_stage at;
  pg_session open(at.skein.words(app));
  REQUIRE(open.ask("begin").ok());
  pg_session console(at.words());
  console.send("pause");
  pg_session second(at.words());
  wait_until([&] { return at.rows(second, "show pools", "state", "paused").size() == 1; }, 5s,
             "it is paused");
  CHECK(console.cancel());
  CHECK(console.finish().sqlstate == "57014");
  CHECK(pg_session(at.skein.words(app)).value("select 1") == "1");
}

TEST_CASE("KILL ends one session with a clear error") {
  console_stage at;
  pg_session busy(at.skein.words(app, "application_name=victim"));
  pg_session other(at.skein.words(app));
  busy.send("select pg_sleep(30)");
  pg_session console(at.words());
  const auto victim = at.rows(console, "show sessions", "application", "victim");
  REQUIRE(victim.size() == 1);
  CHECK(console.ask("kill " + victim[0].at("id")).ok());
  CHECK(busy.finish().sqlstate == "57014");  // the server's own word on its statement
  CHECK(other.value("select 1") == "1");
  wait_until([&] { return running(at) == "0"; }, 5s, "its query has ended on the server");
  wait_until(
      [&] {
        return console.ask("kill " + victim[0].at("id")).text.contains("there is no session");
      },
      5s, "it has gone");
  CHECK(busy.ask("select 1").sqlstate == "57P01");
  // An idle one hears who has done it.
  pg_session idle(at.skein.words(app, "application_name=second"));
  const auto second = at.rows(console, "show sessions", "application", "second");
  REQUIRE(second.size() == 1);
  CHECK(console.ask("kill " + second[0].at("id")).ok());
  const auto heard = idle.ask("select 1");
  CHECK(heard.sqlstate == "57P01");
  CHECK(heard.text.contains("ended at Skein's console by user \"app\""));
}

TEST_CASE("DRAIN stops Skein as SIGTERM does, and says so") {
  console_stage at({.drain = 20s});
  pg_session idle(at.skein.words(app));
  pg_session busy(at.skein.words(app));
  REQUIRE(busy.ask("begin").ok());
  const auto said = at.psql({"-At", "-c", "drain"});
  CHECK(
      said.output.contains("Skein stops: no new clients; who runs a transaction may finish it, for "
                           "20 s at most"));
  at.skein.wait_until_status_says("stopping", 5s);
  wait_until([&] { return !login_failure(at.skein.words(app)).empty(); }, 5s, "no new clients");
  CHECK(idle.ask("select 1", 3s).sqlstate == "57P01");
  CHECK(busy.ask("select 1").ok());
  CHECK(busy.ask("commit").ok());
  CHECK(at.skein.process().wait(5s) == 0);
}

TEST_CASE("Skein stops in good order while all is paused") {
  console_stage at;
  pg_session idle(at.skein.words(app));
  pg_session console(at.words());
  REQUIRE(console.ask("pause").ok());
  idle.send("select 1");
  at.skein.stop();
}
