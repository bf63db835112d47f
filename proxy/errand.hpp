// What a session asks its branch and a pool for: a server, for whom, by when. One deadline holds
// for the whole way: waiting, dialling, signing in, trying again.
#pragma once

#include "backends/conversation.hpp"
#include "backends/login.hpp"
#include "net/asio.hpp"
#include "proxy/budget.hpp"

namespace skein::proxy {

struct errand {
  const credentials& who;
  const login_request& request;
  net::steady_time until;
  std::uint64_t ticket = 0;          // the place in the line, kept when a server is tried again
  net::steady_time held_until = {};  // while nobody leads it is waited for one so long
  bool called_off = false;           // whoever says so also cancels the wait under way
  pool_mode mode = pool_mode::transaction;  // of who asks
  std::optional<budget::slot> place = {};   // what its turn in the line has brought already
  std::string member = {};                  // no other one, and one attempt; empty: whoever leads
};

}  // namespace skein::proxy
