#include "cluster/claimants.hpp"

#include <algorithm>

#include "cluster/election.hpp"
#include "cluster/signs.hpp"

namespace skein::cluster {

namespace {

bool claims(const member_facts& each) {
  return each.met == contact::answers && each.role == member_role::leader && each.foreign.empty();
}

std::vector<std::size_t> made_room(const situation& now, const failover_policy& policy) {
  std::vector<std::size_t> fenced;
  const member_facts* other = nullptr;
  if (policy.automatic == failover_policy::way::external) return fenced;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    const bool claims = each.met == contact::answers && each.role == member_role::leader;
    if (!claims || each.deposed || !each.foreign.empty()) continue;
    if (each.fenced_by_us) {
      fenced.push_back(i);
    } else if (other || each.fenced) {
      return {};
    } else {
      other = &each;
    }
  }
  std::erase_if(fenced, [&](std::size_t each) {
    const position& mine = now.members[each].received;
    return !other || other->received.history < mine.history ||
           (other->received.history == mine.history && !covers(other->received, mine));
  });
  return fenced;
}

// By what is written down in both, and by the history that it goes on with. An epoch may have been
// announced that nobody has begun yet.
bool is_outdated(const situation& now, const member_facts& each) {
  const member_facts& leader = now.members[now.led->member];
  std::uint64_t known = now.led->recalled ? now.led->epoch : 0;
  if (leader.last_lead) known = leader.last_lead->epoch;
  if (each.last_lead && each.last_lead->epoch < known) return true;
  return each.received.history != 0 && each.received.history < leader.received.history;
}

// Who leads does not, by its own word or for good.
bool has_ceased(const situation& now, const failover_policy& policy) {
  const member_facts& leader = now.members[now.led->member];
  if (leader.met == contact::answers && leader.role == member_role::follower) return true;
  return examine_leader(now, policy).what == health::dead;
}

}  // namespace

std::vector<std::size_t> other_claimants(const situation& now) {
  std::vector<std::size_t> who;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    const bool claims = each.met == contact::answers && each.role == member_role::leader;
    if ((i != now.led->member || each.deposed) && claims && !each.fenced && each.foreign.empty())
      who.push_back(i);
  }
  return who;
}

std::vector<std::size_t> unbelieved(const situation& now, const failover_policy& policy) {
  std::vector<std::size_t> who = made_room(now, policy);
  if (!now.led || policy.automatic != failover_policy::way::yes) return who;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    if (i != now.led->member && i != now.chosen && claims(each) && !each.deposed &&
        is_outdated(now, each) && std::ranges::find(who, i) == who.end())
      who.push_back(i);
  }
  return who;
}

std::optional<std::size_t> successor(const situation& now, const failover_policy& policy) {
  if (!now.led || policy.automatic != failover_policy::way::yes) return std::nullopt;
  if (now.members[now.led->member].deposed || !has_ceased(now, policy)) return std::nullopt;
  std::vector<std::size_t> others = other_claimants(now);
  std::erase_if(others, [&](auto i) { return now.members[i].deposed; });
  if (others.size() != 1) return std::nullopt;
  const std::size_t next = others.front();
  const member_facts& one = now.members[next];
  if (is_outdated(now, one) || (!one.examined && one.unheard.empty())) return std::nullopt;
  for (const member_facts& each : now.members) {
    const bool follows = each.met == contact::answers && each.role == member_role::follower;
    if (follows && each.foreign.empty() && each.follows != next && !has_all_of(one, each))
      return std::nullopt;
  }
  return next;
}

}  // namespace skein::cluster
