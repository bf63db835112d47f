// Carries a login over a stream: reads what the exchange wants, sends what it says, turns TLS on.
// The exchanges themselves are pure and live with their database; deadlines are the caller's.
#pragma once

#include <functional>

#include "backends/login.hpp"
#include "net/stream.hpp"

namespace skein::proxy {

using secret_lookup =
    std::function<net::awaitable<result<std::optional<credentials>>>(std::string user)>;

// What a client sends besides its login.
struct client_input {
  bool silent = true;     // it came and went without a byte: somebody who looks whether we are up
  std::string rest = {};  // behind the login; ahead of it, where it has been read already
};

// A client signs in: ends with admitted, cancel, or the error that it has been told, unless it is
// to be sent away (`ending`): then it is not asked for a proof first.
net::awaitable<result<login_want>> carry_client_login(net::stream& client, client_login& exchange,
                                                      const net::tls_context* tls,
                                                      const secret_lookup& lookup,
                                                      const std::unique_ptr<error>& ending,
                                                      client_input& sent);

// We sign in to a server (or cancel there) that goes by the name `host`. A server that says more
// than the login is not believed.
net::awaitable<result<void>> carry_server_login(net::stream& server, server_login& exchange,
                                                const net::tls_context* tls,
                                                const std::string& host);

tls_facts facts_of(const net::stream& stream);

}  // namespace skein::proxy
