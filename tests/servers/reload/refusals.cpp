// A file that cannot be applied whole changes nothing, and all that is wrong with it is said.
#include <doctest/doctest.h>

#include <csignal>

#include "tests/servers/ports.hpp"
#include "tests/servers/reload/reload.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

TEST_CASE("a bad file: every mistake is told, and nothing has changed") {
  reload_stage at;
  const auto before = at.console.ask("show settings").lines;
  at.edit("size: 100", "size: none");
  at.edit("password: app-secret", "password: other");
  at.edit("threads: 2", "thread: 2");
  const std::string said = at.reload();
  CHECK(said.starts_with("F0000: "));
  CHECK(said.contains("nothing has changed"));
  CHECK(said.contains("clusters.shop.pool.size"));
  CHECK(said.contains("thread: no such key"));
  CHECK(at.console.ask("show settings").lines == before);
  CHECK(pg_session(at.skein.words(app)).value("select 1") == "1");
  at.skein.process().signal(SIGHUP);
  wait_until([&] { return at.skein.metric("skein_reloads_total", "refused") == 2; }, 5s,
             "SIGHUP is refused too");
  CHECK(at.skein.log().contains("the settings file is refused: nothing has changed"));
  at.edit("size: none", "size: 100");
  at.edit("thread: 2", "threads: 2");
  at.edit("password: other", "password: app-secret");
  CHECK(at.reload().empty());
  CHECK(at.skein.metric("skein_reloads_total", "unchanged") == 1);
  CHECK(at.skein.metric("skein_settings_loaded_timestamp_seconds").value_or(0) > 1e9);
}

TEST_CASE("what only a restart takes over is named, and keeps the rest from being applied") {
  reload_stage at;
  at.edit("size: 100", "size: 7");
  const std::string bind = "bind: 127.0.0.1:";
  const std::string listener = bind + std::to_string(at.skein.port());
  const std::string elsewhere = bind + std::to_string(free_port());
  at.edit(listener, elsewhere);
  at.edit("threads: 2", "threads: 1");
  const std::string said = at.reload();
  CHECK(said.contains(".bind: 127.0.0.1:" + std::to_string(at.skein.port()) + " -> "));
  CHECK(said.contains("threads: 2 -> 1: only a restart takes this over"));
  CHECK_FALSE(said.contains("pool.size"));
  CHECK(at.in_pools("size") == "100");
  at.edit(elsewhere, listener);
  at.edit("threads: 1", "threads: 2");
  at.skein.process().signal(SIGHUP);
  wait_until([&] { return at.in_pools("size") == "7"; }, 5s, "the rest is applied by SIGHUP");
  wait_until([&] { return at.skein.metric("skein_reloads_total", "applied") == 1; }, 5s,
             "it counts");
  at.edit("admin: {bind: 127.0.0.1:", "admin: {bind: 127.0.0.2:");
  CHECK(at.reload().contains("admin.bind: "));
}
