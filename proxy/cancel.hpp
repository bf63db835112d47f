// A cancel on its way to a server: a connection of its own, over TLS where the server's are.
#pragma once

#include "proxy/branch.hpp"

namespace skein::proxy {

// Returns when the server has taken it (it closes the connection then) or could not be told.
net::awaitable<> send_cancel(branch& home, const server_connection& victim);

}  // namespace skein::proxy
