// How long a core leaves a server alone that could not be had: longer from one failure to the next,
// as nothing when it can be had again. Pure; the branch waits.
#pragma once

#include <algorithm>
#include <chrono>

namespace skein::proxy {

class respite {
 public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds first{100};
  static constexpr std::chrono::milliseconds longest{2000};

  // Says when who has just failed tries again. Those that fail during one respite count as one, and
  // are spread by lot, from 0 to 1, over a quarter of it behind its end.
  time after_failure(time now, double lot) {
    if (now >= end_) {
      length_ = std::clamp(2 * length_, first, longest);
      end_ = now + length_;
    }
    const std::chrono::duration<double, std::milli> all(length_);
    return end_ + std::chrono::duration_cast<time::duration>(all * lot / 4);
  }
  // True: somebody may be waiting who need not.
  bool over() {
    const bool was = length_.count() > 0;
    length_ = {};
    end_ = {};
    return was;
  }

 private:
  std::chrono::milliseconds length_{0};
  time end_ = {};
};

}  // namespace skein::proxy
