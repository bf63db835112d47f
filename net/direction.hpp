// The words that every kind of stream shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

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

// What each kind's `wait` is: `on.begin(handler, where)`, in the frame of whoever awaits it.
template <typename On>
auto wait_in_frame(On& on, direction where) {
  return asio::async_initiate<decltype(in_frame), void(error_code)>(
      []<typename Handler>(Handler&& handler, On* at, direction towards) {
        at->begin(std::forward<Handler>(handler), towards);
      },
      in_frame, &on, where);
}

}  // namespace skein::net
