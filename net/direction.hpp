// The words that every kind of stream shares.
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/asio.hpp"

namespace skein::net {

enum class direction : std::uint8_t { read, write };

// What one non-blocking attempt moved. `blocked`: wait for the same direction, then try again.
// No bytes, not blocked, no failure: the peer closed its side in good order.
struct attempt {
  std::size_t bytes = 0;
  bool blocked = false;
  bool deferred = false;  // blocked for others' sake: there may be more at once
  error_code failure = {};
};

}  // namespace skein::net
