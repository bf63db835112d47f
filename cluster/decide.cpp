#include "cluster/decide.hpp"

#include "cluster/assurance.hpp"
#include "cluster/claimants.hpp"
#include "cluster/election.hpp"
#include "cluster/moving.hpp"
#include "cluster/signs.hpp"

namespace skein::cluster {

namespace {

std::string since_epoch(const situation& now) {
  return now.members[now.led->member].name + " leads, since epoch " +
         std::to_string(now.led->epoch);
}

std::string given_up(const situation& now) {
  const std::string& leader = now.members[now.led->member].name;
  if (!now.moving) return leader + " has been given up";
  return "the lead goes from " + leader + " to " + now.members[now.moving->to].name;
}

std::string listed(const situation& now, const std::vector<std::size_t>& who) {
  std::string text;
  for (const std::size_t each : who) text += (text.empty() ? "" : " and ") + now.members[each].name;
  return text;
}

// Why it may not be given its lead back: another may lead, or have led, since it was fenced. Who
// has fenced it without telling anybody to lead since knows that nobody does.
std::optional<std::string> why_not_back(const situation& now, std::size_t fenced) {
  const member_facts& one = now.members[fenced];
  if (!one.settled) return one.name + " must be looked at once more";
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    if (i == fenced || !each.foreign.empty()) continue;
    const bool answers = each.met == contact::answers;
    if (answers && each.role == member_role::leader) return each.name + " takes writes";
    if (now.fenced_here) continue;
    if (!answers)
      return each.name +
             ", which may lead by now, must be heard first, or a person say who leads "
             "(`skein switchover`)";
    if (each.fenced || !has_all_of(one, each)) return each.name + " may have more than it";
    if (each.cannot_apply.empty() && !has_applied_all(each))
      return each.name + " has yet to apply what it has received, and may lead then";
  }
  return std::nullopt;
}

// A move that was begun and of which nobody knows any more leaves who led fenced: a Skein died, or
// was told to stop, or reads its settings anew. It leads on, unless whom it made room for comes.
std::optional<decision> resume_led(const situation& now, const failover_policy& policy,
                                   std::size_t led) {
  const member_facts& one = now.members[led];
  const bool ours = one.met == contact::answers && one.examined && one.fenced_by_us &&
                    !one.deposed && one.foreign.empty();
  const bool another = now.chosen && *now.chosen != led;
  if (!ours || another || now.moving || policy.automatic == failover_policy::way::external)
    return std::nullopt;
  decision out{.why = one.name + " was fenced so that another could lead"};
  if (const auto hindrance = why_not_back(now, led)) {
    out.what = step::wait;
    out.why += ": " + *hindrance;
  } else if (!now.fenced_here && now.now - one.fenced_since < policy.detect_after) {
    out.what = step::wait;
    out.why += ": waiting for " + in_words(policy.detect_after) + " whether one does";
  } else {
    out.what = step::resume;
    out.who = {led};
    out.why += ", and nobody does: it leads on";
  }
  return out;
}

// Where it is not known who led: only one that everybody else follows.
std::optional<decision> resume_unknown(const situation& now, const failover_policy& policy) {
  std::optional<std::size_t> fenced;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    const bool follows =
        each.role == member_role::follower && (each.follows.has_value() || !each.source.empty());
    if (each.met != contact::answers || !each.examined || !each.foreign.empty())
      return std::nullopt;
    if (each.fenced && fenced) return std::nullopt;
    if (each.fenced) {
      fenced = i;
    } else if (!follows) {
      return std::nullopt;
    }
  }
  return fenced ? resume_led(now, policy, *fenced) : std::nullopt;
}

// Whatever becomes of who leads: one that led before must not go on.
std::optional<decision> fence_others(const situation& now, bool leader_is_well) {
  std::vector<std::size_t> who = other_claimants(now);
  // Another who has what the leader has not may be the right one.
  const position& led = now.members[now.led->member].received;
  std::erase_if(who, [&](auto each) {
    const member_facts& one = now.members[each];
    const bool less = one.received.history < led.history || covers(led, one.received);
    return !one.deposed && (!leader_is_well || !less);
  });
  if (who.empty()) return std::nullopt;
  return decision{.what = step::fence,
                  .who = who,
                  .why = since_epoch(now) + ": " + listed(now, who) + " must take no more writes"};
}

