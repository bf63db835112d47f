// The clock by which leases are counted: it never goes back and, unlike the steady one, goes on
// while the machine is suspended, as the clocks of others do.
#pragma once

#include <time.h>

#include <chrono>

namespace skein::coordination {

struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    timespec read = {};
    ::clock_gettime(CLOCK_BOOTTIME, &read);
    return time_point(std::chrono::seconds(read.tv_sec) + std::chrono::nanoseconds(read.tv_nsec));
  }
};
using boot_time = boot_clock::time_point;

}  // namespace skein::coordination
