#include "cluster/judge.hpp"

namespace skein::cluster {

namespace {

using routing::cluster_view;
using routing::member_view;

member_view judge_member(const member_settings& member, const member_news& news) {
  member_view out;
  out.name = member.name;
  out.address = member.address;
  out.zone = member.zone;
  out.weight = member.weight;
  out.asked = news.asked;
  out.last = news.seen.value_or(news.before);
  out.reachable = news.seen.has_value();
  out.role = news.seen ? news.seen->role : member_role::unknown;
  if (!news.looked) {
    out.reason = "has not been looked at yet";
  } else if (!out.reachable) {
    out.reason = "cannot be reached: " + news.trouble;
  } else if (out.role == member_role::leader) {
    out.reason = "takes writes, has written up to " + out.last.written.text;
  } else {
    out.reason = "follows, has applied up to " + out.last.applied.text;
  }
  return out;
}

std::string join(const std::vector<std::string>& parts, const char* between, const char* last) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? last : between;
    text += parts[i];
  }
  return text;
}

std::string nobody_leads(const cluster_view& view) {
  std::vector<std::string> unseen;
  std::vector<std::string> lost;
  for (const auto& member : view.members) {
    if (member.reason.starts_with("has not")) unseen.push_back(member.name);
    if (!member.reachable) lost.push_back(member.name + " " + member.reason);
  }
  if (!unseen.empty())
    return "no member is known to lead yet; waiting for " + join(unseen, ", ", " and ");
  if (lost.empty()) return "every member is a follower; promote one of them";
  if (lost.size() == view.members.size())
    return "no member can be reached: " + join(lost, "; ", "; ");
  return "the members that can be reached are followers, and " + join(lost, "; ", "; ") +
         "; start it again or promote a follower";
}

}  // namespace

cluster_view judge(const std::string& cluster, const std::vector<member_settings>& members,
                   const std::vector<member_news>& news, const cluster_view* previous) {
  cluster_view now;
  now.cluster = cluster;
  if (previous) {
    now.epoch = previous->epoch;
    now.last_leader = previous->last_leader;
    now.last_history = previous->last_history;
  }
  now.observed = true;
  std::vector<std::string> claimants;
  for (std::size_t i = 0; i < members.size(); ++i) {
    now.members.push_back(judge_member(members[i], news[i]));
    now.observed = now.observed && news[i].looked;
    if (now.members[i].role != member_role::leader) continue;
    claimants.push_back(members[i].name);
    now.leader = i;
  }
  if (claimants.size() > 1) {
    now.leader.reset();
    now.two_claimants = true;
    now.reason = join(claimants, ", ", " and ") + (claimants.size() == 2 ? " both" : " all") +
                 " claim to lead: nothing is sent to any of them until only one does; stop the"
                 " wrong one, or make it a follower";
    return now;
  }
  if (!now.leader) {
    now.reason = nobody_leads(now);
    return now;
  }
  const member_view& leader = now.members[*now.leader];
  const std::uint64_t history = leader.last.written.history;
  if (now.last_leader != now.leader || now.last_history != history) ++now.epoch;
  now.last_leader = now.leader;
  now.last_history = history;
  now.reason = leader.name + " leads: it alone takes writes";
  return now;
}

moved_members move_members(const cluster_view& before, const std::vector<member_news>& news,
                           const std::vector<member_settings>& next) {
  moved_members out{.before = before, .news = std::vector<member_news>(next.size())};
  out.before.last_leader.reset();
  for (std::size_t i = 0; i < next.size(); ++i) {
    for (std::size_t was = 0; was < before.members.size(); ++was) {
      if (before.members[was].address != next[i].address) continue;
      out.news[i] = news[was];
      if (before.last_leader == was) out.before.last_leader = i;
    }
  }
  return out;
}

}  // namespace skein::cluster
