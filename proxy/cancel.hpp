// A cancel on its way to a server: a connection of its own, over TLS where the server's are.
#pragma once

#include "proxy/branch.hpp"

namespace skein::proxy {

// Returns when the server has taken it (it closes the connection then) or could not be told. Where
// neither is certain the victim is marked: a cancel that comes late must not find another client.
// `who`: the user that the victim was opened as, where the server wants one.
net::awaitable<result<void>> send_cancel(branch& home, server_connection& victim,
                                         credentials who = {});

// The same for what runs there now and nothing later, as far as can be told when the request is
// sent. Holds the connection where it is meanwhile, and its client's next statement.
net::awaitable<> cancel_overdue(branch& home, lease victim, credentials who);

}  // namespace skein::proxy
