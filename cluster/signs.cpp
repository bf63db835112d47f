#include "cluster/signs.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace skein::cluster {

namespace {

using duration = std::chrono::steady_clock::duration;

// Who turns us away may start, or have too many clients, or not know us any more: it lives.
constexpr int turned_away = 10;

// Whether what it receives has come from who leads, if by way of others.
bool hears_of_leader(const situation& now, std::size_t follower) {
  std::size_t at = follower;
  for (std::size_t steps = 0; steps <= now.members.size(); ++steps) {
    if (at == now.led->member) return at != follower;
    const member_facts& each = now.members[at];
    const bool receives = each.met == contact::answers && each.role == member_role::follower &&
                          each.receives && each.foreign.empty();
    if (!receives) return false;
    // Of whom it is not known, or who is called otherwise in the settings.
    if (!each.follows) return !each.examined || !each.source.empty();
    at = *each.follows;
  }
  return false;
}

// The follower of it that has received something last.
const member_facts* last_to_hear(const situation& now) {
  const member_facts* last = nullptr;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    if (each.news == moment{} || !hears_of_leader(now, i)) continue;
    if (!last || last->news < each.news) last = &each;
  }
  return last;
}

// Of one that does not answer: it lives where followers hear of it meanwhile. What was on its way
// when it fell silent still arrives for a moment.
diagnosis examine_absent(const situation& now, duration enough, std::string how) {
  constexpr std::chrono::milliseconds on_its_way{200};
  const member_facts& leader = now.members[now.led->member];
  const duration since = now.now - leader.met_since;
  const std::string said = leader.name + " " + std::move(how);
  const member_facts* heard = last_to_hear(now);
  if (heard && heard->news > leader.met_since + on_its_way && now.now - heard->news < enough) {
    return {health::doubtful, said + ", but " + heard->name + " has received something of it " +
                                  in_words(now.now - heard->news) +
                                  " ago: it lives, and cannot be reached from here"};
  }
  if (since < enough) return {health::doubtful, said};
  const bool follower_answers = std::ranges::any_of(now.members, [](const member_facts& each) {
    return each.met == contact::answers && each.role == member_role::follower &&
           each.foreign.empty();
  });
  return {health::dead, said + (follower_answers ? ", and no follower hears of it" : "")};
}

diagnosis examine_present(const situation& now, const failover_policy& policy) {
  const member_facts& leader = now.members[now.led->member];
  if (leader.role == member_role::follower)
    return {health::doubtful, leader.name + " has been made a follower, and nobody leads"};
  if (!now.beat.failing) return {};
  const duration since = now.now - *now.beat.failing;
  const std::string said = leader.name + " answers, but has taken no write for " + in_words(since) +
                           (now.beat.trouble.empty() ? "" : ": " + now.beat.trouble);
  return {since < policy.detect_after ? health::doubtful : health::dead, said};
}

}  // namespace

std::string in_words(duration time) {
  const auto ms = std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time).count(), 0);
  if (ms < 1000) return std::to_string(ms) + " ms";
  std::array<char, 32> text{};
  if (ms >= 120'000) {
    std::snprintf(text.data(), text.size(), "%lld minutes", static_cast<long long>(ms / 60'000));
  } else {
    std::snprintf(text.data(), text.size(), ms % 1000 == 0 ? "%.0f s" : "%.1f s",
                  static_cast<double>(ms) / 1000);
  }
  return text.data();
}

std::string without_numbers(const std::string& sentence) {
  std::string out;
  for (std::size_t i = 0; i < sentence.size(); ++i) {
    if (!std::isdigit(static_cast<unsigned char>(sentence[i]))) {
      out += sentence[i];
      continue;
    }
    i = std::min(sentence.find_first_not_of("0123456789.", i), sentence.size());
    for (const std::string_view unit : {" ms", " s", " minutes"}) {
      if (!sentence.substr(i).starts_with(unit)) continue;
      i += unit.size();
      break;
    }
    --i;
  }
  return out;
}

diagnosis examine_leader(const situation& now, const failover_policy& policy) {
  const member_facts& leader = now.members[now.led->member];
  const std::string since = " for " + in_words(now.now - leader.met_since);
  switch (leader.met) {
    case contact::unseen:
      return {health::doubtful, leader.name + " has not been looked at yet"};
    case contact::answers:
      return examine_present(now, policy);
    case contact::starting:
      return examine_absent(
          now, turned_away * policy.detect_after,
          "takes nobody in" + since + (leader.trouble.empty() ? "" : " (" + leader.trouble + ")"));
    case contact::closes:
      return examine_absent(now, policy.detect_after,
                            "has closed connections without a word" + since);
    case contact::refuses:
      return examine_absent(now, policy.refused_for, "has refused connections" + since);
    case contact::silent:
      return examine_absent(now, policy.detect_after, "has not answered" + since);
  }
  return {};
}

}  // namespace skein::cluster
