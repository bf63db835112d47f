// RELOAD and SIGHUP: what a newer file says holds for who comes, and who is there goes on.
#include <doctest/doctest.h>

#include "tests/servers/reload/reload.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

const login eve{"eve", "gander"};
const login eve_later{"eve", "gosling"};

}  // namespace

TEST_CASE("a changed password: the old is refused, the new is good, who is in goes on") {
  reload_stage at({.users = {app, eve}});
  at.shop.leader().query("create role eve login password 'gander'");
  pg_session before(at.skein.words(eve));
  CHECK(before.value("select 1") == "1");
  at.shop.leader().query("alter role eve password 'gosling'");
  at.edit("password: gander", "password: gosling");
  CHECK(at.reload() == "clusters.shop.users['eve'].password: changed\n");
  CHECK(login_failure(at.skein.words(eve)).starts_with("28P01"));
  pg_session after(at.skein.words(eve_later));
  // It holds the warm server: who was here before needs one that is opened with the new password.
  REQUIRE(after.ask("begin").ok());
  CHECK(before.value("select 2") == "2");
  CHECK(before.server_pid() != after.server_pid());
  CHECK(at.skein.log().contains("what=\"clusters.shop.users['eve'].password: changed\""));
  CHECK_FALSE(at.skein.log().contains("gosling"));
}

TEST_CASE("users come and go") {
  reload_stage at({.users = {app}});
  at.shop.leader().query("create role eve login password 'gander'");
  CHECK(login_failure(at.skein.words(eve)).starts_with("28P01"));
  const std::string first = "password: app-secret}\n";
  at.edit(first, first + "      - {name: eve, password: gander}\n");
  CHECK(at.reload().contains("clusters.shop.users: 'eve' added\n"));
  pg_session inside(at.skein.words(eve));
  at.edit("      - {name: eve, password: gander}\n", "");
  CHECK(at.reload().contains("clusters.shop.users: 'eve' removed\n"));
  CHECK(login_failure(at.skein.words(eve)).starts_with("28P01"));
  CHECK(inside.value("select 1") == "1");
  at.edit("    users:\n",
          "    auth_query: {user: app, database: app, query: 'select usename::text, passwd from "
          "pg_shadow_for_skein($1)'}\n    users:\n");
  at.shop.leader().query(
      "create function pg_shadow_for_skein(name) returns table(usename name, passwd text) language "
      "sql security definer as 'select usename, passwd from pg_shadow where usename = $1'");
  CHECK(at.reload().starts_with("clusters.shop.auth_query.user: none -> app\n"));
  CHECK(pg_session(at.skein.words(eve)).value("select 1") == "1");
}

TEST_CASE("pool.size: what is beyond it closes as it comes back, and who waits has more") {
  reload_stage at({.pool_size = 6});
  const auto opened = [&] {
    return at.shop.leader().value(
        "select count(*) from pg_stat_activity where usename = 'app' and datname = 'app' and "
        "application_name <> 'skein catalog'");
  };
  std::vector<std::unique_ptr<pg_session>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<pg_session>(at.skein.words(app)));
    REQUIRE(clients.back()->ask("begin").ok());
  }
  CHECK(opened() == "6");
  at.edit("size: 6", "size: 2");
  CHECK(at.reload() == "clusters.shop.pool.size: 6 -> 2\n");
  CHECK(at.in_pools("size") == "2");
  CHECK(opened() == "6");
  for (auto& each : clients) CHECK(each->ask("commit").ok());
  wait_until([&] { return opened() == "2"; }, 5s, "what is beyond the size has closed");
  for (int i = 0; i < 2; ++i) REQUIRE(clients[static_cast<std::size_t>(i)]->ask("begin").ok());
  clients[2]->send("select 1");
  CHECK(clients[2]->finish(300ms).sqlstate == "late");
  at.edit("size: 2", "size: 3");
  CHECK(at.reload() == "clusters.shop.pool.size: 2 -> 3\n");
  CHECK(clients[2]->finish().ok());
  // What is idle goes at once.
  for (int i = 0; i < 2; ++i) REQUIRE(clients[static_cast<std::size_t>(i)]->ask("commit").ok());
  at.edit("size: 3", "size: 1");
  CHECK(at.reload() == "clusters.shop.pool.size: 3 -> 1\n");
  wait_until([&] { return opened() == "1"; }, 5s, "one is left");
  for (auto& each : clients) CHECK(each->value("select 1") == "1");
}

