#include "cluster/moving.hpp"

#include "cluster/election.hpp"
#include "cluster/signs.hpp"

namespace skein::cluster {

namespace {

// A clause about it; empty: nothing speaks against it.
std::string why_not(const member_facts& one) {
  if (one.met != contact::answers) {
    const std::string so = one.trouble.empty() ? "" : ": " + one.trouble;
    return one.met == contact::unseen ? "has not been looked at yet" : "cannot be reached" + so;
  }
  if (!one.foreign.empty()) return "is left out: " + one.foreign;
  if (!one.outside.empty()) return "stays outside: " + one.outside;
  if (one.role != member_role::follower) return "is no follower";
  if (one.drained) return "is drained: put it back first (skein drain --back " + one.name + ")";
  if (one.priority <= 0) return "is never to lead (priority 0)";
  if (!one.unheard.empty()) return "takes no orders: " + one.unheard;
  if (!one.cannot_apply.empty()) return "cannot lead, " + one.cannot_apply;
  return {};
}

// It applies before it leads, which nobody waits for who is not far behind.
bool better(const member_facts& one, const member_facts& other) {
  const bool more = covers(one.received, other.received);
  const bool less = covers(other.received, one.received);
  if (one.priority != other.priority) return one.priority > other.priority;
  return more && !less;
}

// Whether it cannot be whom the lead comes to, by what is known of it for long enough.
bool is_lost(const situation& now, std::size_t member, const failover_policy& policy) {
  const member_facts& one = now.members[member];
  // Who has been told to lead may do so, whatever it does not say for a moment.
  if (one.met == contact::answers)
    return one.role != member_role::leader && now.chosen != member && !why_not(one).empty();
  if (one.met == contact::unseen) return false;
  return one.met == contact::refuses || now.now - one.met_since >= policy.detect_after;
}

// A dead one is not asked to follow.
std::string why_left_outside(const situation& now, const failover_policy& policy) {
  const member_facts& leader = now.members[now.led->member];
  if (!leader.back.restarts || leader.back.hooks || leader.fenced) return {};
  if (examine_leader(now, policy).what == health::dead) return {};
  return leader.name + " would stay outside: it follows another only when it is started anew, and" +
         " has no hooks for that: write them down (members[].hooks), or ask with --leave-outside" +
         " and bring it back by `skein rejoin " + leader.name + "`";
}

std::string transactions(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " transaction" : " transactions");
}

}  // namespace

std::expected<std::size_t, std::string> may_move(const situation& now,
                                                 const failover_policy& policy,
                                                 const move_wish& wish) {
  const std::string& to = wish.to;
  const auto no = [](std::string why) { return std::unexpected(std::move(why)); };
  if (policy.automatic == failover_policy::way::external)
    return no(
        "failover.automatic is external: move the lead by what moves it otherwise, Skein"
        " follows");
  if (!now.led) return no("it is not known yet who leads: see `skein status`");
  const member_facts& leader = now.members[now.led->member];
  if (now.moving && now.moving->to != now.led->member)
    return no("the lead is on its way from " + leader.name + " to " +
              now.members[now.moving->to].name + " already: see `skein status`");
  if (is_on_its_way(now, policy))
    return no(now.members[*now.chosen].name + " is on its way to lead: see `skein status`");
  std::optional<std::size_t> best;
  std::string nobody;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    if (!to.empty() && each.name != to) continue;
    if (i == now.led->member) {
      if (!to.empty()) return no(each.name + " leads already");
      continue;
    }
    const std::string hindrance = why_not(each);
    if (!hindrance.empty()) {
      nobody += (nobody.empty() ? "" : "; ") + each.name + " " + hindrance;
    } else if (!best || better(each, now.members[*best])) {
      best = i;
    }
  }
  const std::string left = best && !wish.leave_outside ? why_left_outside(now, policy) : "";
  if (!left.empty()) return no(left);
  if (best) return *best;
  if (!nobody.empty()) return no("the lead stays with " + leader.name + ": " + nobody);
  if (to.empty()) return no("there is no follower that could lead");
  std::string names;
  for (const auto& each : now.members) names += (names.empty() ? "" : ", ") + each.name;
  return no("no member is called " + to + "; there are " + names);
}

