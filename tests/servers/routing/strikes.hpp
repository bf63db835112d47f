// What befalls followers in a long round: one is killed, parted from the leader, or stops applying
// what it hears, and some time later it is well again. Never two at once: a quorum must remain.
#pragma once

#include <random>

#include "tests/servers/routing/stagehand.hpp"

namespace skein::servers::freshness {

class striker {
 public:
  striker(cluster& shop, stagehand& by, std::uint64_t seed, const delays& late)
      : shop_(shop), by_(by), random_(seed), late_(late) {}

  void strike_and_heal();
  std::size_t looks_of_killed() const { return looks_of_killed_; }
  std::size_t count() const { return count_; }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  void rest(std::uint64_t least_ms, std::uint64_t most_ms);

  cluster& shop_;
  stagehand& by_;
  std::mt19937_64 random_;
  const delays late_;
  std::size_t looks_of_killed_ = 0;
  std::size_t count_ = 0;
};

}  // namespace skein::servers::freshness
