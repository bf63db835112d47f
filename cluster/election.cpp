#include "cluster/election.hpp"

#include <algorithm>
#include <tuple>

#include "cluster/signs.hpp"

namespace skein::cluster {

namespace {

using std::chrono::milliseconds;

// Of what history it is is not always told; a place in the log is one all the same.
bool has_all(const position& one, const position& other) {
  if (one.history != 0 && other.history != 0) {
    if (one.history != other.history) return one.history > other.history;
    return covers(one, other);
  }
  position there = one;
  there.history = other.history;
  return covers(there, other);
}
bool is_follower(const member_facts& each) {
  return each.met == contact::answers && each.role == member_role::follower &&
         each.foreign.empty() && !each.fenced;
}

std::string listed(const situation& now, const std::vector<std::size_t>& who) {
  std::string text;
  for (std::size_t i = 0; i < who.size(); ++i) {
    if (i > 0) text += i + 1 == who.size() ? " and " : ", ";
    text += now.members[who[i]].name;
  }
  return text;
}

std::string by_hand(const member_facts& next) {
  return "promote " + next.name + " by `skein switchover --to " + next.name + "`";
}

// By a person, who has not been told meanwhile that it came to nothing.
bool is_asked_for(const situation& now, std::size_t member) {
  return now.moving && !now.moving->given_up && now.moving->to == member;
}

class ballot {
 public:
  ballot(const situation& now, const failover_policy& policy, const std::string& because)
      : now_(now), policy_(policy), because_(because) {
    for (std::size_t i = 0; i < now_.members.size(); ++i) {
      const member_facts& each = now_.members[i];
      if (i == now_.led->member || !each.foreign.empty()) continue;
      // It has received nothing since it lost the lead itself.
      if (each.met == contact::answers && each.role == member_role::leader && each.deposed)
        continue;
      auto& where = !is_follower(each) ? missing_ : each.stuck ? parted_ : heard_;
      where.push_back(i);
    }
  }
  decision decide() const;
  std::optional<decision> go_on() const;

 private:
  decision make(step what, std::string then, std::vector<std::size_t> who = {}) const {
    return {.what = what, .who = std::move(who), .why = because_ + ": " + std::move(then)};
  }
  std::string why_too_few() const;
  std::string why_parted() const;
  std::string still_waited_for() const;
  std::string why_nobody() const;
  std::string why_not_by_itself(std::size_t next) const;
  bool may_lead(std::size_t member) const;
  bool has_failed(std::size_t member) const;
  std::optional<std::size_t> best() const;
  std::optional<std::size_t> with_more_than(std::size_t next) const;
  decision bring_up(std::size_t next, std::size_t from) const;