TEST_CASE("pool.mode: a session keeps the one that it began with") {
  reload_stage at;
  pg_session before(at.skein.words(app));
  at.edit("mode: transaction", "mode: session");
  CHECK(at.reload() == "clusters.shop.pool.mode: transaction -> session\n");
  pg_session after(at.skein.words(app));
  CHECK(before.value("select 1") == "1");
  CHECK(after.value("select 1") == "1");
  const auto lent = [&] { return at.rows(at.console, "show servers", "state", "lent"); };
  wait_until([&] { return lent().size() == 1; }, 5s, "only the session that keeps it has one");
  for (int i = 0; i < 3; ++i) {
    CHECK(before.ask("prepare mine as select 1; deallocate mine").ok());
    pg_session third(at.skein.words(app));
    CHECK(third.ask("prepare mine as select 1").ok());
  }
}

TEST_CASE("limits, rules, timeouts and the log level hold at once") {
  reload_stage at;
  pg_session before(at.skein.words(app));
  pg_session other(at.skein.words(app_md5));
  at.edit("timeouts: {}", "timeouts: {idle: 400ms}");
  at.edit("log: {level: debug}", "log: {level: error}");
  at.edit("drain: ", "per_user: 1, drain: ");
  CHECK(at.reload() ==
        "clusters.shop.timeouts.idle: 0ms -> 400ms\nlog.level: debug -> error\n"
        "limits.per_user: 0 -> 1\n");
  CHECK(login_failure(at.skein.words(app_md5)).contains("user \"app_md5\" has 1 client already"));
  wait_until([&] { return at.skein.metric("skein_sessions_active") == 0; }, 5s,
             "sessions of before are ended for being idle");
  CHECK(before.ask("select 1").sqlstate == "57P05");
  CHECK(other.ask("select 1").sqlstate == "57P05");
  at.edit("  - bind: ", "  - rules: [{method: reject}]\n    bind: ");
  CHECK(at.reload().contains(".rules: 0 entries -> 1 entry"));
  CHECK(login_failure(at.skein.words(app)).starts_with("28000"));
}

TEST_CASE("a member is added and taken away; who leads goes on to") {
  cluster shop = cluster::start(engine::postgres, {.followers = 1});
  skein_process skein(shop, {.lines = {"console: {users: [app]}"}});
  pg_session console(skein.words(app, "dbname=skein"));
  pg_session client(skein.words(app));
  REQUIRE(client.ask("begin").ok());
  std::ostringstream file;
  file << std::ifstream(skein.settings_file()).rdbuf();
  const std::string all = file.str();
  const std::string member =
      "      - {name: b, address: 127.0.0.1:" + std::to_string(shop.member("b").port()) + "}\n";
  std::string one = all;
  one.erase(all.find(member), member.size());
  const std::string epoch = console.ask("show clusters").lines.at(0).at(2).value();
  std::ofstream(skein.settings_file()) << one;
  const auto less = console.ask("reload");
  REQUIRE_MESSAGE(less.ok(), less.text);
  CHECK(less.lines == rows{{"clusters.shop.members", "'b' removed"}});
  wait_until([&] { return console.ask("show members").lines.size() == 1; }, 5s, "b is gone");
  std::ofstream(skein.settings_file()) << all;
  CHECK(console.ask("reload").lines == rows{{"clusters.shop.members", "'b' added"}});
  wait_until(
      [&] {
        const auto members = console.ask("show members").lines;
        return members.size() == 2 && members[1][3] == "follower";
      },
      5s, "b is looked at");
  CHECK(console.ask("show clusters").lines.at(0).at(2).value() == epoch);
  CHECK(client.ask("commit").ok());
}
