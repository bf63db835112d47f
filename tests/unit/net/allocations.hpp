// How often and how much was allocated by way of Asio and `new`: allocations.cpp counts for the
// whole executable.
#pragma once

#include <atomic>
#include <cstddef>

namespace skein::net {

struct allocation_counts {
  std::atomic<std::size_t> count{0};
  std::atomic<std::size_t> bytes{0};
};
extern allocation_counts allocated;
// A thread that plays a part in a test, and is not what it tests, says so.
inline thread_local bool is_counted = true;

}  // namespace skein::net