decision go_on_moving(const situation& now) {
  const std::size_t from = now.led->member;
  const member_facts& leader = now.members[from];
  const member_facts& next = now.members[now.moving->to];
  const std::string moves = "the lead goes from " + leader.name + " to " + next.name;
  const auto make = [&](step what, std::size_t who, const std::string& then) {
    return decision{.what = what, .who = {who}, .of = {}, .why = moves + ": " + then};
  };
  const auto give_up = [&](const std::string& why) {
    return decision{.what = step::resume,
                    .who = {from},
                    .of = {},
                    .why = "the lead stays with " + leader.name + ", and nothing is lost: " + why};
  };
  if (now.moving->given_up) {
    const bool resumed = leader.examined && !leader.fenced;
    decision out{.what = resumed ? step::rest : step::resume, .who = {}, .of = {}, .why = {}};
    if (!resumed) out.who = {from};
    out.why = now.moving->why;
    return out;
  }
  const auto since = now.now - now.moving->since;
  if (const auto hindrance = why_not(next); !hindrance.empty())
    return give_up(next.name + " " + hindrance);
  const bool too_late = since > now.moving->patience;
  if (!now.moving->held) return make(step::hold, from, "new transactions wait");
  if (!leader.fenced) {
    if (too_late)
      return give_up(leader.open.value_or(0) == 0
                         ? leader.name + " did not do what it was told within " + in_words(since)
                         : transactions(*leader.open) + " had not ended after " + in_words(since) +
                               ": end them, or give them longer (--wait)");
    if (!leader.open) return make(step::hold, from, "new transactions wait");
    if (*leader.open > 0)
      return make(step::hold, from,
                  "new transactions wait, and " + transactions(*leader.open) + " must end first");
    return make(step::fence, from, "all transactions have ended, it takes no more writes");
  }
  if (leader.settled && covers(next.received, leader.received))
    return make(step::promote, now.moving->to, next.name + " has all that " + leader.name + " has");
  if (too_late)
    return give_up(next.name + " had not received all of it after " + in_words(since) + ", only " +
                   next.received.text + " of " + leader.received.text);
  return {.what = step::wait,
          .who = {},
          .of = {},
          .why = moves + ": " + next.name + " has yet to receive what " + leader.name + " has"};
}

std::optional<move_end> end_of_move(const situation& now, const failover_policy& policy,
                                    const decision& made) {
  if (!now.moving || !now.led) return std::nullopt;
  const move& moving = *now.moving;
  const member_facts& leader = now.members[now.led->member];
  const member_facts& next = now.members[moving.to];
  const auto failed = [](std::string why) {
    return move_end{.done = false, .why = std::move(why)};
  };
  const bool idle = made.what == step::rest || made.what == step::wait;
  // Who is fenced for the move takes no heartbeat.
  const bool there = leader.met == contact::answers && leader.fenced;
  const bool gone = leader.deposed || (!there && examine_leader(now, policy).what == health::dead);
  if (now.led->member == moving.to) {
    if (gone) return failed(next.name + " has led, and was lost at once: " + made.why);
    // Who is led to it, and cannot be, is no reason to wait for ever.
    if (!idle && now.now - now.led->since <= moving.patience) return std::nullopt;
    return move_end{.done = true, .why = made.why};
  }
  if (now.led->member != moving.from)
    return failed("the lead was on its way from " + now.members[moving.from].name + " to " +
                  next.name + ", and " + leader.name + " has got it: " + made.why);
  if (moving.given_up) {
    const bool over = made.what == step::rest || now.now - *moving.given_up > moving.patience;
    if (over || gone) return failed(moving.why);
    return std::nullopt;
  }
  if (!gone) return std::nullopt;
  const bool coming = is_on_its_way(now, policy);
  const bool late = now.now - moving.since > moving.patience;
  const std::string lost = leader.name + " was lost while the lead was on its way to " + next.name;
  if (!coming && is_lost(now, moving.to, policy))
    return failed((leader.deposed ? next.name + " was told to lead, and " : lost + ", which ") +
                  (next.met == contact::answers ? why_not(next)
                   : leader.deposed             ? "was lost"
                                                : "was lost, too") +
                  ": " + made.why);
  if (!late || coming) return std::nullopt;
  if (!next.fails.empty() && now.chosen == moving.to)
    return failed(next.name + " was told to lead, and cannot: " + next.fails);
  if (idle || made.what == step::propose) return failed(lost + ": " + made.why);
  return std::nullopt;
}

}  // namespace skein::cluster
