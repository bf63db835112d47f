// What the proxy of one process has from the one whose place it takes: the listening sockets, and a
// number that tells the cancel keys of the two apart. Filled by cli/, used by proxy.cpp.
#pragma once

#include <deque>
#include <functional>
#include <set>

#include "backends/login.hpp"
#include "net/handle.hpp"
#include "proxy/session_order.hpp"

namespace skein::proxy {

struct passed_door {
  std::size_t listener = 0;
  net::owned_handle listening;
};

struct inheritance {
  unsigned generation = 0;
  std::deque<passed_door> doors = {};
};

// Which listeners' sockets another process serves.
using passed_on = std::set<std::size_t>;

// Sends a cancel to the process that gave the key away; any core calls it, and `done` may come from
// any thread.
using cancel_relay = std::function<void(cancel_key, std::function<void()> done)>;
using order_relay = std::function<void(session_order, std::function<void(result<void>)> done)>;

struct relays {
  cancel_relay cancels = {};
  order_relay orders = {};
};

}  // namespace skein::proxy
