// So many a second, and so many at once: a bucket that all cores draw from. Not a number of tokens
// is kept but the time at which the bucket will be full, so that one word says all, and drawing is
// one exchange of it. Asked only of statements that a rule with a limit fits.
#pragma once

#include <atomic>
#include <cstdint>

#include "routing/view.hpp"

namespace skein::routing {

struct rate {
  unsigned per_second = 1;  // at least 1
  unsigned burst = 1;       // at least 1
  bool operator==(const rate&) const = default;
};

class token_bucket {
 public:
  explicit token_bucket(const rate& limit);
  // Cores may tell times that are not quite in order.
  bool draw(moment now);

 private:
  std::int64_t token_ns_;
  std::int64_t full_ns_;  // from empty to full
  // A cache line of its own: whoever reads the rest is not disturbed.
  alignas(64) std::atomic<std::int64_t> full_at_ns_;
};

}  // namespace skein::routing
