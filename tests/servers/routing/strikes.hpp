// What befalls followers in a long round: one is killed, parted from the leader, or stops applying
// what it hears, and some time later it is well again. Never two at once: a quorum must remain.
#pragma once

#include <random>

#include "tests/servers/cluster.hpp"

namespace skein::servers::freshness {

// How often a server has looked through the table, as far as its sessions have told it. It forgets
// when it is killed.
std::size_t scans_until_now(server& member);

// How late followers are: b applies late, c hears late, and both are heard late.
struct delays {
  milliseconds apply{50};
  milliseconds link{20};
  milliseconds answer{5};
};

// What of it their links do; a link that was healed has lost it.
void delay_links(cluster& shop, const delays& late);

class striker {
 public:
  striker(cluster& shop, std::uint64_t seed, const delays& late)
      : shop_(shop), random_(seed), late_(late) {}

  void strike_and_heal();
  std::size_t scans_of_killed() const { return scans_of_killed_; }
  std::size_t count() const { return count_; }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  void rest(std::uint64_t least_ms, std::uint64_t most_ms);

  cluster& shop_;
  std::mt19937_64 random_;
  const delays late_;
  std::size_t scans_of_killed_ = 0;
  std::size_t count_ = 0;
};

}  // namespace skein::servers::freshness
