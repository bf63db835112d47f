#include "cluster/judge.hpp"

#include <algorithm>

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
  out.drained = news.drained;
  out.role = news.seen ? news.seen->role : member_role::unknown;
  if (!news.looked) {
    out.reason = "has not been looked at yet";
  } else if (!out.reachable) {
    out.reason = "cannot be reached: " + news.trouble;
  } else if (out.role == member_role::leader && news.deposed) {
    out.reason = "takes writes, but has lost the lead: nothing is sent to it";
  } else if (out.role == member_role::leader) {
    const std::string& unknown = out.last.history_unknown;
    out.reason = unknown.empty() ? "takes writes, has written up to " + out.last.written.text
                                 : "takes writes, is a leader " + unknown;
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

// Whom another may not come after before it is known that he has lost the lead; a look that fails
// does not tell that.
std::optional<std::size_t> who_may_lead_on(const cluster_view& now,
                                           const std::vector<member_news>& news,
                                           const caution& how) {
  auto last = now.last_leader;
  if (how.agreed && (how.agreed->member || how.agreed->before))
    last = how.agreed->member ? how.agreed->member : how.agreed->before;
  const bool meant = how.agreed && how.agreed->next && how.agreed->next == now.claimant;
  if (!how.careful || !last || meant || !now.claimant || now.claimant == last) return std::nullopt;
  return news[*last].deposed ? std::nullopt : last;
}

// By what servers say.
void find_leader(cluster_view& now, const std::vector<member_news>& news,
                 const std::vector<std::string>& claimants) {
  if (claimants.size() > 1) {
    now.two_claimants = true;
    now.reason = join(claimants, ", ", " and ") + (claimants.size() == 2 ? " both" : " all") +
                 " claim to lead: nothing is sent to any of them until only one does; stop the"
                 " wrong one, or make it a follower";
    return;
  }
  now.leader = now.claimant;
  if (!now.leader) {
    // What a leader says that has been given up, nobody else may come to have.
    if (now.last_leader && news[*now.last_leader].deposed) now.writes_until = {};
    return;
  }
  const std::uint64_t history = now.members[*now.leader].last.written.history;
  const bool same_history = !now.last_history || now.last_history == history;
  if (now.last_leader != now.leader || !same_history) ++now.epoch;
  now.last_leader = now.leader;
  now.lead_mark = news[*now.leader].mark;
}

// By what several Skeins have agreed on. The sentence: why nothing is sent to who leads by that.
std::string find_agreed(cluster_view& now, const std::vector<member_news>& news,
                        const caution& how) {
  const agreed_lead& agreed = *how.agreed;
  const bool newest = agreed.epoch >= now.epoch;
  now.epoch = std::max(now.epoch, agreed.epoch);
  now.writes_until = agreed.writes_until;
  if (agreed.member || agreed.before)
    now.last_leader = agreed.member ? agreed.member : agreed.before;
  // Before anything is agreed on, who is seen to lead is who is to be agreed on.
  if (agreed.epoch == 0 && !now.last_leader) now.last_leader = now.claimant;
  if (!agreed.member) {
    if (!agreed.why.empty()) now.reason = agreed.why;
    if (agreed.why.empty() && now.claimant) now.reason = "nobody leads until all Skeins know who";
    return {};
  }
  if (now.members[*agreed.member].role != member_role::leader || news[*agreed.member].deposed)
    return {};
  now.leader = agreed.member;
  now.lead_mark = agreed.mark;
  if (newest && how.since_boot < agreed.writes_until) return agreed.held;
  if (!agreed.why.empty()) return agreed.why;
  return "this Skein's lease in etcd has run out: nothing is written until it has one again";
}

// A sentence: why nothing is sent to who leads. Empty: it is.
std::string withhold(const cluster_view& now, const std::vector<member_news>& news,
                     const caution& how) {
  if (how.held && how.held->member == *now.leader) return how.held->why;
  if (!how.vouched || news[*now.leader].vouched) return {};
  return now.members[*now.leader].name +
         " leads, and it is not known yet that enough followers have what it acknowledges:"
         " nothing is sent to it until it is";
}

}  // namespace

cluster_view judge(const std::string& cluster, const std::vector<member_settings>& members,
                   const std::vector<member_news>& news, const cluster_view* previous,
                   const caution& how) {
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
    if (now.members[i].role != member_role::leader || news[i].deposed) continue;
    claimants.push_back(members[i].name);
    now.claimant = i;
  }
  if (claimants.size() > 1) now.claimant.reset();
  const bool asked = !how.careful || (now.observed && how.recalled) || now.last_leader;
  if (!asked) now.claimant.reset();
  if (const auto last = who_may_lead_on(now, news, how)) {
    now.reason = now.members[*now.claimant].name + " takes writes, but " + now.members[*last].name +
                 " led last, and is not known to have lost the lead: nothing is sent to either";
    now.claimant.reset();
  }
  std::string withheld;
  if (how.agreed) {
    withheld = find_agreed(now, news, how);
  } else {
    find_leader(now, news, claimants);
  }
  if (!now.leader) {
    if (!now.reason.empty()) return now;
    now.reason = asked || !now.observed
                     ? nobody_leads(now)
                     : "nobody leads before it is known who led last: the members are being asked";
    return now;
  }
  const member_view& leader = now.members[*now.leader];
  now.last_history = leader.last.written.history;
  if (withheld.empty()) withheld = withhold(now, news, how);
  now.withheld = !withheld.empty();
  now.reason = now.withheld ? withheld : leader.name + " leads: it alone takes writes";
  if (now.withheld) now.leader.reset();
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
