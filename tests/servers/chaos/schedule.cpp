#include "tests/servers/chaos/schedule.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace skein::servers::chaos {
namespace {

struct kind_traits {
  std::string_view name;
  std::uint64_t weight;      // how often, beside the others
  std::uint64_t length_max;  // milliseconds
};

// Longer than health.timeout (1 s), so that Skein gives the leader up and finds it again; shorter
// than what a client waits for an answer, so that silence is never right.
constexpr std::array<kind_traits, strike_kinds> traits = {{
    {"leader_killed", 4, 2500},
    {"leader_frozen", 4, 4000},
    {"follower_killed", 2, 1000},
    {"follower_frozen", 2, 2000},
    {"way_parted", 4, 4000},
    {"way_half_open", 5, 3000},
    {"way_reset", 5, 50},
    {"way_cut", 6, 1500},
    {"way_slow", 3, 1500},
    {"clients_killed", 4, 200},
    {"backends_ended", 4, 200},
    {"skein_restarted", 1, 1000},
    {"skein_killed", 1, 1000},
    {"skein_frozen", 2, 3000},
}};

const kind_traits& traits_of(strike_kind kind) {
  return traits.at(static_cast<std::size_t>(kind));
}

bool concerns_a_way(strike_kind kind) {
  return kind >= strike_kind::way_parted && kind <= strike_kind::way_slow;
}

}  // namespace

std::string_view to_string(strike_kind kind) {
  return traits_of(kind).name;
}

std::string describe(const strike& one) {
  std::string told(to_string(one.kind));
  if (concerns_a_way(one.kind)) {
    told += one.where == place::before_leader ? " before the leader" : " before Skein";
    if (one.way != direction::both)
      told += one.way == direction::to_server ? ", to the server" : ", to the client";
  }
  if (one.kind == strike_kind::way_cut) {
    told += " after " + std::to_string(one.bytes) + " bytes";
    told += one.how == cut::reset ? "" : " in silence";
  }
  if (one.kind == strike_kind::clients_killed) told += ", " + std::to_string(one.number);
  return told + ", for " + std::to_string(one.length.count()) + " ms";
}

std::chrono::milliseconds wave::length() const {
  std::chrono::milliseconds longest{0};
  for (const auto& each : strikes) longest = std::max(longest, each.length);
  return longest;
}

std::uint64_t schedule::between(std::uint64_t least, std::uint64_t most) {
  return least + random_() % (most - least + 1);
}

strike_kind schedule::pick() {
  const auto all =
      std::accumulate(traits.begin(), traits.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const kind_traits& each) { return sum + each.weight; });
  auto left = between(0, all - 1);
  for (std::size_t kind = 0;; ++kind) {
    if (left < traits.at(kind).weight) return static_cast<strike_kind>(kind);
    left -= traits.at(kind).weight;
  }
}

// Every field is drawn whatever the kind, so that one kind's change does not move all that follow.
strike schedule::make() {
  strike one;
  one.kind = pick();
  const auto longest = traits_of(one.kind).length_max;
  one.length = std::chrono::milliseconds(between(longest / 10, longest));
  one.where = between(0, 1) == 0 ? place::before_leader : place::before_skein;
  constexpr std::array ways = {direction::to_server, direction::to_client, direction::both};
  one.way = ways.at(between(0, 2));
  // A few bytes fall into a log-in or the answer of a COMMIT, many between transactions.
  one.bytes = between(0, 3) == 0 ? between(0, 64) : between(0, 8192);
  one.how = between(0, 3) == 0 ? cut::silence : cut::reset;
  one.number = between(1, 4);
  return one;
}

wave schedule::next() {
  wave made;
  made.rest = std::chrono::milliseconds(between(100, 1000));
  const bool two = between(0, 3) == 0;
  made.strikes.push_back(make());
  auto other = make();
  if (two && other.kind != made.strikes[0].kind) made.strikes.push_back(other);
  return made;
}

}  // namespace skein::servers::chaos
