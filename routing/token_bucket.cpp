#include "routing/token_bucket.hpp"

#include <algorithm>
#include <limits>

namespace skein::routing {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

}  // namespace

token_bucket::token_bucket(const rate& limit)
    : token_ns_(std::max<std::int64_t>(1, second_ns / std::max(1U, limit.per_second))),
      full_ns_(token_ns_ * std::max(1U, limit.burst)),
      full_at_ns_(std::numeric_limits<std::int64_t>::min()) {}

bool token_bucket::draw(moment now) {
  const std::int64_t now_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  std::int64_t full_at = full_at_ns_.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t then = std::max(full_at, now_ns) + token_ns_;
    if (then - now_ns > full_ns_) return false;
    if (full_at_ns_.compare_exchange_weak(full_at, then, std::memory_order_relaxed)) return true;
  }
}

}  // namespace skein::routing
