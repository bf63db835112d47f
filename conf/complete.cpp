// Values that follow from other values, filled in where the file leaves them out.
#include <algorithm>

#include "conf/checks.hpp"
#include "conf/nearest.hpp"

namespace skein::conf {
namespace {

void complete_cluster(std::string& name, const std::string& path, const settings& what,
                      findings& found) {
  if (!name.empty() || !found.sound(path)) return;
  if (what.clusters.size() == 1) {
    name = what.clusters.front().name;
  } else if (!what.clusters.empty()) {
    found.wrong(path, "is missing: there are several clusters, " + listed(cluster_names(what)));
  }
}

// Hosts make the best names; members that share one are told apart by their ports.
void complete_members(std::vector<member_settings>& members) {
  const auto host = [](const member_settings& one) -> const std::string& {
    return one.address.is_unix() ? one.address.path : one.address.host;
  };
  for (member_settings& each : members) {
    if (!each.name.empty()) continue;
    const auto same = std::ranges::count_if(
        members, [&](const member_settings& other) { return host(other) == host(each); });
    each.name = same > 1 ? to_string(each.address) : host(each);
  }
}

void complete_rules(std::vector<routing_rule>& rules) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    routing_rule& each = rules[i];
    if (each.name.empty()) each.name = "rule " + std::to_string(i + 1);
    if (!each.limit.burst) each.limit.burst = each.limit.rate;
  }
}

secret password_in_list(const cluster_settings& cluster, const std::string& user) {
  const auto known = std::ranges::find(cluster.users, user, &user_settings::name);
  return known == cluster.users.end() ? secret{} : known->password;
}

void complete_auth_query(cluster_settings& cluster) {
  auth_query_settings& how = cluster.auth_query;
  if (how.password.empty()) how.password = password_in_list(cluster, how.user);
}

void complete_health(cluster_settings& cluster, const std::string& path, findings& found) {
  health_settings& health = cluster.health;
  const std::string password = child(path, "password");
  if (health.user.empty() && found.given(password)) {
    found.wrong(password, "says nothing without 'user' beside it");
  }
  if (health.user.empty()) {
    health.user = cluster.users.empty() ? cluster.auth_query.user : cluster.users.front().name;
  }
  if (!health.password.empty()) return;
  health.password = health.user == cluster.auth_query.user ? cluster.auth_query.password
                                                           : password_in_list(cluster, health.user);
}

void complete_failover(cluster_settings& cluster, const std::string& path, findings& found) {
  failover_settings& how = cluster.failover;
  const std::string password = child(path, "password");
  if (how.user.empty() && found.given(password))
    found.wrong(password, "says nothing without 'user' beside it");
  if (how.user.empty()) how.user = cluster.health.user;
  if (!how.password.empty()) return;
  how.password = how.user == cluster.health.user ? cluster.health.password
                                                 : password_in_list(cluster, how.user);
}

}  // namespace

std::vector<std::string_view> cluster_names(const settings& what) {
  std::vector<std::string_view> names;
  names.reserve(what.clusters.size());
  for (const cluster_settings& each : what.clusters) names.emplace_back(each.name);
  return names;
}

void complete(settings& what, const load_options& options, findings& found) {
  if (what.listeners.empty()) {
    if (!found.given("listeners")) {
      what.listeners.emplace_back();
    } else if (found.sound("listeners")) {
      found.wrong("listeners", "is empty; left out, it would mean one listener at " +
                                   to_string(listener_settings{}.bind));
    }
  }
  for (std::size_t i = 0; i < what.listeners.size(); ++i) {
    listener_settings& each = what.listeners[i];
    if (each.name.empty()) each.name = to_string(each.bind);
    complete_cluster(each.cluster, child(child("listeners", i), "cluster"), what, found);
  }
  for (std::size_t i = 0; i < what.console.users.size(); ++i) {
    const std::string path = child(child("console.users", i), "cluster");
    complete_cluster(what.console.users[i].cluster, path, what, found);
  }
  for (cluster_settings& cluster : what.clusters) {
    if (cluster.engine.empty() && !options.engines.empty()) {
      cluster.engine = options.engines.front();
    }
    complete_members(cluster.members);
    complete_rules(cluster.routing.rules);
    complete_auth_query(cluster);
    complete_health(cluster, child(child("clusters", cluster.name), "health"), found);
    complete_failover(cluster, child(child("clusters", cluster.name), "failover"), found);
  }
}

}  // namespace skein::conf
