// Hears who a client is from the load balancer that it came by: the header of the PROXY protocol,
// ahead of TLS and login, and nothing behind it. The caller's deadline holds.
#pragma once

#include "backends/error.hpp"
#include "net/stream.hpp"

namespace skein::proxy {

// The client's address as a stream would call it; empty: it is the peer itself. `silent` becomes
// false once a byte has come.
net::awaitable<result<std::string>> hear_announcement(net::stream& client, bool& silent);

}  // namespace skein::proxy
