// How a member meets who looks at it. One that refuses is not one that is silent: the first has
// nobody at its door, of the second nobody knows.
#pragma once

#include <chrono>
#include <cstdint>

#include "backends/error.hpp"
#include "backends/members.hpp"

namespace skein::cluster {

enum class contact : std::uint8_t {
  unseen,  // nobody has looked yet
  answers,
  starting,  // it is there, and takes us not in: it starts, is full, or does not know us
  closes,    // somebody listens at its address, who hangs up without a word: a load balancer, say
  refuses,   // nobody listens at its address
  silent,    // no answer came in time, or none comes through
};

// After a look that failed: knocks at its door, for `patience` at most. Blocks.
contact knock(const member_address& at, const error& why, std::chrono::milliseconds patience);

}  // namespace skein::cluster
