// A session as the exchange's lender of servers, and as a listener of the switchboard: it borrows
// while it hears whether its client leaves.
#include "proxy/session.hpp"

namespace skein::proxy {

using std::chrono::steady_clock;

namespace {

// What a client may send ahead while it waits for a server; then it is not listened to.
constexpr std::size_t early_bytes_max = 64UZ * 1024;

}  // namespace

lease session::try_borrow() {
  if (home_.paused() || !home_.may_go_on(pool_epoch_)) return nullptr;
  return home_.connections().take_warm(pool_key_, pool_epoch_);
}

void session::give_back(lease server) {
  home_.connections().put_back(std::move(server));
}

bool session::listen(std::string_view channel) {
  return home_.announcements().listen(who_, shared_, channel, *this);
}

void session::unlisten(std::string_view channel) {
  home_.announcements().unlisten(shared_.database, channel, *this);
}

void session::unlisten_all() {
  home_.announcements().forget(shared_.database, *this);
}

void session::channel_live(const result<void>& outcome) {
  if (life_) life_->channel_live(outcome);
}

void session::announced(std::string_view message) {
  if (life_) life_->announce(message);
}

void session::announcements_lost() {
  if (life_) life_->announcements_lost();
}

// A server may be long in coming: meanwhile the client may leave, and we may be told to end.
net::awaitable<result<lease>> session::borrow(std::string& ahead) {
  const auto until = steady_clock::now() + home_.cluster().pool.wait;
  for (;;) {
    fetching now{{who_, shared_, until}, net::task_group(home_.core().where())};
    fetching_ = &now;
    now.task.spawn(fetch(now));
    const bool left = co_await hear_client_leave(now, ahead);
    if (left || ending_) now.call_off();
    co_await now.task.join();
    fetching_ = nullptr;
    if (left) {
      if (*now.got) give_back(std::move(**now.got));
      co_return failure(error_kind::lost, fault::client,
                        "the client left while it waited for a server connection");
    }
    if (*now.got) {
      // Since the fetching ended nobody has used it: of its end nobody would ever be told.
      if (!(**now.got)->stream.open()) continue;
      pool_key_ = (**now.got)->key;
      pool_epoch_ = (**now.got)->epoch;
    }
    co_return std::move(*now.got);
  }
}

net::awaitable<> session::fetch(fetching& now) {
  while (home_.paused() && !now.what.called_off) {
    now.held = true;
    co_await home_.resumed().wait(net::steady_time::max());
    now.what.until = steady_clock::now() + home_.cluster().pool.wait;
  }
  now.held = false;
  if (now.what.called_off) {
    now.got = failure(error_kind::lost, fault::client, "the client left while all was paused");
  } else {
    now.got = co_await home_.obtain(now.what);
  }
  client_.cancel();  // ends the wait for its leaving
}

void session::fetching::call_off() {
  if (got) return;
  what.called_off = true;
  task.cancel();
}

// False once the wait is over for another reason, or the client has sent so much that we stop
// listening. What it sends is kept for the server.
net::awaitable<bool> session::hear_client_leave(const fetching& now, std::string& early) {
  while (!now.got && !ending_ && early.size() < early_bytes_max) {
    const auto room = home_.core().scratch().first(early_bytes_max - early.size());
    const net::attempt read = client_.read_now(room);
    if (read.blocked) {
      const auto [stopped] = co_await client_.wait(net::direction::read);
      if (stopped && stopped != net::asio::error::operation_aborted) co_return true;
    } else if (read.bytes == 0) {
      co_return true;
    } else {
      early.append(reinterpret_cast<const char*>(room.data()), read.bytes);
    }
  }
  co_return false;
}

}  // namespace skein::proxy
