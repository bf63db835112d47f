// An exchange whose statement wants a server: in the line for one such as it had last, without
// allocating; else while one is fetched.
#include "proxy/exchange.hpp"

namespace skein::proxy {

// In the line for one, or behind it. Meanwhile the client may leave, and what it sends is kept.
exchange::step exchange::next_step_to_server() {
  if (!std::exchange(lined_up_, true)) servers_.line_up();
  if (servers_.in_line()) {
    if (kept_.size() >= early_bytes_max) return step::await_change;
    return read_early() == heard::nothing ? step::await_client : step::look_again;
  }
  lined_up_ = false;
  unread_ = true;
  lease got = servers_.try_borrow();
  if (!got) return step::fetch_server;
  take(std::move(got));
  return step::look_again;
}

// Whoever has nothing to do but to listen goes on from here, and `run` waits as it did. One at a
// time: who is served by what that gives back looks for itself.
void exchange::served() {
  thread_local bool serving = false;
  struct only_one {
    only_one() { serving = true; }
    ~only_one() { serving = false; }
  };
  const bool only_listens = listening_ && !ended_ && !held_ && !leaving_ && to_client_.empty();
  if (serving || !only_listens) return rouse();
  lease brought = servers_.try_borrow();
  if (!brought) return rouse();
  lined_up_ = false;
  take(std::move(brought));
  const std::string input = std::exchange(kept_, {});
  const only_one here;
  hear(std::as_bytes(std::span(input)));
  const bool backed_up = server_ && !server_->out.empty();
  if (wants_server_ || backed_up || talk_.on_hold()) rouse();
}

void exchange::rouse() {
  roused_ = true;
  client_.cancel();
  changed_.ring_all();
}

void exchange::wait_stopped(net::error_code why) {
  if (!roused_) return end(exchange_end::interrupted, why);
  if (why != net::asio::error::operation_aborted) end(exchange_end::client_failed, why);
}

exchange::heard exchange::read_early() {
  const auto room = core_.scratch().first(early_bytes_max - kept_.size());
  const net::attempt read = client_.read_now(room);
  if (read.blocked) return heard::nothing;
  if (read.bytes == 0) {
    end_of_client(read);
    return heard::something;
  }
  counters_.bytes_from_client.add(read.bytes);
  kept_.append(reinterpret_cast<const char*>(room.data()), read.bytes);
  return heard::something;
}

void exchange::take(lease server) {
  wants_server_ = false;
  lend(std::move(server));
  if (timed_) note_time();
}

// One that is opened for it, or that the line has not brought in time.
net::awaitable<> exchange::fetch_server() {
  result<lease> got = co_await servers_.borrow(kept_);
  wants_server_ = false;
  if (ended_) {
    if (got) servers_.give_back(std::move(*got), {});
  } else if (got) {
    take(std::move(*got));
  } else {
    talk_.refuse_next(got.error());
  }
}

}  // namespace skein::proxy
