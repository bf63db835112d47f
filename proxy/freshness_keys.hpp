// When somebody with a given freshness key wrote last, for all cores: several connections of one
// user are owed together what any of them has written. A key has a place by its hash; two that meet
// in one are owed what either has, which costs reads of followers and no promise.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string_view>
#include <vector>

#include "routing/view.hpp"

namespace skein::proxy {

class freshness_keys {
 public:
  using place = std::atomic<routing::moment::rep>;

  place& of(std::string_view key) { return places_[std::hash<std::string_view>()(key) % count]; }
  static routing::moment wrote(const place& at) {
    return routing::moment(routing::moment::duration(at.load(std::memory_order_acquire)));
  }
  // Before whoever wrote hears of it.
  static void note(place& at, routing::moment now) {
    const auto mine = now.time_since_epoch().count();
    auto known = at.load(std::memory_order_relaxed);
    while (known < mine && !at.compare_exchange_weak(known, mine, std::memory_order_release)) {
    }
  }

 private:
  static constexpr std::size_t count = 16384;
  std::vector<place> places_ = std::vector<place>(count);
};

}  // namespace skein::proxy