  const situation& now_;
  const failover_policy& policy_;
  const std::string& because_;
  std::vector<std::size_t> heard_ = {};
  std::vector<std::size_t> missing_ = {};
  // Theirs may be another history, which a place in the log alone does not show: nobody follows
  // them, and what they have more is for a person to judge.
  std::vector<std::size_t> parted_ = {};
};

std::string ballot::why_parted() const {
  std::string text;
  for (const std::size_t i : parted_)
    text += "; " + now_.members[i].name + " is no candidate: " + now_.members[i].outside;
  return text;
}

// Any set of followers that has acknowledged a write shares one with any set that is so large. One
// that has parted from the others counts where it has nothing more than they.
std::string ballot::why_too_few() const {
  if (heard_.empty()) return "no follower can be heard that could lead instead" + why_parted();
  std::vector<std::size_t> unknown = missing_;
  for (const std::size_t i : parted_)
    if (std::ranges::none_of(
            heard_, [&](auto each) { return has_all_of(now_.members[each], now_.members[i]); }))
      unknown.push_back(i);
  const std::size_t all = heard_.size() + missing_.size() + parted_.size();
  const std::size_t needed = policy_.acks == 0 || policy_.acks > all ? 1 : all - policy_.acks + 1;
  const std::size_t known = all - unknown.size();
  if (known >= needed) return {};
  const std::size_t more = needed - known;
  return "what was acknowledged may be on " + listed(now_, unknown) + " alone, so " +
         (more == unknown.size() ? listed(now_, unknown) : std::to_string(more) + " of them") +
         " must be heard before another leads" + why_parted();
}

// Who has answered until lately may have received more.
std::string ballot::still_waited_for() const {
  for (const std::size_t i : missing_) {
    const member_facts& each = now_.members[i];
    const auto gone = now_.now - each.met_since;
    const bool may_return =
        each.met == contact::silent || each.met == contact::starting || each.met == contact::closes;
    if (may_return && gone < policy_.detect_after)
      return "waiting for " + each.name + ", which answered " + in_words(gone) +
             " ago and may have received more";
    if (each.met == contact::unseen) return "waiting for the first look at " + each.name;
  }
  return {};
}

std::string ballot::why_nobody() const {
  std::string text;
  for (const std::size_t i : heard_) {
    const member_facts& each = now_.members[i];
    text += (text.empty() ? "" : ", ") + each.name + " " +
            (each.priority <= 0 ? "is never to (priority 0)"
             : each.drained     ? "is drained"
                                : "cannot, " + each.cannot_apply);
  }
  return text;
}

// It has been told to lead for long, and cannot.
bool ballot::has_failed(std::size_t member) const {
  const member_facts& each = now_.members[member];
  return now_.chosen == member && each.fails_since &&
         now_.now - *each.fails_since >= policy_.detect_after;
}

bool ballot::may_lead(std::size_t member) const {
  const member_facts& each = now_.members[member];
  return each.priority > 0 && !each.drained && each.cannot_apply.empty();
}

// The one that has most, then priority, then the zone of who led, then the order of the settings.
std::optional<std::size_t> ballot::best() const {
  const std::string& zone = now_.members[now_.led->member].zone;
  std::optional<std::size_t> best;
  const bool another = std::ranges::any_of(
      heard_, [&](auto i) { return may_lead(i) && now_.chosen != i && !has_failed(i); });
  for (const std::size_t i : heard_) {
    const member_facts& each = now_.members[i];
    if (!may_lead(i) || (another && has_failed(i))) continue;
    if (is_asked_for(now_, i)) return i;
    if (!best) {
      best = i;
      continue;
    }
    const member_facts& other = now_.members[*best];
    const bool more = has_all_of(each, other);
    const bool less = has_all_of(other, each);
    if (more != less) {
      if (more) best = i;
    } else if (std::tuple(each.priority, each.zone == zone) >
               std::tuple(other.priority, other.zone == zone)) {
      best = i;
    }
  }
  return best;
}

// Of those the one that lacks least.
std::optional<std::size_t> ballot::with_more_than(std::size_t next) const {
  std::optional<std::size_t> most;
  for (const std::size_t i : heard_) {
    if (has_all_of(now_.members[next], now_.members[i])) continue;
    if (!most || has_all_of(now_.members[i], now_.members[*most])) most = i;
  }
  return most;
}

// Why a person must say so; empty: it may be done at once.
std::string ballot::why_not_by_itself(std::size_t next) const {
  const member_facts& chosen = now_.members[next];
  if (is_asked_for(now_, next)) return {};
  if (policy_.automatic == failover_policy::way::no) return "failover.automatic is no";
  const auto led_for = now_.now - now_.led->since;
  if (now_.led->by_us && led_for < policy_.again_after)
    return "the lead was moved only " + in_words(led_for) + " ago, and failover.again_after is " +
           in_words(policy_.again_after);
  if (policy_.acks > 0) return {};
  const auto& lacks = now_.lacks.size() > next ? now_.lacks[next] : std::nullopt;
  // Nobody here has seen who led, then: all that is left is to ask all who may know.
  if (!lacks && (now_.led->recalled || now_.led->unseen)) {
    std::vector<std::size_t> unheard = missing_;
    std::erase_if(unheard, [&](auto i) { return now_.members[i].met == contact::answers; });
    if (unheard.empty()) return {};
    return chosen.name + " has most of those that can be heard, and " + listed(now_, unheard) +
           " may have more, or know of a later leader";
  }
  if (!lacks) return chosen.name + " has most, and nobody knows how much it lacks";
  if (*lacks > policy_.max_loss)
    return chosen.name + " has most, and lacks the last " + in_words(*lacks) +
           ", which is more than failover.max_loss, " + in_words(policy_.max_loss);
  return {};
}

// It has more, and may not lead or cannot.
decision ballot::bring_up(std::size_t next, std::size_t from) const {
  const member_facts& chosen = now_.members[next];
  const member_facts& ahead = now_.members[from];
  const std::string more = ahead.name + " has received more than " + chosen.name;
  if (!ahead.cannot_apply.empty())
    return make(step::propose,
                more + ", but " + ahead.cannot_apply + ": mend that, or lose what only " +
                    ahead.name + " has: " + by_hand(chosen),
                {next});
  const std::string gets = chosen.name + " gets from " + ahead.name + " what only that has";
  if (chosen.receives && chosen.follows == from) return make(step::wait, gets);
  decision out = make(step::follow,
                      ahead.name + (ahead.priority <= 0 ? ", which is never to lead," : "") +
                          " has received more: " + gets,
                      {next});
  out.of = from;
  return out;
}

// Who has been told to lead may be on its way, and cannot be called back.
std::optional<decision> ballot::go_on() const {
  if (!now_.chosen || !now_.members[now_.led->member].deposed) return std::nullopt;
  const member_facts& chosen = now_.members[*now_.chosen];
  const auto gone = now_.now - chosen.met_since;
  // It could not, and a person has asked for another since.
  if (now_.moving && !is_asked_for(now_, *now_.chosen) && !chosen.fails.empty())
    return std::nullopt;
  if (has_failed(*now_.chosen) && best() != now_.chosen && why_too_few().empty())
    return std::nullopt;
  if (chosen.met == contact::answers)
    return make(step::promote, chosen.name + " is to lead, and is on its way", {*now_.chosen});
  if (chosen.met == contact::refuses || gone >= policy_.detect_after) return std::nullopt;
  return make(step::wait, "waiting for " + chosen.name + ", which is to lead and answered " +
                              in_words(gone) + " ago");
}

decision ballot::decide() const {
  if (policy_.automatic == failover_policy::way::external)
    return make(step::wait, "another moves the lead here, since failover.automatic is external");
  if (auto why = why_too_few(); !why.empty()) return make(step::wait, std::move(why));
  if (auto whom = still_waited_for(); !whom.empty()) return make(step::wait, std::move(whom));
  const auto next = best();
  if (!next) return make(step::wait, "nobody is able to lead: " + why_nobody());
  const member_facts& chosen = now_.members[*next];
  if (const auto why = why_not_by_itself(*next); !why.empty())
    return make(step::propose, why + ": " + by_hand(chosen), {*next});

  const auto ahead = with_more_than(*next);
  std::vector<std::size_t> receiving;
  for (const std::size_t i : heard_) {
    const bool brought_up = ahead && i == *next && now_.members[i].follows == ahead;
    if (now_.members[i].receives && !brought_up) receiving.push_back(i);
  }
  if (!receiving.empty())
    return make(step::stop_receiving, listed(now_, receiving) + " must receive nothing more of it",
                receiving);
  if (ahead) return bring_up(*next, *ahead);
  std::string then = chosen.name + " is to lead";
  if (heard_.size() > 1) then += ", since nobody has received more";
  if (!has_all(chosen.applied, chosen.received))
    then +=
        "; it applies what it has received, " + chosen.applied.text + " of " + chosen.received.text;
  return make(step::promote, std::move(then), {*next});
}

}  // namespace

bool has_all_of(const member_facts& one, const member_facts& other) {
  return has_all(one.received, other.received);
}

bool has_applied_all(const member_facts& one) {
  return has_all(one.applied, one.received);
}

decision elect(const situation& now, const failover_policy& policy, const std::string& because) {
  const ballot made(now, policy, because);
  if (auto further = made.go_on()) return *further;
  return made.decide();
}

bool is_on_its_way(const situation& now, const failover_policy& policy) {
  if (!now.led || !now.chosen || !now.members[now.led->member].deposed) return false;
  const member_facts& chosen = now.members[*now.chosen];
  if (chosen.met == contact::answers) return chosen.fails.empty();
  return chosen.met != contact::refuses && now.now - chosen.met_since < policy.detect_after;
}

std::size_t upstream_of(const situation& now, std::size_t follower, std::size_t leader) {
  const auto said = now.members[follower].upstream;
  if (!said || *said == leader || *said >= now.members.size()) return leader;
  // One that follows below the follower itself is no source for it.
  std::size_t at = *said;
  for (std::size_t steps = 0; steps <= now.members.size(); ++steps) {
    if (at == leader) return is_follower(now.members[*said]) ? *said : leader;
    if (at == follower || !now.members[at].follows) return leader;
    at = *now.members[at].follows;
  }
  return leader;
}

}  // namespace skein::cluster
