#include "proxy/overtime.hpp"

#include <algorithm>

namespace skein::proxy {

namespace {

std::chrono::milliseconds limit_of(const time_limits& limits, doing what) {
  switch (what) {
    case doing::resting:
      return limits.idle;
    case doing::in_transaction:
      return limits.idle_in_transaction;
    case doing::running:
      return limits.statement;
    case doing::waiting:
      break;
  }
  return {};
}

// What begins only now may be over after the shortest of them.
std::chrono::nanoseconds shortest(const time_limits& limits) {
  std::chrono::nanoseconds least = std::chrono::nanoseconds::max();
  for (const auto each : {limits.statement, limits.idle, limits.idle_in_transaction}) {
    if (each.count() > 0) least = std::min<std::chrono::nanoseconds>(least, each);
  }
  return least;
}

}  // namespace

overtime judge(const time_limits& limits, doing what, std::chrono::nanoseconds so_long) {
  const std::chrono::nanoseconds most = limit_of(limits, what);
  const auto soon = shortest(limits);
  if (most.count() == 0) return {false, soon};
  if (so_long >= most) return {true, soon};
  return {false, std::min(most - so_long, soon)};
}

}  // namespace skein::proxy
