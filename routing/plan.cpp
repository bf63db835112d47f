#include "routing/plan.hpp"

#include <algorithm>
#include <array>

namespace skein::routing {

namespace {

using to = destination::kind;

struct situation {
  const request& asked;
  const policy& ours;
  const cluster_view& now;
  const sightings& seen;
  to where;  // as ruled or hinted
};

plan send(std::size_t member, reason why) {
  return {.what = plan::act::send, .member = member, .why = why};
}

plan send_to_leader(const cluster_view& now, reason why) {
  if (now.leader) return send(*now.leader, why);
  // Without a leader it is not the statement that stands in the way, but for one thing: a follower
  // would have served a session that is owed nothing.
  const reason lack = why == reason::not_fresh ? why : reason::no_leader;
  return {.what = plan::act::refuse, .why = lack};
}

reason by_whom(const request& asked) {
  return asked.rule.empty() ? reason::hinted : reason::ruled;
}

// Whether it shows enough, whatever else may keep it from serving.
bool is_fresh(const situation& in, std::size_t follower) {
  const request& asked = in.asked;
  switch (asked.fresh) {
    case freshness::any:
      return true;
    case freshness::session:
      return covers(in.now, in.seen, follower, asked.owed, asked.shared);
    case freshness::bounded: {
      const auto& behind = in.now.members[follower].behind;
      return behind && *behind <= in.ours.bound;
    }
    case freshness::global:
      return shows_all_before(in.now, in.seen, follower, asked.arrived) &&
             covers(in.now, in.seen, follower, asked.owed, asked.shared);
    case freshness::leader:
      break;
  }
  return false;
}

// A member that came back has cold caches: its share grows.
double weight_now(const situation& in, const member_view& member) {
  const auto served = in.asked.now - member.serves_since;
  if (member.serves_since == moment{} || served >= in.ours.slow_start) return member.weight;
  const double share =
      std::chrono::duration<double>(served) / std::chrono::duration<double>(in.ours.slow_start);
  return member.weight * std::clamp(share, 0.1, 1.0);
}

bool may_read_from(const situation& in, std::size_t i) {
  const member_view& member = in.now.members[i];
  if (in.asked.shunned >> i & 1) return false;
  const bool named = in.where == to::member;
  if (named && member.name != in.asked.ruled->name) return false;
  if (in.where == to::zone && member.zone != in.asked.ruled->name) return false;
  if (!named && !(member.weight > 0)) return false;
  if (in.now.leader != i) return member.serves_reads;
  return in.where != to::followers &&
         (in.ours.reads == reads_from::any || in.ours.reads == reads_from::nearest);
}

// Who may serve, and of those who shows enough.
struct survey {
  std::array<candidate, balanced_members_max> fresh;  // as many as `count` says
  std::size_t count = 0;
  std::size_t stale = 0;
  // Of the stale, that which is least behind.
  std::chrono::milliseconds least_behind = std::chrono::milliseconds::max();

