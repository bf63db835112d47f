#include "proxy/server_connection.hpp"

namespace skein::proxy {

net::endpoint endpoint_of(const backend& database, const member_address& address) {
  if (address.host.starts_with('/')) return {{}, database.socket_path(address), 0};
  return {address.host, {}, address.port};
}

net::awaitable<> attend(net::core& core, lease served, metrics::core_counters& counters) {
  server_connection& at = *served;
  net::error_code why;
  while (at.stream.open()) {
    if (at.leaves_for) co_return;
    if (at.user && at.user->clogged()) {
      co_await at.go_on.wait(net::steady_time::max());
      continue;
    }
    const std::span<std::byte> room = core.scratch();
    const std::size_t kept = at.partial.size();
    const net::attempt got = at.stream.read_now(room.subspan(kept));
    if (got.blocked) {
      // A server that takes no more has been heard out: it may have said why.
      why = at.out.failure();
      if (why && !got.deferred) break;
      // Cancelled, it looks again whether the connection is still of use.
      std::tie(why) = co_await at.stream.wait(net::direction::read);
      if (why && why != net::asio::error::operation_aborted) break;
      continue;
    }
    why = got.failure ? got.failure : net::asio::error::eof;
    if (got.bytes == 0) break;
    counters.bytes_from_server.add(got.bytes);
    // Unasked words are a goodbye, as a rule, and never for the next client.
    if (!at.user) break;
    std::memcpy(room.data(), at.partial.data(), kept);
    at.user->server_said(room.first(kept + got.bytes));
  }
  at.stream.close();
  if (at.user) std::exchange(at.user, nullptr)->server_lost(why);
}

}  // namespace skein::proxy
