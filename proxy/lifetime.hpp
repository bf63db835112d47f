// How long one server connection lives: a part of pool.lifetime, by lot, so that those that were
// opened together do not all end at once. Pure; the pool draws.
#pragma once

#include <chrono>

namespace skein::proxy {

// From four fifths of the whole, for a lot of 0, to nearly all of it, for a lot just below 1.
inline std::chrono::milliseconds lifetime_of_one(std::chrono::milliseconds whole, double lot) {
  const double share = 0.8 + 0.2 * lot;
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(share * static_cast<double>(whole.count())));
}

}  // namespace skein::proxy
