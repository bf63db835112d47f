// What one session wants done to another, which it knows by its number alone, and who it is that
// wants it: a session obeys its own user. It may be on any core, or of the process before this one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "backends/error.hpp"
#include "backends/login.hpp"
#include "net/asio.hpp"

namespace skein::proxy {

struct session_order {
  std::uint32_t id = 0;
  bool for_good = false;  // it is ended, else what it runs is cancelled
  std::string cluster = {};
  std::string user = {};
};

error no_such_session();
error not_the_users_own();

// Finds a session on whatever core, and cancels what it runs; returns when the server has been
// told.
struct cancel_router {
  std::function<net::awaitable<>(cancel_key)> by_key = {};
  // For what the error is, see conversation::cancelled.
  std::function<net::awaitable<result<void>>(session_order)> by_number = {};
};

class session;

// Where the answer to an order goes: null once who gave it is gone.
using order_giver = std::shared_ptr<session*>;
net::awaitable<> carry_order(const cancel_router& by, session_order what, order_giver who);

}  // namespace skein::proxy