// One that cannot be fenced must not keep the others from following, nor another from leading: when
// it has been tried for long they have every other second.
bool has_been_tried(const situation& now, const decision& fencing, const failover_policy& policy) {
  moment since = now.led->since;
  for (const std::size_t each : fencing.who)
    if (const moment met = now.members[each].met_since; met > since) since = met;
  const auto tried = now.now - since;
  return tried > 2 * policy.detect_after && tried / std::chrono::seconds(1) % 2 == 1;
}

// Whether it follows nobody of use. One that was stopped by hand is left alone.
bool astray(const situation& now, std::size_t member, std::size_t source) {
  const member_facts& each = now.members[member];
  if (!each.examined) return false;
  if (each.fenced) return true;
  if (each.told_to_stop && !each.receives) return true;
  if (each.role != member_role::follower || each.follows == source) return false;
  if (!each.follows) return each.source.empty();
  // It keeps to another that hangs below the leader, as it was set up.
  std::size_t at = *each.follows;
  for (std::size_t steps = 0; steps <= now.members.size(); ++steps) {
    const member_facts& above = now.members[at];
    const bool serves = above.met == contact::answers && above.role == member_role::follower;
    if (at == now.led->member) return each.upstream.has_value() && each.upstream == source;
    if (at == member || !serves || !above.follows) return true;
    at = *above.follows;
  }
  return true;
}

std::optional<decision> lead_back(const situation& now) {
  decision out{.what = step::follow};
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    if (i == now.led->member || each.met != contact::answers || !each.foreign.empty()) continue;
    if (!each.outside.empty()) continue;
    // What it wrote until it was fenced shows only then.
    if (each.fenced && !each.settled) continue;
    const std::size_t source = upstream_of(now, i, now.led->member);
    if (!astray(now, i, source) || (!out.who.empty() && source != out.of)) continue;
    out.who.push_back(i);
    out.of = source;
  }
  if (out.who.empty()) return std::nullopt;
  out.why = since_epoch(now) + ": " + listed(now, out.who) +
            (out.who.size() == 1 ? " follows " : " follow ") + now.members[out.of].name +
            " from now on";
  return out;
}

// Where it answers it has been fenced by now. One that has died may be about to come up by itself.
bool may_be_brought_back(const situation& now, const failover_policy& policy, std::size_t member) {
  const member_facts& each = now.members[member];
  const bool outside = member != now.led->member && each.back.needed && each.back.hooks &&
                       each.foreign.empty() && (each.role != member_role::follower || each.stuck);
  if (!outside) return false;
  if (!each.back.running.empty()) return true;
  if (each.back.again > now.now) return false;
  if (each.met == contact::answers) return each.fenced || each.stuck;
  return each.met == contact::refuses && each.deposed &&
         now.now - each.met_since >= policy.detect_after;
}

std::optional<decision> bring_back(const situation& now, const failover_policy& policy) {
  decision out{.what = step::rejoin, .of = now.led->member};
  std::string why;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    if (!may_be_brought_back(now, policy, i)) continue;
    const comeback& back = now.members[i].back;
    out.who.push_back(i);
    why += (why.empty() ? ": " : "; ") + now.members[i].name;
    why += back.running.empty() ? " is to be brought back by its hooks"
                                : " is brought back by its hooks, `" + back.running + "` for " +
                                      in_words(now.now - back.since);
  }
  if (out.who.empty()) return std::nullopt;
  out.why = since_epoch(now) + why;
  return out;
}

// Why it stays outside, and what a person can do.
std::string stays_outside(const situation& now, const member_facts& each) {
  const std::string by_hand = "run `skein rejoin " + each.name + "` on its machine";
  if (!each.back.needed) return each.outside;
  if (each.back.failed.empty()) return each.outside + ": " + by_hand;
  return each.back.failed + "; it is tried again in " + in_words(each.back.again - now.now) +
         ", or " + by_hand;
}

