// A leader, two followers, and Skein before them, which may move the lead; a ledger of numbered
// writes by one client, who tries each until it is acknowledged.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/servers/connection.hpp"
#include "tests/servers/lead_mover.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/tongue.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {

struct flock {
  explicit flock(const tongue& spoken, std::string failover = "automatic: yes",
                 cluster_options which = {}, std::string admin = {}, std::string durability = {},
                 std::map<std::string, std::string> more = {}, bool linked = false,
                 milliseconds linger = {})
      : in(spoken), members(cluster::start(in.which, std::move(which))) {
    make_goods(members);
    members.leader().query_as(app, "create table ledger (n int primary key)");
    members.wait_until_caught_up();
    make_lead_mover(members, {grants_feature::failover, grants_feature::rejoin});
    failover += ", " + moves_lead_as();
    // "%data": where that member has its data.
    for (auto& [name, keys] : more) {
      const auto at = keys.find("%data");
      if (at != std::string::npos) keys.replace(at, 5, members.member(name).data().string());
    }
    skein.emplace(members, skein_options{.health = "database: app",
                                         .pool_wait = std::chrono::seconds{20},
                                         .linked = linked,
                                         .members = std::move(more),
                                         .failover = std::move(failover),
                                         .durability = std::move(durability),
                                         .linger = linger,
                                         .admin = std::move(admin)});
  }

  // Tries until it is acknowledged, over a new connection each time. How long that took.
  milliseconds write(int number, milliseconds patience = std::chrono::seconds{20}) {
    const auto begun = std::chrono::steady_clock::now();
    const std::string sql = "insert into ledger values (" + std::to_string(number) + ")";
    const auto taken = [&] {
      try {
        const auto heard = connect(in.which, {.port = skein->port()})->ask(sql);
        // It is there already: it was taken, and that could not be told.
        return heard.ok() || heard.code == "23505" || heard.code == "1062";
      } catch (const std::exception&) {
        return false;
      }
    };
    wait_until(taken, patience, "write " + std::to_string(number) + " is taken");
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
  }
  std::string count_at(const std::string& member) {
    follows(member);  // which signs in again where that is needed
    return members.member(member).value("select count(*) from ledger");
  }
  // A fence ends everybody's connections, the test's own among them: then it is asked again.
  bool follows(const std::string& member) {
    for (int tries = 0;; ++tries) {
      try {
        return members.member(member).is_follower();
      } catch (const std::exception&) {
        if (tries == 5) throw;
      }
    }
  }
  // Of the members that run; empty: none, or several.
  std::string who_takes_writes() {
    std::string found;
    for (const std::string& name : members.names()) {
      if (!members.member(name).is_running() || follows(name)) continue;
      if (!found.empty()) return {};
      found = name;
    }
    return found;
  }
  double epoch() const { return skein->metric("skein_cluster_epoch").value_or(0); }

  const tongue& in;
  cluster members;
  std::optional<skein_process> skein;
};

}  // namespace skein::servers
