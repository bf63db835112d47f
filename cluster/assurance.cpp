#include "cluster/assurance.hpp"

#include <algorithm>

#include "cluster/election.hpp"

namespace skein::cluster {

namespace {

// Examined now and then, a follower is seen to have received something a little later than it has.
constexpr std::chrono::seconds seen_later{2};

bool takes_part(const situation& now, std::size_t member) {
  const member_facts& each = now.members[member];
  return each.foreign.empty() && each.outside.empty() && !each.fenced &&
         (member == now.led->member || each.role != member_role::leader);
}

// For so long nothing has come of what the leader writes, as far as is known.
bool hears_nothing(const situation& now, std::size_t member, const failover_policy& policy) {
  const member_facts& each = now.members[member];
  return now.now - std::max(each.news, each.examined_since) >= policy.detect_after + seen_later;
}

// Another follower has received what this one has not.
bool is_behind_another(const situation& now, std::size_t member) {
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    if (i == now.led->member || i == member || each.met != contact::answers) continue;
    if (takes_part(now, i) && each.examined && !has_all_of(now.members[member], each)) return true;
  }
  return false;
}

// It is told to receive, and does not: the leader has had more for long, or others receive. One
// that catches up lacks much, and receives.
bool is_cut_off(const situation& now, std::size_t member, const failover_policy& policy) {
  if (!hears_nothing(now, member, policy)) return false;
  const auto& lacks = now.lacks.size() > member ? now.lacks[member] : std::nullopt;
  if ((lacks && *lacks >= policy.detect_after) || is_behind_another(now, member)) return true;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    const bool follows = i != now.led->member && i != member && each.met == contact::answers;
    if (follows && takes_part(now, i) && each.examined && !hears_nothing(now, i, policy))
      return true;
  }
  return false;
}

// It has been gone for so long that nobody waits for it any more.
bool is_gone(const situation& now, std::size_t member, const failover_policy& policy) {
  const member_facts& each = now.members[member];
  if (!takes_part(now, member)) return true;
  if (each.met != contact::answers) return now.now - each.met_since >= policy.detect_after;
  if (!each.examined) return false;
  return !each.receives || is_cut_off(now, member, policy);
}

std::string followers(unsigned count) {
  return std::to_string(count) + (count == 1 ? " follower has" : " followers have");
}

}  // namespace

unsigned assured_now(const situation& now, const failover_policy& policy) {
  if (!policy.degrade || !now.led) return policy.assured;
  unsigned there = 0;
  for (std::size_t i = 0; i < now.members.size(); ++i)
    if (i != now.led->member && !is_gone(now, i, policy)) ++there;
  return std::min(policy.assured, there);
}

bool may_wait_for_one(const situation& now, const failover_policy& policy) {
  const member_facts& leader = now.members[now.led->member];
  if (!policy.degrade || leader.acks == 0 || !now.beat.failing) return false;
  if (now.now - *now.beat.failing >= policy.detect_after + seen_later + std::chrono::seconds(1))
    return false;
  if (assured_now(now, policy) < leader.acks) return true;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    if (i == now.led->member || is_gone(now, i, policy)) continue;
    if (now.members[i].met != contact::answers || is_behind_another(now, i)) return true;
  }
  return false;
}

std::optional<decision> assure_leader(const situation& now, const failover_policy& policy) {
  const std::size_t led = now.led->member;
  const member_facts& leader = now.members[led];
  const unsigned acks = assured_now(now, policy);
  const bool asked = leader.met == contact::answers && leader.examined && !leader.fenced;
  if (policy.assured == 0 || !asked || (leader.counted && leader.acks == acks)) return std::nullopt;
  decision out{.what = step::assure, .who = {led}, .of = {}, .acks = acks, .why = {}};
  out.why = leader.name + " is to acknowledge what " + followers(acks) + " received";
  if (!leader.remark.empty()) out.why += ": " + leader.remark;
  if (acks < policy.assured)
    out.why += ": there are fewer than the " + std::to_string(policy.assured) +
               " that durability promises, and on_shortfall is degrade";
  return out;
}

// After the leader: whether a follower counts depends on what it follows, where that is agreed on
// when they meet.
std::optional<decision> assure_followers(const situation& now, const failover_policy& policy) {
  if (policy.assured == 0) return std::nullopt;
  decision out{
      .what = step::assure, .who = {}, .of = {}, .acks = assured_now(now, policy), .why = {}};
  std::string names;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    if (i == now.led->member || each.met != contact::answers || !each.examined) continue;
    if (each.counted || !takes_part(now, i)) continue;
    out.who.push_back(i);
    names += (names.empty() ? "" : " and ") + each.name;
  }
  if (out.who.empty()) return std::nullopt;
  out.why = names + (out.who.size() == 1 ? " is" : " are") +
            " to be counted among those who have received what " +
            now.members[now.led->member].name + " acknowledges";
  return out;
}

std::optional<unsigned> falls_short(const situation& now, const failover_policy& policy,
                                    const decision& made, bool already) {
  if (!now.led || !policy.degrade) return std::nullopt;
  const member_facts& leader = now.members[now.led->member];
  if (!leader.examined) return std::nullopt;
  const bool told =
      made.what == step::assure && std::ranges::find(made.who, now.led->member) != made.who.end();
  const unsigned acks = told ? std::min(leader.acks, made.acks) : leader.acks;
  // Else it is one that has yet to be told for the first time, and nothing is sent to it.
  const bool believed = already || acks >= assured_now(now, policy);
  if (acks >= policy.assured || !believed) return std::nullopt;
  return acks;
}

}  // namespace skein::cluster
