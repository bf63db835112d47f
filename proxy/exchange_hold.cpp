// An exchange while its cluster is paused: what runs goes on, and the client's next transaction
// waits. Meanwhile the client may leave.
#include "proxy/exchange.hpp"

namespace skein::proxy {

namespace {

// What a client may send ahead while it is held; then it is not listened to.
constexpr std::size_t early_bytes_max = 64UZ * 1024;

}  // namespace

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
    co_return;
  }
  const net::attempt read = client_.read_now(core_.scratch().first(early_bytes_max - kept_.size()));
  if (read.blocked) {
    hearing_held_ = true;
    const auto [stopped] = co_await client_.wait(net::direction::read);
    hearing_held_ = false;
    if (stopped && stopped != net::asio::error::operation_aborted) {
      end(exchange_end::client_failed, stopped);
    }
    co_return;
  }
  if (read.failure || read.bytes == 0) {
    end(read.failure ? exchange_end::client_failed : exchange_end::client_left, read.failure);
    co_return;
  }
  counters_.bytes_from_client.add(read.bytes);
  kept_.append(reinterpret_cast<const char*>(core_.scratch().data()), read.bytes);
}

}  // namespace skein::proxy
