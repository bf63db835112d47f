#include "backends/mysql/server_start.hpp"

#include <cstdlib>

namespace skein::mysql {

// Both clocks are read in whole seconds, or nearly: the same start is told a second earlier or
// later.
bool server_start::is_same(const sign_of_life& now, std::int64_t started_us) const {
  constexpr std::int64_t alike_us = 2'000'000;
  constexpr double inexact = 2;
  if (before_.connection == 0) return false;
  if (now.connection == before_.connection) return true;
  const double unseen = std::chrono::duration<double>(now.answered - before_.asked).count();
  return std::abs(started_us - started_us_) <= alike_us && now.uptime > unseen + inexact;
}

std::int64_t server_start::by(const sign_of_life& now) {
  const auto started = static_cast<std::int64_t>((now.clock - now.uptime) * 1e6);
  if (!is_same(now, started)) started_us_ = started == started_us_ ? started + 1 : started;
  before_ = now;
  return started_us_;
}

}  // namespace skein::mysql
