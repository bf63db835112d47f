// A cluster of real servers whose roles Skein changes, as a user who may do what `skein grants`
// says of failover and no more. The cluster's own fixture knows nothing of these changes.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>

#include "backends/registry/registry.hpp"
#include "tests/servers/cluster.hpp"
#include "tests/servers/mysql/client.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {

using namespace std::chrono_literals;

inline const login mover{"mover", "moves the lead"};

// The statements among them that are for this engine, each alone.
inline std::vector<std::string> statements_of(const std::string& grants, bool of_mariadb) {
  std::vector<std::string> all;
  std::string one;
  std::istringstream lines(grants);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("--")) continue;
    const auto end = line.find(';');
    one += line.substr(0, end) + " ";
    if (end == std::string::npos) continue;
    if (!line.ends_with(of_mariadb ? "-- MySQL" : "-- MariaDB")) all.push_back(one);
    one.clear();
  }
  return all;
}

class scene {
 public:
  explicit scene(engine which, int followers = 2, std::vector<std::string> settings = {})
      : shop(cluster::start(
            which, {.followers = followers, .server = {.settings = std::move(settings)}})) {
    const auto text =
        find_backend("mysql")->grants_for(grants_feature::failover, {.failover = {mover.user, {}}});
    for (const auto& each : statements_of(text, of_mariadb())) a().query(each);
    a().query("alter user 'mover'@'%' identified by '" + mover.password + "'");
    a().query("create table goods (n int primary key)");
    shop.wait_until_caught_up();
  }

  bool of_mariadb() const { return shop.which() == engine::mariadb; }
  server& a() { return shop.member("a"); }
  server& b() { return shop.member("b"); }
  server& c() { return shop.member("c"); }
  std::string words(const char* of_mysql, const char* of_mariadb_) const {
    return of_mariadb() ? of_mariadb_ : of_mysql;
  }
  std::string replica(const std::string& order, const std::string& rest = {}) const {
    return order + words(" replica ", " slave ") + rest;
  }

  member_address address(server& of) const { return {"127.0.0.1", of.port()}; }
  role_settings settings(server& of, std::chrono::milliseconds timeout = 10s) const {
    return {.address = address(of),
            .who = {mover.user, mover.password},
            .timeout = timeout,
            .replicator = {replicator.user, replicator.password}};
  }
  static std::unique_ptr<role_changer> changer(const role_settings& how) {
    return find_backend("mysql")->change_roles(how);
  }
  // One for each member, that stays.
  role_changer& order(server& to) {
    auto& kept = changers_[to.name()];
    if (!kept) kept = changer(settings(to));
    return *kept;
  }
  duties examine(server& of) {
    const auto told = order(of).examine();
    REQUIRE_MESSAGE(told, told.error().text_for_client);
    return *told;
  }
  template <typename T>
  static void expect_done(const result<T>& told) {
    CHECK_MESSAGE(told, (told ? std::string() : told.error().text_for_client));
  }
  void promote(server& which) {
    wait_until(
        [&] {
          const auto told = order(which).promote();
          if (!told) throw std::runtime_error(told.error().text_for_client);
          return *told;
        },
        60s, which.name() + " takes writes");
  }

  mysql::client session(server& on) {
    return mysql::client({"tcp://127.0.0.1:" + std::to_string(on.port()), on.admin()});
  }
  // On a follower, which nobody else hears of.
  void write_unheard(server& on, const std::string& sql) {
    const bool guarded = !of_mariadb() && on.value("select @@global.super_read_only") == "1";
    if (guarded) on.query("set global super_read_only = 0");
    auto mine = session(on);
    CHECK(mine.ask("set sql_log_bin = 0").ok());
    const auto done = mine.ask(sql);
    CHECK_MESSAGE(done.ok(), done.text);
    if (guarded) on.query("set global super_read_only = 1");
  }
  std::string count(server& on) { return on.value("select count(*) from goods"); }
  void put(server& on, int first, int last) {
    auto mine = session(on);
    for (int n = first; n <= last; ++n)
      REQUIRE(mine.ask("insert into goods values (" + std::to_string(n) + ")").ok());
  }
  void wait_for_count(server& on, const std::string& goods) {
    wait_until([&] { return count(on) == goods; }, 30s, on.name() + " has " + goods + " goods");
  }
  std::map<std::string, std::string> status(server& of) {
    return mysql::ask_named({"tcp://127.0.0.1:" + std::to_string(of.port()), of.admin()},
                            words("show replica status", "show all slaves status"));
  }
  void wait_until_received(server& by, const std::string& position) {
    wait_until(
        [&] {
          auto told = status(by);
          if (of_mariadb()) return told["Gtid_IO_Pos"] == position;
          const auto all = told["Retrieved_Gtid_Set"] + "," + told["Executed_Gtid_Set"];
          return by.value("select gtid_subset('" + position + "', '" + all + "')") == "1";
        },
        30s, by.name() + " has received " + position);
  }
  // Of those who are sent this server's log: they are others after each reconnection.
  std::string dumps(server& of) {
    return of.value(
        "select coalesce(group_concat(id order by id), '') from information_schema.processlist "
        "where command like 'Binlog Dump%'");
  }

  cluster shop;

 private:
  std::map<std::string, std::unique_ptr<role_changer>> changers_ = {};
};

inline void on_each(void (*play)(scene&), int followers = 2) {
  for (const engine which : {engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    scene on(which, followers);
    play(on);
  }
}

}  // namespace skein::servers
