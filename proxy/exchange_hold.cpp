// An exchange while its cluster is paused: what runs goes on, and the client's next transaction
// waits. Meanwhile the client may leave.
#include "proxy/exchange.hpp"

namespace skein::proxy {

void exchange::hold_at_rest(bool held) {
  held_ = held;
  if (held) return;
  changed_.ring_all();
  if (hearing_held_) client_.cancel();
}

// Not while it has a server that it is about to use or to give back: a PAUSE waits for that.
bool exchange::held_back() const {
  return held_ && talk_.at_rest() && (!server_ || !talk_.pin().empty());
}

net::awaitable<> exchange::hear_held() {
  if (kept_.size() >= early_bytes_max) {
    co_await changed_.wait(net::steady_time::max());
  } else if (read_early() == heard::nothing) {
    hearing_held_ = true;
    const auto [stopped] = co_await client_.wait(net::direction::read);
    hearing_held_ = false;
    if (stopped && stopped != net::asio::error::operation_aborted) {
      end(exchange_end::client_failed, stopped);
    }
  }
}

}  // namespace skein::proxy
