// Who may talk to the console: they must be users of their cluster, and should have to prove it.
// What a cluster's leader says of its users is that cluster's affair alone.
#include <algorithm>

#include "conf/checks.hpp"
#include "conf/nearest.hpp"

namespace skein::conf {
namespace {

constexpr std::string_view console_database = "skein";

bool fits_console(const listener_rule& each, const std::string& user) {
  return (each.user.empty() || each.user == user) &&
         (each.database.empty() || each.database == console_database);
}

void check_known(const console_user_settings& each, const cluster_settings& home,
                 const std::string& path, findings& found) {
  if (!home.auth_query.user.empty()) return;  // whom the leader knows is not known here
  std::vector<std::string_view> known;
  known.reserve(home.users.size());
  for (const user_settings& one : home.users) known.emplace_back(one.name);
  if (std::ranges::find(known, each.name) != known.end()) return;
  found.wrong(path, "cluster " + shown(home.name) + " has no user " + shown(each.name) +
                        suggestion(each.name, known, "its users are"));
}

// Of a listener's rules, those that come into question before one that fits the user anywhere.
void check_believed(const console_user_settings& each, const listener_settings& door,
                    const std::string& list, findings& found) {
  for (std::size_t i = 0; i < door.rules.size(); ++i) {
    const listener_rule& rule = door.rules[i];
    if (!fits_console(rule, each.name)) continue;
    if (rule.method == proof_method::trust) {
      found.odd(child(child(list, i), "method"),
                "'trust': whoever comes from there is " + shown(each.name) +
                    " of console.users, and pauses clusters and ends sessions without a password");
    }
    if (rule.address == network{} && rule.tls == rule_tls::any) return;
  }
}

void check_proofs(const settings& what, const console_user_settings& each, const std::string& path,
                  const cluster_settings& home, findings& found) {
  const bool trusted = std::ranges::any_of(home.users, [&](const user_settings& one) {
    return one.name == each.name && one.method == login_method::trust;
  });
  bool believed = false;
  for (std::size_t i = 0; i < what.listeners.size(); ++i) {
    const listener_settings& door = what.listeners[i];
    if (door.cluster != home.name) continue;
    const std::string list = child(child("listeners", i), "rules");
    believed = believed || (trusted && door.rules.empty());
    if (found.sound(list)) check_believed(each, door, list, found);
  }
  if (!believed) return;
  found.odd(path,
            "is a user with method 'trust': whoever says this name pauses clusters and ends "
            "sessions, without a password");
}

}  // namespace

void check_console(const settings& what, findings& found) {
  for (std::size_t i = 0; i < what.console.users.size(); ++i) {
    const console_user_settings& each = what.console.users[i];
    const std::string path = child("console.users", i);
    const auto home = std::ranges::find(what.clusters, each.cluster, &cluster_settings::name);
    if (!found.sound(path) || each.cluster.empty()) continue;
    if (home == what.clusters.end()) {
      check_cluster_name(each.cluster, child(path, "cluster"), what, found);
      continue;
    }
    check_known(each, *home, path, found);
    check_proofs(what, each, path, *home, found);
  }
}

}  // namespace skein::conf
