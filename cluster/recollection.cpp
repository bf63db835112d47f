#include "cluster/recollection.hpp"

#include <algorithm>

#include "cluster/signs.hpp"

namespace skein::cluster {

namespace {

constexpr auto unknown = "it is not known yet who leads";

bool claims(const member_facts& each) {
  return each.met == contact::answers && each.role == member_role::leader;
}

std::uint64_t epoch_at(const member_facts& each) {
  return each.last_lead ? each.last_lead->epoch : 0;
}

// What it has received and not applied may tell of a later leader. Who follows one that leads by
// its own word would not if there were another, and is always a little behind.
bool is_up_to_date(const situation& now, const member_facts& each) {
  if (each.role != member_role::follower) return true;
  if (each.follows && claims(now.members[*each.follows])) return true;
  position applied = each.applied;
  applied.history = each.received.history;
  return covers(applied, each.received);
}

class memories {
 public:
  memories(const situation& now, const failover_policy& policy) : now_(now), policy_(policy) {
    acks_ = policy.assured;
    for (std::size_t i = 0; i < now.members.size(); ++i) {
      const member_facts& each = now.members[i];
      const bool asked = each.met == contact::answers && each.examined;
      if (asked) acks_ = std::max(acks_, each.acks);
      if (asked) asked_.push_back(i);
      if (!asked || !is_up_to_date(now, each)) missing_.push_back(i);
    }
  }
  recollection tell(moment since) const;

 private:
  std::string first_to_ask() const;
  std::string whom_to_wait_for(moment since) const;
  std::string listed(const std::vector<std::size_t>& who) const;
  std::vector<std::size_t> with_epoch(std::uint64_t epoch) const;
  std::optional<std::size_t> named(const std::string& name) const;
  void judge_claims(recollection& out) const;

  const situation& now_;
  const failover_policy& policy_;
  unsigned acks_ = 0;
  std::vector<std::size_t> asked_ = {};
  std::vector<std::size_t> missing_ = {};
};

std::string memories::listed(const std::vector<std::size_t>& who) const {
  std::string text;
  for (std::size_t i = 0; i < who.size(); ++i) {
    if (i > 0) text += i + 1 == who.size() ? " and " : ", ";
    text += now_.members[who[i]].name;
  }
  return text;
}

std::optional<std::size_t> memories::named(const std::string& name) const {
  const auto found = std::ranges::find(now_.members, name, &member_facts::name);
  if (found == now_.members.end()) return std::nullopt;
  return static_cast<std::size_t>(found - now_.members.begin());
}

std::vector<std::size_t> memories::with_epoch(std::uint64_t epoch) const {
  std::vector<std::size_t> who;
  for (const std::size_t i : asked_)
    if (epoch_at(now_.members[i]) == epoch) who.push_back(i);
  return who;
}

std::string memories::first_to_ask() const {
  for (const member_facts& each : now_.members) {
    if (each.met == contact::unseen) return "waiting for the first look at " + each.name;
    if (each.met == contact::answers && !each.examined && each.unheard.empty())
      return each.name + " is being asked who led last";
  }
  return {};
}

// Who acknowledged by followers has left it with so many of them. Else most members must do, or
// time enough for the others to answer: who cannot be reached must not keep all from going on.
std::string memories::whom_to_wait_for(moment since) const {
  const std::size_t all = now_.members.size();
  const auto waited = now_.now - since;
  const bool enough = acks_ > 0 ? missing_.size() <= acks_ : 2 * missing_.size() < all;
  if (enough) return {};
  const bool for_ever = acks_ > 0 && !policy_.degrade;
  if (!for_ever && waited >= policy_.detect_after) return {};
  return listed(missing_) + (missing_.size() == 1 ? "" : ", or one of them,") +
         " may know of a later leader, and cannot be asked" +
         (for_ever ? ": what was acknowledged may be there alone" : " for " + in_words(waited));
}

// Of several who lead by their own word: who does so of an earlier epoch has lost the lead, and one
// that was fenced has lost it to who takes writes.
void memories::judge_claims(recollection& out) const {
  const auto takes_over = [&](std::size_t i) {
    const member_facts& each = now_.members[i];
    return claims(each) && !each.fenced && epoch_at(each) == out.epoch;
  };
  const bool taken_over = std::ranges::any_of(asked_, takes_over);
  for (const std::size_t i : asked_) {
    const member_facts& each = now_.members[i];
    if (!claims(each)) continue;
    if (epoch_at(each) < out.epoch || (each.fenced && taken_over)) out.outdated.push_back(i);
  }
}

recollection memories::tell(moment since) const {
  recollection out;
  const auto because = [&](const std::string& why) {
    out.why = std::string(unknown) + ": " + why;
    return out;
  };
  if (const auto whom = first_to_ask(); !whom.empty()) return because(whom);
  if (const auto whom = whom_to_wait_for(since); !whom.empty()) return because(whom);
  out.over = true;
  out.why = unknown;
  for (const std::size_t i : asked_) out.epoch = std::max(out.epoch, epoch_at(now_.members[i]));
  if (out.epoch == 0) return out;
  judge_claims(out);
  const auto witnesses = with_epoch(out.epoch);
  const std::string& name = now_.members[witnesses.front()].last_lead->member;
  for (const std::size_t each : witnesses)
    if (now_.members[each].last_lead->member != name)
      return because(listed(witnesses) + " do not agree who led in epoch " +
                     std::to_string(out.epoch) + ": a person must say which is right");
  out.leader = named(name);
  if (!out.leader)
    return because(name + ", which led last, in epoch " + std::to_string(out.epoch) +
                   ", is no member any more: promote one of them by hand");
  out.why = name + " led last, in epoch " + std::to_string(out.epoch) + ", by what " +
            listed(witnesses) + (witnesses.size() == 1 ? " has" : " have") + " of that";
  return out;
}

}  // namespace

recollection recollect(const situation& now, const failover_policy& policy, moment since) {
  return memories(now, policy).tell(since);
}

void add_what_is_recalled(const situation& now, decision& made) {
  if (!now.led) return;
  const member_facts& leader = now.members[now.led->member];
  if (now.led->recalled && made.what != step::rest) {
    made.why += "; that " + leader.name + " led last, in epoch " + std::to_string(now.led->epoch) +
                ", is known by what was written down";
    if (made.what == step::promote) made.why += ", and not how much is lost";
  }
  if (leader.unrecorded.empty() || now.moving) return;
  if (made.what == step::rest) made.what = step::wait;  // for a person to see to it
  made.why += "; a Skein that is restarted will not know that, for it could not be written down: " +
              leader.unrecorded;
}

}  // namespace skein::cluster
