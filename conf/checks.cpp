// Names that must differ or must exist, users that could not log in.
#include "conf/checks.hpp"

#include <algorithm>

#include "conf/nearest.hpp"
#include "conf/uniqueness.hpp"

namespace skein::conf {
namespace {

void check_listeners(const settings& what, findings& found) {
  uniqueness names("the name", found);
  for (std::size_t i = 0; i < what.listeners.size(); ++i) {
    const listener_settings& each = what.listeners[i];
    const std::string path = child("listeners", i);
    // A name that was derived is the bind, which has a check of its own.
    if (found.given(child(path, "name"))) names.add(child(path, "name"), each.name);
    if (!each.cluster.empty())
      check_cluster_name(each.cluster, child(path, "cluster"), what, found);
  }
}

void check_served(const settings& what, findings& found) {
  for (const cluster_settings& cluster : what.clusters) {
    if (std::ranges::count(what.listeners, cluster.name, &listener_settings::cluster) == 0) {
      found.odd(child("clusters", cluster.name), "no listener leads to this cluster");
    }
  }
}

void check_members(const cluster_settings& cluster, const std::string& path, findings& found) {
  uniqueness names("the name", found);
  uniqueness addresses("the address", found);
  for (std::size_t i = 0; i < cluster.members.size(); ++i) {
    const member_settings& each = cluster.members[i];
    const std::string at = child(path, i);
    if (!found.sound(at) || !found.sound(child(at, "address"))) continue;
    // Where the address is double, so is a name derived from it: that would be said twice.
    const bool is_new = addresses.add(child(at, "address"), to_string(each.address));
    if (is_new || found.given(child(at, "name"))) names.add(child(at, "name"), each.name);
  }
}

// Whom members follow: others of the cluster, and nobody himself by way of those.
void check_upstreams(const cluster_settings& cluster, const std::string& path, findings& found) {
  std::vector<std::string_view> names;
  for (const member_settings& each : cluster.members) names.emplace_back(each.name);
  const auto upstream_of = [&](std::string_view name) -> std::string_view {
    const auto at = std::ranges::find(cluster.members, name, &member_settings::name);
    return at == cluster.members.end() ? std::string_view() : std::string_view(at->upstream);
  };
  for (std::size_t i = 0; i < cluster.members.size(); ++i) {
    const member_settings& each = cluster.members[i];
    const std::string at = child(child(path, i), "upstream");
    if (each.upstream.empty() || !found.sound(at)) continue;
    if (std::ranges::find(names, each.upstream) == names.end()) {
      found.wrong(at, "there is no member " + shown(each.upstream) +
                          suggestion(each.upstream, names, "the members here are"));
      continue;
    }
    std::string_view above = each.upstream;
    for (std::size_t steps = 0; steps < names.size() && !above.empty() && above != each.name;
         ++steps)
      above = upstream_of(above);
    if (above == each.name) found.wrong(at, "is a ring: " + each.name + " would follow itself");
  }
}

void check_failover(const cluster_settings& cluster, const std::string& path, findings& found) {
  const failover_settings& how = cluster.failover;
  if (how.automatic != failover::yes || !found.sound(path)) return;
  if (cluster.members.size() < 2)
    found.odd(child(path, "automatic"), "'yes': with one member there is nobody to promote");
  const bool all_never =
      std::ranges::all_of(cluster.members, [](const auto& each) { return each.priority == 0; });
  if (all_never && !cluster.members.empty())
    found.wrong(child(path, "automatic"), "is 'yes', and every member has priority 0");
}

// Who can be stopped and not started is better left alone.
void check_hooks(const cluster_settings& cluster, const std::string& path, findings& found) {
  for (std::size_t i = 0; i < cluster.members.size(); ++i) {
    const hook_settings& each = cluster.members[i].hooks;
    const std::string at = child(child(path, i), "hooks");
    if (!found.sound(at) || each == hook_settings{}) continue;
    for (const auto& [name, command] :
         {std::pair("stop", &each.stop), std::pair("start", &each.start)})
      if (command->empty()) found.wrong(at, std::string("wants a command for '") + name + "'");
  }
}

void check_durability(const cluster_settings& cluster, const std::string& path, findings& found) {
  const durability_settings& how = cluster.durability;
  if (how.mode == durability_mode::async || !found.sound(path)) return;
  const std::size_t others = cluster.members.empty() ? 0 : cluster.members.size() - 1;
  const std::string mode(to_string(how.mode));
  if (others == 0)
    found.wrong(child(path, "mode"), "is '" + mode + "', and there is no follower");
  else if (how.mode == durability_mode::quorum && how.acks > others)
    found.wrong(child(path, "acks"), "is " + std::to_string(how.acks) + ", and there can be " +
                                         std::to_string(others) + " followers at most");
  if (cluster.failover.automatic == failover::external)
    found.wrong(child(path, "mode"),
                "is '" + mode +
                    "', and failover.automatic is external: who moves the lead must see "
                    "to it that the next leader has what was acknowledged");
}

// As the engine stores it, in a password's stead. Whether it is a whole one, the engine's folder
// knows.
bool is_scram_secret(const secret& given) {
  return given.reveal().starts_with("SCRAM-SHA-256$");
}

// Where Skein logs in by itself, nobody types a password: `how` is a login of its own.
template <typename Login>
void check_own_login(const Login& how, const std::string& path, findings& found) {
  if (!found.sound(path) || !is_scram_secret(how.password)) return;
  const std::string key = child(path, "password");
  found.wrong(found.given(key) ? key : path,
              "the password of user " + shown(how.user) +
                  " is a SCRAM secret, with which Skein cannot log in by itself; give 'user' and "
                  "'password'");
}

void check_somebody(const cluster_settings& cluster, const std::string& path, findings& found) {
  if (!cluster.users.empty() || found.given(child(path, "auth_query"))) return;
  const std::string users = child(path, "users");
  if (!found.sound(users)) return;
  found.wrong(users, found.given(users)
                         ? "is empty"
                         : "is missing: who may log in; or let 'auth_query' find it");
}

void check_users(const cluster_settings& cluster, const std::string& path, findings& found) {
  uniqueness names("the user", found);
  for (std::size_t i = 0; i < cluster.users.size(); ++i) {
    const user_settings& each = cluster.users[i];
    const std::string at = child(path, i);
    if (!found.sound(at)) continue;
    names.add(child(at, "name"), each.name);
    const std::string password = child(at, "password");
    if (!found.sound(password) || !found.sound(child(at, "method"))) continue;
    if (each.password.empty() && each.method == login_method::scram) {
      found.wrong(password, "is missing: method 'scram' needs one");
    } else if (is_scram_secret(each.password) && each.method == login_method::trust) {
      found.wrong(password,
                  "is a SCRAM secret, and with method 'trust' nobody proves to have the password "
                  "that would log in to a server; give the password itself");
    }
  }
}

bool listens_outside(const settings& what, const cluster_settings& cluster) {
  return std::ranges::any_of(what.listeners, [&](const listener_settings& each) {
    return each.cluster == cluster.name && reached_from_outside(each);
  });
}

void check_trust(const settings& what, const cluster_settings& cluster, const std::string& path,
                 findings& found) {
  if (!listens_outside(what, cluster)) return;
  for (std::size_t i = 0; i < cluster.users.size(); ++i) {
    if (cluster.users[i].method != login_method::trust) continue;
    found.odd(child(child(path, i), "method"),
              "'trust': whoever reaches the listener from another machine is this user, without a "
              "password");
  }
}

}  // namespace

void check_cluster_name(const std::string& name, const std::string& path, const settings& what,
                        findings& found) {
  const std::vector<std::string_view> known = cluster_names(what);
  if (known.empty() || std::ranges::find(known, name) != known.end()) return;
  found.wrong(path, "there is no cluster " + shown(name) +
                        suggestion(name, known, "the clusters here are"));
}

void check(const settings& what, findings& found) {
  check_listeners(what, found);
  check_served(what, found);
  for (const cluster_settings& cluster : what.clusters) {
    const std::string path = child("clusters", cluster.name);
    check_members(cluster, child(path, "members"), found);
    check_routing(cluster, child(path, "routing"), found);
    check_users(cluster, child(path, "users"), found);
    check_somebody(cluster, path, found);
    check_own_login(cluster.health, child(path, "health"), found);
    check_own_login(cluster.auth_query, child(path, "auth_query"), found);
    check_upstreams(cluster, child(path, "members"), found);
    check_hooks(cluster, child(path, "members"), found);
    check_failover(cluster, child(path, "failover"), found);
    check_durability(cluster, child(path, "durability"), found);
    if (cluster.failover.automatic == failover::yes ||
        cluster.durability.mode != durability_mode::async)
      check_own_login(cluster.failover, child(path, "failover"), found);
    check_trust(what, cluster, child(path, "users"), found);
  }
  check_console(what, found);
  check_rules(what, found);
  check_places(what, found);
  check_coordination(what, found);
  check_tls(what, found);
}

}  // namespace skein::conf
