// A user of its own by whom Skein moves the lead, made on a cluster's leader: it may do what `skein
// grants` says of these features and no more.
#pragma once

#include <initializer_list>
#include <sstream>
#include <string>

#include "backends/registry/registry.hpp"
#include "tests/servers/cluster.hpp"

namespace skein::servers {

inline const login lead_mover{"mover", "secret"};

inline void make_lead_mover(cluster& members, std::initializer_list<grants_feature> features = {
                                                  grants_feature::failover}) {
  const bool of_postgres = members.which() == engine::postgres;
  const std::string other = members.which() == engine::mariadb ? "-- MySQL" : "-- MariaDB";
  auto& leader = members.leader();
  const auto* database = find_backend(of_postgres ? "postgres" : "mysql");
  std::string text;
  for (const auto each : features)
    text += database->grants_for(each, {.failover = {lead_mover.user, "app"}});
  std::istringstream lines(text);
  std::string statement;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("--") || line.starts_with("\\connect")) continue;
    const auto end = line.find(";  --");
    statement += (end == line.npos ? line : line.substr(0, end + 1)) + "\n";
    if (end == line.npos && !line.ends_with(';')) continue;
    if (!line.ends_with(other)) leader.query(statement);
    statement.clear();
  }
  leader.query(of_postgres
                   ? "alter role " + lead_mover.user + " password '" + lead_mover.password + "'"
                   : "alter user '" + lead_mover.user + "'@'%' identified by '" +
                         lead_mover.password + "'");
}

// What `failover` of Skein's settings says of it.
inline std::string moves_lead_as() {
  return "user: " + lead_mover.user + ", password: " + lead_mover.password +
         ", replication: {user: " + replicator.user + ", password: " + replicator.password + "}";
}

}  // namespace skein::servers