  std::span<candidate> chosen() { return {fresh.data(), count}; }
};

void look_around(const situation& in, survey& found) {
  const std::size_t members = std::min(in.now.members.size(), balanced_members_max);
  for (std::size_t i = 0; i < members; ++i) {
    if (!may_read_from(in, i)) continue;
    const member_view& member = in.now.members[i];
    if (in.now.leader == i || is_fresh(in, i)) {
      found.fresh[found.count++] = {i, weight_now(in, member)};
      continue;
    }
    ++found.stale;
    // One that does not know how far it is behind may be there at its next look.
    const auto behind = member.behind.value_or(std::chrono::milliseconds{0});
    found.least_behind = std::min(found.least_behind, behind);
  }
}

// False: nobody there shows enough, and one that is far is better than a wait.
bool keep_those_in(const situation& in, std::string_view zone, survey& found) {
  if (zone.empty()) return false;
  const auto is_there = [&](const candidate& each) {
    return in.now.members[each.member].zone == zone;
  };
  const auto chosen = found.chosen();
  const auto elsewhere = std::ranges::partition(chosen, is_there);
  if (elsewhere.size() == chosen.size()) return false;
  found.count -= elsewhere.size();
  return true;
}

void keep_the_nearest(const situation& in, survey& found) {
  if (in.where != to::unsaid) return;
  if (in.ours.sticky && keep_those_in(in, in.asked.home, found)) return;
  if (in.ours.reads == reads_from::nearest) keep_those_in(in, in.ours.zone, found);
}

// How far a follower is behind is told by looks, and at worst: twice as far is not yet clearly too
// far. What is too old by age is not waited for: every read would wait anew.
constexpr int clearly_more = 4;

bool is_worth_waiting(const situation& in, const survey& found) {
  const auto until = in.asked.arrived + in.ours.wait;
  if (in.asked.now >= until || in.asked.fresh == freshness::bounded) return false;
  if (!in.now.leader) return false;  // it would have to say how far it is
  return found.least_behind <= clearly_more * (until - in.asked.now);
}

reason why_this(const situation& in, const survey& found, std::size_t picked) {
  const bool alone = found.count == 1 && found.stale > 0;
  if (alone && in.now.leader == picked) return reason::not_fresh;
  if (in.where != to::unsaid) return by_whom(in.asked);
  if (alone && in.asked.owed.on == picked + 1) return reason::same_member;
  return reason::balanced;
}

plan decide_read(const situation& in, balancer& balance) {
  survey found;
  look_around(in, found);
  if (found.count == 0) {
    if (found.stale == 0) return send_to_leader(in.now, reason::none_fit);
    if (!is_worth_waiting(in, found)) return send_to_leader(in.now, reason::not_fresh);
    return {.what = plan::act::wait,
            .why = reason::not_fresh,
            .until = in.asked.arrived + in.ours.wait};
  }
  if (found.count > 1) keep_the_nearest(in, found);
  const std::size_t picked = balance.pick(in.ours.balance, found.chosen(), in.asked.lot);
  return send(picked, why_this(in, found, picked));
}

bool names_leader(const request& asked, const cluster_view& now) {
  return asked.ruled->to == to::leader || (asked.ruled->to == to::member && now.leader &&
                                           now.members[*now.leader].name == asked.ruled->name);
}

}  // namespace

plan decide(const request& asked, const policy& ours, const cluster_view& now,
            const sightings& seen, balancer& balance) {
  const bool known = asked.facts != nullptr;
  if (known && asked.facts->where == place::leader)
    return send_to_leader(now, reason::of_statement);
  if (!asked.unsure.empty()) return send_to_leader(now, reason::unsure);
  if (!known) return send_to_leader(now, reason::of_statement);

  // It stays where it began, and each of its reads is owed what was written before that read.
  if (asked.facts->where == place::transaction && asked.fresh == freshness::global)
    return send_to_leader(now, reason::setting);
  const to where = asked.ruled ? asked.ruled->to : to::unsaid;
  if (where != to::unsaid && names_leader(asked, now)) return send_to_leader(now, by_whom(asked));
  if (asked.fresh == freshness::leader || (where == to::unsaid && ours.reads == reads_from::leader))
    return send_to_leader(now, reason::setting);
  return decide_read({asked, ours, now, seen, where}, balance);
}

namespace {

bool reads_as_its_session_may(const request& asked) {
  return asked.facts && asked.facts->where != place::leader && asked.unsure.empty() &&
         !asked.ruled && asked.fresh == freshness::session && asked.shunned == 0;
}

}  // namespace

footing footing_of(const plan& made, const request& asked) {
  const bool firm = made.what == plan::act::send && made.why == reason::same_member &&
                    reads_as_its_session_may(asked);
  return {.firm = firm, .owed = asked.owed, .shared = asked.shared};
}

bool carries(const footing& under, const request& asked) {
  return under.firm && reads_as_its_session_may(asked) && under.shared == asked.shared &&
         under.owed.wrote == asked.owed.wrote && under.owed.exact == asked.owed.exact &&
         under.owed.on == asked.owed.on && under.owed.incarnation == asked.owed.incarnation &&
         under.owed.read <= asked.owed.read;
}

std::string_view to_string(reason why) {
  switch (why) {
    case reason::of_statement:
      return "of_statement";
    case reason::unsure:
      return "unsure";
    case reason::setting:
      return "setting";
    case reason::balanced:
      return "balanced";
    case reason::same_member:
      return "same_member";
    case reason::not_fresh:
      return "not_fresh";
    case reason::none_fit:
      return "none_fit";
    case reason::ruled:
      return "ruled";
    case reason::hinted:
      return "hinted";
    case reason::no_leader:
      break;
  }
  return "no_leader";
}

}  // namespace skein::routing
