#include "cluster/facts.hpp"

#include <algorithm>

namespace skein::cluster {

namespace {

// What was sent to a server when the hold began has arrived by then.
constexpr std::chrono::milliseconds on_its_way{50};

// What has been under way for so long has failed so far.
std::chrono::milliseconds beat_patience(const failover_policy& policy) {
  return 2 * beat_interval(policy);
}

void take_duties(member_facts& out, const hand_word& word,
                 const std::vector<member_settings>& members) {
  const duties& told = *word.told;
  out.examined = true;
  out.examined_since = word.examined_since;
  out.receives = told.receives;
  out.fenced = told.fenced;
  out.fenced_by_us = told.fenced && told.fenced_by_us;
  out.fenced_since = word.fenced_since;
  out.cannot_apply = told.cannot_apply;
  out.outside = told.cannot_follow;
  out.back.needed = told.needs_rejoin;
  out.acks = told.acks;
  out.counted = told.counted;
  out.last_lead = told.last_lead;
  out.remark = told.remark;
  if (told.received) {
    const auto history = out.received.history;
    out.received = *told.received;
    if (out.received.history == 0) out.received.history = history;
    out.news = word.grew;
  }
  if (!told.source) return;
  for (std::size_t i = 0; i < members.size(); ++i)
    if (members[i].address == *told.source) out.follows = i;
  if (!out.follows) out.source = to_string(*told.source);
}

member_facts gather_member(const member_news& news, const hand_word& word,
                           const member_settings& set, const member_part& part,
                           const std::vector<member_settings>& members) {
  const observation& seen = news.before;
  member_facts out;
  out.name = set.name;
  out.zone = set.zone;
  out.priority = part.priority;
  out.upstream = part.upstream;
  out.met = news.met;
  out.met_since = news.met_since;
  out.trouble = news.trouble;
  out.role = seen.role;
  out.received = seen.written;
  out.applied = seen.role == member_role::leader ? seen.written : seen.applied;
  out.receives = seen.role == member_role::follower;
  out.news = news.grew;
  out.drained = news.drained;
  out.deposed = news.deposed;
  out.told_to_stop = word.told_to_stop;
  out.unheard = word.unheard;
  out.fails = word.trouble;
  out.fails_since = word.troubled;
  out.open = word.open;
  if (word.record.failing) out.unrecorded = word.record.trouble;
  if (word.record.refused) out.unrecorded += " (see `skein grants --feature failover`)";
  if (word.told) take_duties(out, word, members);
  out.settled = out.fenced && news.asked > word.fenced_since;
  return out;
}

heartbeat gather_beat(const hand_word& of_leader, const member_facts& leader, moment now,
                      const failover_policy& policy) {
  heartbeat out = of_leader.beat;
  const auto& beating = of_leader.beating;
  if (!out.failing && beating && now - *beating > beat_patience(policy)) out.failing = beating;
  // While it could not be reached nobody could have had it write.
  if (out.failing) *out.failing = std::max(*out.failing, leader.met_since);
  // One that never took a beat does not show by that what has become of it.
  if (out.taken == moment{}) out.failing.reset();
  return out;
}

// Two positions may look alike though their histories have parted; the log of who leads tells.
bool leads_on(const member_facts& leader, const hand_word& of_leader, const member_facts& other) {
  if (!covers(leader.received, other.received)) return false;
  const auto log = of_leader.told ? of_leader.told->log : nullptr;
  return !log || !other.received.exact || log->covers(*other.received.exact);
}

// A follower has nothing of its own. Of another history than who leads has, positions do not tell
// what of it is in that one.
std::optional<bool> has_orphans(const member_facts& leader, const hand_word& of_leader,
                                const member_facts& one) {
  if (!one.fenced && one.role != member_role::leader) return false;
  if (one.received.history != leader.received.history) return std::nullopt;
  return !leads_on(leader, of_leader, one);
}

// What only shows beside the one that leads.
void compare(situation& out, const std::vector<hand_word>& words) {
  const std::size_t led = out.led->member;
  const member_facts& leader = out.members[led];
  out.members[led].has_orphans = false;
  const std::string& identity = words[led].told ? words[led].told->cluster_identity : "";
  for (std::size_t i = 0; i < out.members.size(); ++i) {
    const auto& told = words[i].told;
    if (!told || i == led) continue;
    member_facts& one = out.members[i];
    one.has_orphans = has_orphans(leader, words[led], one);
    if (one.outside.empty() && one.has_orphans.value_or(false)) {
      one.outside = "it has written what " + leader.name + " has not, up to " + one.received.text;
      one.back.needed = true;
      // Of an engine whose servers follow when they are told to: its hooks are run for it.
      one.stuck = one.fenced;
    }
    if (!told->not_led_on.empty() && one.outside.empty() && one.follows == led) {
      one.outside = leader.name + " sends it nothing from where it is: " + told->not_led_on;
      one.back.needed = true;
      one.stuck = true;
    }
    if (!identity.empty() && !told->cluster_identity.empty() && told->cluster_identity != identity)
      one.foreign = "it is a server of another cluster than " + leader.name;
  }
}

}  // namespace

void note_fence(remembered& into, const decision& made, const situation& now) {
  if (made.what == step::fence && into.moving) into.fenced = made.who.front();
  if (!into.fenced || into.moving) return;
  const member_facts& one = now.members[*into.fenced];
  if (one.examined && !one.fenced) into.fenced.reset();
}

std::optional<std::size_t> same_member(const std::vector<member_settings>& before,
                                       std::optional<std::size_t> member,
                                       const std::vector<member_settings>& next) {
  for (std::size_t i = 0; member && i < next.size(); ++i)
    if (next[i].address == before[*member].address) return i;
  return std::nullopt;
}

std::chrono::milliseconds beat_interval(const failover_policy& policy) {
  return std::clamp(policy.detect_after / 6, std::chrono::milliseconds(100),
                    std::chrono::milliseconds(1000));
}

situation gather(const findings& from, const std::vector<member_settings>& members,
                 const std::vector<member_part>& parts, const failover_policy& policy,
                 const remembered& before) {
  situation out;
  out.now = from.now;
  for (std::size_t i = 0; i < members.size(); ++i)
    out.members.push_back(
        gather_member(from.known.news[i], from.words[i], members[i], parts[i], members));
  const routing::cluster_view& view = *from.known.now;
  if (!view.last_leader) return out;
  const std::size_t led = *view.last_leader;
  out.led = lead{.member = led,
                 .epoch = view.epoch,
                 .by_us = before.by_us,
                 .since = before.led_since,
                 .recalled = before.recalled,
                 .unseen = out.members[led].role == member_role::unknown};
  out.chosen = before.chosen;
  out.moving = before.moving;
  out.fenced_here = before.fenced == led;
  if (out.moving) {
    const hand_word& word = from.words[led];
    if (out.moving->held && word.counted <= *out.moving->held + on_its_way)
      out.members[led].open.reset();
    if (out.moving->given_up && word.examined <= *out.moving->given_up)
      out.members[led].examined = false;
  }
  out.beat = gather_beat(from.words[led], out.members[led], out.now, policy);
  compare(out, from.words);
  if (from.known.orphans) {
    orphan_board::findings found;
    for (const member_facts& each : out.members) found.push_back(each.has_orphans);
    from.known.orphans->note(std::move(found));
  }
  return out;
}

}  // namespace skein::cluster
