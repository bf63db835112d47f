#include "routing/balance.hpp"

#include <algorithm>

namespace skein::routing {

namespace {

// One of `count`, by 32 evenly distributed bits.
std::size_t one_of(std::size_t count, std::uint64_t bits) {
  return static_cast<std::size_t>(((bits & 0xffffffff) * count) >> 32);
}

std::size_t by_lot(std::span<const candidate> from, std::uint64_t lot) {
  double total = 0;
  for (const auto& each : from) total += each.weight;
  double left = static_cast<double>(lot >> 11) * 0x1p-53 * total;
  for (const auto& each : from) {
    left -= each.weight;
    if (left < 0) return each.member;
  }
  return from.back().member;  // by rounding alone
}

// So many picks, of which one tells how fast a member is now that was slow once: nothing else would
// ever send anything there again.
constexpr std::uint64_t one_in = 64;

}  // namespace

void balancer::reset(std::size_t members) {
  members_.assign(members, {});
}

void balancer::began(std::size_t member) {
  if (member >= members_.size()) members_.resize(member + 1);
  ++members_[member].busy;
}

void balancer::ended(std::size_t member, std::chrono::nanoseconds took) {
  if (member >= members_.size()) return;
  auto& state = members_[member];
  if (state.busy > 0) --state.busy;
  // Zero says that nothing is known.
  const double measured = std::max(static_cast<double>(took.count()), 1.0);
  if (state.latency_ns == 0) {
    state.latency_ns = measured;
  } else {
    state.latency_ns += (measured - state.latency_ns) / 8;
  }
}

std::size_t balancer::pick(balance_way way, std::span<const candidate> from, std::uint64_t lot) {
  if (from.size() == 1) return from.front().member;
  for (const auto& each : from) {
    if (each.member >= members_.size()) members_.resize(each.member + 1);
  }
  switch (way) {
    case balance_way::round_robin:
      return in_turn(from);
    case balance_way::random:
      return by_lot(from, lot);
    case balance_way::least_busy:
      return less_busy_of_two(from, lot);
    case balance_way::fastest:
      return fastest_of(from, lot);
  }
  return from.front().member;
}

// Each is given its weight, whoever has most in hand pays for all of them. So the turns of a heavy
// member stand between those of the others, and are not all in a row.
std::size_t balancer::in_turn(std::span<const candidate> from) {
  double given = 0;
  member_state* richest = nullptr;
  for (const auto& each : from) {
    auto& state = members_[each.member];
    state.turn += each.weight;
    given += each.weight;
    if (!richest || state.turn > richest->turn) richest = &state;
  }
  richest->turn -= given;
  return static_cast<std::size_t>(richest - members_.data());
}

// Two at random and the better of them: cores that do not know of each other would all run to the
// one that is least busy, did each look at all of them.
std::size_t balancer::less_busy_of_two(std::span<const candidate> from, std::uint64_t lot) const {
  const std::size_t first = one_of(from.size(), lot);
  std::size_t second = one_of(from.size() - 1, lot >> 32);
  if (second >= first) ++second;
  const auto& one = from[first];
  const auto& other = from[second];
  const double load_of_one = (members_[one.member].busy + 1) * other.weight;
  const double load_of_other = (members_[other.member].busy + 1) * one.weight;
  return load_of_other < load_of_one ? other.member : one.member;
}

std::size_t balancer::fastest_of(std::span<const candidate> from, std::uint64_t lot) const {
  if (lot % one_in == 0) return by_lot(from, lot);
  const candidate* best = nullptr;
  double least = 0;
  for (const auto& each : from) {
    const auto& state = members_[each.member];
    if (state.latency_ns == 0) {
      if (state.busy == 0) return each.member;
      continue;  // it is being tried: one at a time
    }
    const double expected = state.latency_ns * (state.busy + 1) / each.weight;
    if (best && expected >= least) continue;
    best = &each;
    least = expected;
  }
  return best ? best->member : less_busy_of_two(from, lot);
}

}  // namespace skein::routing
