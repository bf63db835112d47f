// What one core knows of who leads, in two words: each answer of a leader to what may have written
// is held against them before its client hears it.
#pragma once

#include "net/boot_clock.hpp"
#include "routing/view.hpp"

namespace skein::proxy {

class lead {
 public:
  void see(const routing::cluster_view& now) {
    epoch_ = now.two_claimants ? nobodys : now.epoch;
    writes_until_ = now.writes_until;
  }
  // Whether a server that was lent as the leader's in that epoch may be believed.
  bool holds(std::uint64_t epoch) const { return epoch == epoch_ && in_time(); }
  // The clock is looked at only where there is an end to it.
  bool in_time() const {
    return writes_until_ == std::chrono::nanoseconds::max() || net::since_boot() < writes_until_;
  }

 private:
  static constexpr std::uint64_t nobodys = ~0ULL;
  std::uint64_t epoch_ = 0;
  std::chrono::nanoseconds writes_until_ = std::chrono::nanoseconds::max();
};

}  // namespace skein::proxy
