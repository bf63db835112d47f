#include "conf/describe_routing.hpp"

#include "conf/kinds.hpp"

namespace skein::conf {

namespace {

std::string readers(const routing_settings& how) {
  switch (how.reads) {
    case reads_from::leader:
      break;
    case reads_from::followers:
      return "the followers";
    case reads_from::any:
      return "all members";
    case reads_from::nearest:
      return "the members in zone '" + how.zone + "'";
  }
  return "the leader";
}

std::string sentence(balance_way balance) {
  switch (balance) {
    case balance_way::round_robin:
      return "in turn";
    case balance_way::random:
      return "by lot";
    case balance_way::least_busy:
      return "to the least busy";
    case balance_way::fastest:
      break;
  }
  return "to the fastest";
}

std::string sharers(freshness_key key) {
  switch (key) {
    case freshness_key::none:
      break;
    case freshness_key::user:
      return ", or another of its user,";
    case freshness_key::application_name:
      return ", or another of its application,";
    case freshness_key::hint:
      return ", or another with its key,";
  }
  return {};
}

std::string shown_at_least(freshness fresh, const std::string& sharers, duration bound) {
  switch (fresh) {
    case freshness::any:
      return "whatever they have";
    case freshness::session:
      return "at least what its session" + sharers + " has written and seen";
    case freshness::bounded:
      return "at least what the leader had " + to_string(bound) + " ago";
    case freshness::global:
      return "at least what anybody had written when it came";
    case freshness::leader:
      break;
  }
  return "what the leader has";
}

std::string reads(const routing_settings& how) {
  if (how.reads == reads_from::leader || how.freshness == freshness::leader) {
    return "  The leader serves reads, too.\n";
  }
  return "  Reads go to " + readers(how) + ", " + sentence(how.balance) + ", and are shown " +
         shown_at_least(how.freshness, sharers(how.freshness_key), how.freshness_bound) +
         ";\n  one waits up to " + to_string(how.freshness_wait) +
         " for that, and then goes to the leader. A follower more than " + to_string(how.max_lag) +
         " behind serves none.\n" +
         (how.sticky == sticky::zone
              ? "  A session's reads stay in the zone that served its first one.\n"
              : "");
}

// "user 'a' or 'b'"
template <typename T>
std::string named(std::string_view key, const std::vector<T>& list) {
  std::string text(key);
  for (const T& each : list) {
    text += (&each == &list.front() ? " " : " or ") + shown(to_string(each));
  }
  return text;
}

std::string matched(const match_settings& match) {
  std::string text;
  for_each_key<match_settings>([&](const auto& field) {
    const auto& list = match.*field.member;
    if (list.empty()) return;
    text += (text.empty() ? "" : ", ") + named(field.rule.key, list);
  });
  return text;
}

std::string sent(const send_settings& send) {
  std::string text;
  if (send.to) text = ", to the " + std::string(to_string(*send.to));
  if (!send.member.empty()) text = ", to member '" + send.member + "'";
  if (!send.zone.empty()) text = ", to zone '" + send.zone + "'";
  if (send.freshness) text += ", freshness " + std::string(to_string(*send.freshness));
  if (send.freshness_bound) text += ", not older than " + to_string(*send.freshness_bound);
  return text;
}

std::string line(const routing_rule& each) {
  std::string deeds = sent(each.send);
  if (each.timeout) {
    deeds += each.timeout->count() > 0 ? ", cancelled after " + to_string(*each.timeout)
                                       : ", for as long as it takes";
  }
  if (each.limit.rate) {
    deeds += ", at most " + std::to_string(*each.limit.rate) + " a second (" +
             std::to_string(each.limit.burst.value_or(*each.limit.rate)) + " at one time)";
  }
  if (!each.refuse.empty()) deeds = ", refused: " + shown(each.refuse);
  if (deeds.empty()) deeds = ", as all others";
  return "  - " + each.name + " (" + matched(each.match) + "): " + deeds.substr(2) + "\n";
}

}  // namespace

std::string describe_routing(const cluster_settings& cluster) {
  const routing_settings& how = cluster.routing;
  std::string text = cluster.members.size() > 1 ? reads(how) : "";
  if (how.log_sample > 0) {
    text += "  Of " + std::to_string(how.log_sample) +
            " routed statements one is logged, without its literals.\n";
  }
  if (how.rules.empty()) return text;
  text += "  The first of these that fits a statement counts:\n";
  for (const routing_rule& each : how.rules) text += line(each);
  return text;
}

}  // namespace skein::conf
