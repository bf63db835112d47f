// By how many followers a server's commits are acknowledged, as its variables tell it; and what it
// is told so that they are.
#include "backends/mysql/semi_sync.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace skein::mysql;

namespace {

constexpr dialect newer{flavour::mysql, 90400}, maria{flavour::mariadb, 101100};

struct variable {
  std::string name;
  std::string value;
};

// A server that waits as it should, but for those.
semi_sync shown(const dialect& in, const std::vector<variable>& others = {}) {
  const bool old = in.of_mariadb();
  const std::string side = old ? "master_" : "source_";
  std::vector<variable> all = {
      {"rpl_semi_sync_" + side + "enabled", "ON"},
      {"Rpl_semi_sync_" + side + "status", "ON"},
      {"rpl_semi_sync_" + side + "timeout", "4294967295"},
      {"rpl_semi_sync_" + side + "wait_point", "AFTER_SYNC"},
      {"rpl_semi_sync_" + side + (old ? "wait_no_slave" : "wait_no_replica"), "ON"}};
  if (!old) all.push_back({"rpl_semi_sync_source_wait_for_replica_count", "2"});
  for (const variable& other : others) {
    const auto same = [&](const variable& each) { return each.name.ends_with(other.name); };
    const auto found = std::ranges::find_if(all, same);
    REQUIRE(found != all.end());
    found->value = other.value;
  }
  std::vector<status_row> rows;
  for (const variable& each : all)
    rows.push_back({{"variable_name", each.name}, {"value", each.value}});
  return read_semi_sync(in, rows);
}

}  // namespace

TEST_CASE("commits are acknowledged by as many as are always waited for") {
  CHECK(acknowledged_by(shown(newer)) == 2);
  CHECK(acknowledged_by(shown(maria)) == 1);
  CHECK(acknowledged_by(read_semi_sync(newer, {})) == 0);
  for (const dialect& in : {newer, maria}) {
    CHECK(acknowledged_by(shown(in, {{"enabled", "OFF"}})) == 0);
    CHECK(acknowledged_by(shown(in, {{"status", "OFF"}})) == 0);
    CHECK(acknowledged_by(shown(in, {{"timeout", "10000"}})) == 0);
    CHECK(acknowledged_by(shown(in, {{"wait_point", "AFTER_COMMIT"}})) == 0);
  }
  // They go on by themselves once fewer are connected.
  CHECK(acknowledged_by(shown(newer, {{"wait_no_replica", "OFF"}})) == 0);
  CHECK(acknowledged_by(shown(maria, {{"wait_no_slave", "OFF"}})) == 0);
}

TEST_CASE("what a crash takes away of what a follower has acknowledged is said") {
  const auto why = [](const std::vector<variable>& all) {
    std::vector<status_row> rows;
    for (const variable& each : all)
      rows.push_back({{"variable_name", each.name}, {"value", each.value}});
    return why_not_kept(read_semi_sync(newer, rows));
  };
  CHECK(why({{"sync_relay_log", "1"},
             {"relay_log_recovery", "OFF"},
             {"sync_binlog", "1"},
             {"innodb_flush_log_at_trx_commit", "1"}})
            .empty());
  CHECK(why({}).empty());
  CHECK(why({{"sync_relay_log", "10000"}, {"sync_binlog", "1"}}) ==
        "may lose what it has acknowledged when it crashes: set sync_relay_log = 1");
  CHECK(why({{"relay_log_recovery", "ON"}, {"innodb_flush_log_at_trx_commit", "2"}}) ==
        "may lose what it has acknowledged when it crashes: set relay_log_recovery = OFF, "
        "innodb_flush_log_at_trx_commit = 1");
}

TEST_CASE("who is to wait is told to wait also for those that are not connected") {
  const auto has = [](const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
  };
  CHECK(has(wait_for(newer, shown(newer), 2),
            "set persist rpl_semi_sync_source_wait_no_replica = 1"));
  CHECK(has(wait_for(maria, shown(maria), 1), "set global rpl_semi_sync_master_wait_no_slave = 1"));
}
