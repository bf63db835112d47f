// Time since the machine was started, also that in which it slept: a lease must not be taken to
// hold for longer because nobody looked.
#pragma once

#include <chrono>
#include <ctime>

namespace skein::net {

inline std::chrono::nanoseconds since_boot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace skein::net