// What a person has to see to.
std::string left_over(const situation& now) {
  std::string out;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    if (i == now.led->member) continue;
    if (each.met == contact::answers && !each.unheard.empty())
      out += "; " + each.name + " takes no orders: " + each.unheard;
    if (!each.foreign.empty()) out += "; " + each.name + " is left out: " + each.foreign;
    const bool led = each.fenced || each.role == member_role::leader || each.back.needed;
    const bool there = each.met == contact::answers || !each.back.failed.empty();
    if (led && there && !each.outside.empty())
      out += "; " + each.name + " stays outside: " + stays_outside(now, each);
  }
  return out;
}

// What is no step, and holds up none.
std::string remarks(const situation& now) {
  std::string out;
  for (const member_facts& each : now.members)
    if (each.met == contact::answers && !each.remark.empty())
      out += "; " + each.name + ": " + each.remark;
  return out;
}

}  // namespace

decision decide(const situation& now, const failover_policy& policy) {
  if (!now.led) {
    if (auto on = resume_unknown(now, policy)) return *on;
    return {.what = step::wait, .why = "it is not known yet who leads"};
  }
  using way = failover_policy::way;
  const bool ours = policy.automatic == way::yes || now.moving;
  const member_facts& leader = now.members[now.led->member];
  diagnosis found =
      leader.deposed ? diagnosis{health::dead, given_up(now)} : examine_leader(now, policy);
  const bool takes_none = found.what == health::dead && leader.met == contact::answers &&
                          leader.role == member_role::leader && !leader.deposed;
  if (takes_none && may_wait_for_one(now, policy)) found.what = health::doubtful;
  const bool told = policy.automatic != way::external && found.what == health::well && !now.moving;
  // It may take no heartbeat because it waits for a follower that has gone.
  const bool waits = policy.automatic != way::external && found.what == health::doubtful &&
                     !now.moving && leader.role == member_role::leader && now.beat.failing;
  if (told || waits)
    if (auto assuring = assure_leader(now, policy)) return *assuring;
  if (waits)
    if (auto assuring = assure_followers(now, policy)) return *assuring;
  if (ours) {
    if (auto fencing = fence_others(now, found.what == health::well)) {
      if (!has_been_tried(now, *fencing, policy)) return *fencing;
      auto following = found.what == health::well ? lead_back(now) : std::nullopt;
      if (found.what != health::dead) return following ? *following : *fencing;
    }
  }
  // Who is fenced for the move takes no heartbeat.
  const bool moves = now.moving && now.moving->from == now.led->member && !leader.deposed;
  const bool there =
      leader.met == contact::answers && (leader.fenced || found.what == health::well);
  if (moves && (there || (now.moving->given_up && found.what == health::doubtful)))
    return go_on_moving(now);
  if (moves && found.what == health::doubtful && now.now - now.moving->since > now.moving->patience)
    return {.what = step::resume,
            .who = {now.led->member},
            .why = "the lead stays with " + leader.name + ": " + found.why};
  if (auto on = resume_led(now, policy, now.led->member)) return *on;
  if (found.what == health::doubtful) return {.what = step::wait, .why = found.why};
  if (found.what == health::dead) {
    auto others = other_claimants(now);
    // One that led before and was given up is waited for no longer.
    std::erase_if(others, [&](auto each) { return now.members[each].deposed; });
    decision made = elect(now, policy, found.why);
    // Where nobody can lead instead it may be had to write again.
    const bool answers = leader.met == contact::answers && leader.role == member_role::leader &&
                         policy.automatic != way::external;
    if (made.what == step::wait && answers && !leader.deposed && !now.moving)
      if (auto assuring = assure_followers(now, policy)) return *assuring;
    if (others.empty()) return made;
    return {.what = step::wait,
            .why = found.why + ": " + listed(now, others) + " takes writes already"};
  }
  if (const auto others = other_claimants(now); ours && !others.empty())
    return {.what = step::wait,
            .why = since_epoch(now) + ", and " + listed(now, others) +
                   " takes writes that it has not: a person must say which is right"};
  if (ours) {
    if (auto following = lead_back(now)) return *following;
    if (auto back = bring_back(now, policy); back && !now.moving) return *back;
  }
  if (told)
    if (auto assuring = assure_followers(now, policy)) return *assuring;
  const std::string more = left_over(now);
  const std::string besides = remarks(now);
  return {.what = more.empty() ? step::rest : step::wait,
          .why = since_epoch(now) + more + besides,
          .remarks = !besides.empty()};
}

}  // namespace skein::cluster
