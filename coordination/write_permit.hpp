// Whether the success of a write may be forwarded, for cores to ask at every write: no lock, and it
// changes only when a lease is renewed or the lead moves. The council grants it.
#pragma once

#include <atomic>
#include <cstdint>

#include "coordination/boot_clock.hpp"

namespace skein::coordination {

class write_permit {
 public:
  bool allows(std::uint64_t epoch, boot_time now) const {
    // In this order: whoever sees a newer `until` sees the epoch that it was given with.
    const boot_time until = until_.load(std::memory_order_acquire);
    return now < until && epoch_.load(std::memory_order_relaxed) == epoch;
  }
  // By one thread at a time.
  void grant(std::uint64_t epoch, boot_time until) {
    if (epoch_.load(std::memory_order_relaxed) != epoch) {
      until_.store(boot_time{}, std::memory_order_release);
      epoch_.store(epoch, std::memory_order_release);
    }
    until_.store(until, std::memory_order_release);
  }
  void withdraw() { until_.store(boot_time{}, std::memory_order_release); }

 private:
  std::atomic<boot_time> until_{boot_time{}};
  std::atomic<std::uint64_t> epoch_{0};
};

}  // namespace skein::coordination
