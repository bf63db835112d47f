// What scenes have in common: a clock that begins with the round, chance that a seed decides, and
// when it was that somebody was struck.
#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <thread>

#include "tests/faults/load.hpp"

namespace skein::servers::faults {

class stage {
 public:
  explicit stage(std::uint64_t seed) : random_(seed) {}

  void pass(milliseconds time) const { std::this_thread::sleep_for(time); }
  milliseconds any(milliseconds least, milliseconds most) {
    return milliseconds(
        std::uniform_int_distribution<milliseconds::rep>(least.count(), most.count())(random_));
  }
  milliseconds now() const {
    return std::chrono::duration_cast<milliseconds>(steady::now() - begun_);
  }

  std::optional<milliseconds> struck = {};  // when, since the begin
  std::optional<std::chrono::system_clock::time_point> struck_at = {};

  // Our own writers share two processors with three servers.
  static constexpr milliseconds patience{100};

 protected:
  void strike() {
    struck = now();
    struck_at = std::chrono::system_clock::now();
  }

  const steady::time_point begun_ = steady::now();

 private:
  std::mt19937_64 random_;
};

}  // namespace skein::servers::faults
