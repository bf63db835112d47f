// Rules of routing that contradict themselves or name what is not there, and a place that Skein
// would have to be in.
#include <algorithm>

#include "conf/checks.hpp"
#include "conf/keys.hpp"
#include "conf/nearest.hpp"
#include "conf/uniqueness.hpp"

namespace skein::conf {

namespace {

std::vector<std::string_view> zones_of(const cluster_settings& cluster) {
  std::vector<std::string_view> zones;
  for (const member_settings& each : cluster.members) {
    if (!each.zone.empty() && std::ranges::find(zones, each.zone) == zones.end()) {
      zones.emplace_back(each.zone);
    }
  }
  return zones;
}

// The rest of a sentence, or nothing where there is such a zone.
std::optional<std::string> no_zone(const std::string& zone, const cluster_settings& cluster) {
  const std::vector<std::string_view> zones = zones_of(cluster);
  if (std::ranges::find(zones, zone) != zones.end()) return std::nullopt;
  return "no member is in zone " + shown(zone) +
         (zones.empty() ? "; none has a 'zone'"
                        : suggestion(zone, zones, "the zones of the members are"));
}

void check_member(const std::string& name, const std::string& path, const cluster_settings& cluster,
                  findings& found) {
  std::vector<std::string_view> names;
  names.reserve(cluster.members.size());
  for (const member_settings& each : cluster.members) names.emplace_back(each.name);
  if (name.empty() || !found.sound(path) || std::ranges::find(names, name) != names.end()) return;
  found.wrong(path, "there is no member " + shown(name) +
                        suggestion(name, names, "the members of this cluster are"));
}

// Where to, it can say in one way alone.
void check_destination(const std::string& path, findings& found) {
  std::string first;
  for (const char* key : {"to", "member", "zone"}) {
    if (!found.given(child(path, key))) continue;
    if (!first.empty()) {
      return found.wrong(child(path, key), "contradicts '" + first + "' beside it: give one");
    }
    first = key;
  }
}

void check_freshness(const send_settings& send, const std::string& path,
                     const routing_settings& ours, findings& found) {
  const std::string fresh = child(path, "freshness");
  const std::string bound = child(path, "freshness_bound");
  if (!found.sound(fresh) || !found.sound(child(path, "to"))) return;
  const bool elsewhere = send.to == send_to::followers || found.given(child(path, "member")) ||
                         found.given(child(path, "zone"));
  if (send.freshness && send.to == send_to::leader) {
    found.wrong(fresh, "says nothing beside 'to: leader', which is always fresh");
  } else if (send.freshness == freshness::leader && elsewhere) {
    found.wrong(fresh, "'leader' contradicts where else the rule sends to");
  }
  const auto holds = send.freshness.value_or(ours.freshness);
  if (found.given(bound) && holds != freshness::bounded) {
    found.wrong(bound, "says nothing without freshness 'bounded'");
  }
}

// Whether any of the struct's keys stands in the file.
template <described T>
bool says_anything(const std::string& path, const findings& found) {
  return std::ranges::any_of(key_names<T>(),
                             [&](std::string_view key) { return found.given(child(path, key)); });
}

void check_send(const send_settings& send, const std::string& path, const cluster_settings& cluster,
                findings& found) {
  if (!found.given(path) || !found.sound(path)) return;
  if (!says_anything<send_settings>(path, found)) {
    return found.wrong(path, "is empty; left out, statements go where 'routing' says");
  }
  check_destination(path, found);
  check_freshness(send, path, cluster.routing, found);
  check_member(send.member, child(path, "member"), cluster, found);
  if (send.zone.empty() || !found.sound(child(path, "zone"))) return;
  if (auto why = no_zone(send.zone, cluster)) found.wrong(child(path, "zone"), std::move(*why));
}

void check_rule(const routing_rule& each, const std::string& path, const cluster_settings& cluster,
                findings& found) {
  const std::string match = child(path, "match");
  if (found.sound(match) && !says_anything<match_settings>(match, found)) {
    found.wrong(match, "is empty, and would fit every statement; the keys here are " +
                           listed(key_names<match_settings>()));
  }
  check_send(each.send, child(path, "send"), cluster, found);
  if (each.refuse.empty()) return;
  for (const char* key : {"send", "timeout", "limit"}) {
    if (found.given(child(path, key))) {
      found.wrong(child(path, key), "says nothing beside 'refuse': the statement is not run");
    }
  }
}

// Whatever a statement costs by its rules is bounded.
void check_amounts(const std::vector<routing_rule>& rules, const std::string& list,
                   findings& found) {
  if (rules.size() > routing_settings::rules_max) {
    found.wrong(
        child(list, routing_settings::rules_max),
        "is one too many: there may be " + std::to_string(routing_settings::rules_max) + " rules");
  }
  std::size_t patterns = 0;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    patterns += rules[i].match.query.size();
    if (patterns <= routing_settings::patterns_max) continue;
    return found.wrong(child(child(child(list, i), "match"), "query"),
                       "is too much: there may be " +
                           std::to_string(routing_settings::patterns_max) +
                           " regular expressions in all rules; join some by '|'");
  }
}

void check_rules(const cluster_settings& cluster, const std::string& list, findings& found) {
  const std::vector<routing_rule>& rules = cluster.routing.rules;
  if (!found.given(list) || !found.sound(list)) return;
  if (rules.empty()) return found.wrong(list, "is empty; leave it out");
  check_amounts(rules, list, found);
  uniqueness names("the name", found);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string path = child(list, i);
    if (!found.sound(path)) continue;
    names.add(child(path, "name"), rules[i].name);
    check_rule(rules[i], path, cluster, found);
  }
}

void check_zone(const cluster_settings& cluster, const std::string& path, findings& found) {
  const std::string zone = child(path, "zone");
  const routing_settings& ours = cluster.routing;
  if (!found.sound(zone)) return;
  if (ours.reads == reads_from::nearest && ours.zone.empty()) {
    found.wrong(child(path, "reads"), "'nearest' needs 'zone' beside it: where this Skein runs");
  }
  if (ours.sticky == sticky::zone && zones_of(cluster).empty()) {
    found.odd(child(path, "sticky"), "no member has a 'zone'");
  }
  if (ours.zone.empty()) return;
  if (auto why = no_zone(ours.zone, cluster)) found.odd(zone, std::move(*why));
}

}  // namespace

void check_routing(const cluster_settings& cluster, const std::string& path, findings& found) {
  if (!found.sound(path)) return;
  check_zone(cluster, path, found);
  check_rules(cluster, child(path, "rules"), found);
}

}  // namespace skein::conf
