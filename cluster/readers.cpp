#include "cluster/readers.hpp"

#include <algorithm>
#include <cstdio>

namespace skein::cluster {

namespace {

using routing::cluster_view;
using routing::member_view;
using routing::moment;
using std::chrono::milliseconds;

// Who begins to serve so soon after the start was there before Skein was.
constexpr std::chrono::seconds settling{2};

std::string in_words(milliseconds time) {
  if (time < std::chrono::seconds(1)) return std::to_string(time.count()) + " ms";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(time.count()) / 1000);
  return text.data();
}

// Leaves out what is close to its neighbours for its age. The earlier one stands for what is left
// out, so that nobody looks less behind for it.
void thin(std::vector<reader_ledger::footprint>& trail, moment now) {
  std::size_t kept = 1;
  for (std::size_t i = 1; i + 1 < trail.size(); ++i) {
    const auto gap = trail[i + 1].asked - trail[kept - 1].asked;
    if (gap > (now - trail[i + 1].asked) / 16) trail[kept++] = trail[i];
  }
  trail[kept++] = trail.back();
  trail.resize(kept);
}

position without_text(const position& whole) {
  return {.history = whole.history, .rank = whole.rank, .text = {}, .exact = whole.exact};
}

void follow_leader(const cluster_view& view, reader_ledger& ledger, moment now) {
  const auto leads = view.whoever_leads();
  if (!leads) return;
  const member_view& leader = view.members[*leads];
  const position at = without_text(leader.last.for_followers());
  auto& trail = ledger.trail;
  if (ledger.epoch != view.epoch || ledger.history != at.history) {
    ledger.epoch = view.epoch;
    ledger.history = at.history;
    trail.clear();
  }
  if (!trail.empty() && leader.asked <= trail.back().asked) return;  // no newer look at it
  // A server that crashed may have lost what nobody was sent.
  while (!trail.empty() && !covers(at, trail.back().at)) trail.pop_back();
  if (!trail.empty() && covers(trail.back().at, at)) {
    trail.back().asked = leader.asked;
    return;
  }
  trail.push_back({leader.asked, at});
  if (trail.size() > reader_ledger::trail_max) thin(trail, now);
  // As many as there are at all are too many where looks are far between.
  if (trail.size() > reader_ledger::trail_max) trail.erase(trail.begin());
}

bool same_history(const member_view& member, const reader_ledger& ledger) {
  return member.last.applied.history == ledger.history && member.last.history_unknown.empty();
}

// Fills in member.behind; false: it is that at least, and nobody knows how much more.
bool measure(const cluster_view& view, member_view& member, const reader_ledger& ledger,
             reader_ledger::follower& known, moment now) {
  const auto& trail = ledger.trail;
  bool shows_all = false;
  if (!trail.empty() && same_history(member, ledger)) {
    const auto beyond = std::ranges::partition_point(
        trail, [&](const auto& step) { return covers(member.last.applied, step.at); });
    if (beyond == trail.begin()) {
      known.shows.reset();
      member.behind = std::chrono::ceil<milliseconds>(now - trail.front().asked);
      return false;
    }
    known.shows = std::prev(beyond)->asked;
    shows_all = beyond == trail.end();
  }
  if (!known.shows) return false;
  member.behind = shows_all && view.whoever_leads()
                      ? milliseconds(0)
                      : std::chrono::ceil<milliseconds>(now - *known.shows);
  return true;
}

// Why this follower serves no reads; empty: it does.
std::string hindrance(const cluster_view& view, const member_view& member, bool measured,
                      const reader_ledger& ledger, reader_ledger::follower& known,
                      milliseconds max_lag) {
  const auto leads = view.whoever_leads();
  const bool led = leads.has_value();
  if (member.drained) return "follower, drained: serves no reads until it is put back";
  // Before what is said of its history, which may be unknown for this very reason.
  if (!member.last.stopped.empty() && (led || !known.serves))
    return "follower, " + member.last.stopped + ": serves no reads";
  if (led && !same_history(member, ledger)) {
    const std::string& of_leader = view.members[*leads].last.history_unknown;
    if (!of_leader.empty()) return "follower of a leader " + of_leader + ": serves no reads";
    return member.last.history_unknown.empty()
               ? "follower of another history than the leader's: serves no reads"
               : "follower " + member.last.history_unknown + ": serves no reads";
  }
  const std::string until = ": serves no reads until " +
                            (led ? "it is below " + in_words(max_lag / 2) : "somebody leads");
  if (!led && !known.serves && !known.lags)
    return "follower that served none when the lead was lost" + until;
  if (!measured) {
    return member.behind ? "follower, at least " + in_words(*member.behind) + " behind" + until
                         : "follower, nobody knows how far behind: serves no reads";
  }
  const milliseconds behind = *member.behind;
  if (behind > max_lag) {
    known.lags = true;
  } else if (led && (behind < max_lag / 2 || behind == milliseconds(0))) {
    known.lags = false;
  }
  if (!known.lags) return {};
  return "follower, " + std::string(led ? "" : "up to ") + in_words(behind) + " behind" + until;
}

}  // namespace

void judge_readers(cluster_view& view, reader_ledger& ledger, milliseconds max_lag, moment now) {
  if (!ledger.began) ledger.began = now;
  ledger.followers.resize(view.members.size());
  follow_leader(view, ledger, now);
  for (std::size_t i = 0; i < view.members.size(); ++i) {
    member_view& member = view.members[i];
    reader_ledger::follower& known = ledger.followers[i];
    if (member.role == member_role::leader) known = {};
    if (member.role != member_role::follower) {
      known.serves = false;
      continue;
    }
    const bool measured = measure(view, member, ledger, known, now);
    std::string why_not = hindrance(view, member, measured, ledger, known, max_lag);
    if (!why_not.empty()) {
      known.serves = false;
      member.reason = std::move(why_not);
      continue;
    }
    const bool from_the_start = !known.served && now - *ledger.began < settling;
    if (!known.serves) known.serves_since = from_the_start ? moment{} : now;
    known.serves = known.served = true;
    member.serves_reads = true;
    member.serves_since = known.serves_since;
  }
}

std::optional<milliseconds> lack_of(const reader_ledger& ledger, const position& received) {
  const auto& trail = ledger.trail;
  position there = received;
  if (there.history == 0) there.history = ledger.history;  // not told
  if (trail.empty() || there.history != ledger.history) return std::nullopt;
  const auto beyond =
      std::ranges::partition_point(trail, [&](const auto& step) { return covers(there, step.at); });
  if (beyond == trail.begin()) return std::nullopt;
  return std::chrono::ceil<milliseconds>(trail.back().asked - std::prev(beyond)->asked);
}

reader_ledger move_readers(const reader_ledger& before, const std::vector<member_view>& members,
                           const std::vector<member_settings>& next) {
  reader_ledger out = before;
  out.followers.assign(next.size(), {});
  for (std::size_t i = 0; i < next.size(); ++i) {
    for (std::size_t was = 0; was < std::min(members.size(), before.followers.size()); ++was) {
      if (members[was].address == next[i].address) out.followers[i] = before.followers[was];
    }
  }
  return out;
}

}  // namespace skein::cluster
