// Which of several members that would all do. A core keeps one of these for each cluster and tells
// it what begins and ends; other cores have their own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace skein::routing {

enum class balance_way : std::uint8_t { round_robin, random, least_busy, fastest };

struct candidate {
  std::size_t member;
  double weight;  // above 0
};

class balancer {
 public:
  // Indices of members mean others from here on. What had begun before may still end after: it
  // takes something off what another has begun, until that is idle.
  void reset(std::size_t members);
  void began(std::size_t member);
  void ended(std::size_t member, std::chrono::nanoseconds took);
  // One of at least one. `lot`: evenly distributed over all values.
  std::size_t pick(balance_way way, std::span<const candidate> from, std::uint64_t lot);
  unsigned busy(std::size_t member) const {
    return member < members_.size() ? members_[member].busy : 0;
  }

 private:
  std::size_t in_turn(std::span<const candidate> from);
  std::size_t less_busy_of_two(std::span<const candidate> from, std::uint64_t lot) const;
  std::size_t fastest_of(std::span<const candidate> from, std::uint64_t lot) const;

  struct member_state {
    unsigned busy = 0;      // begun and not ended
    double turn = 0;        // round_robin: what it has in hand
    double latency_ns = 0;  // fastest: decays towards what is measured; 0: nothing yet
  };
  std::vector<member_state> members_ = {};
};

}  // namespace skein::routing
