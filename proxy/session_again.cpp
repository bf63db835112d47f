// A session whose client signs in again, as somebody else or to begin anew: all that it was is
// over, and the next has its connection, its number and its place. See session.hpp.
#include "proxy/session.hpp"

namespace skein::proxy {

using std::chrono::steady_clock;

namespace {

// Then it has to connect again, as who guesses passwords has to.
constexpr unsigned failures_max = 3;
constexpr std::chrono::seconds brief{2};  // for who is only heard to be told why not

}  // namespace

// True: the client has been welcomed. What it left behind is gone before its new name is looked
// at, as it is where a client has a server of its own.
net::awaitable<bool> session::begin_anew() {
  std::string nothing_more;
  co_await life_->tell_client(std::move(nothing_more));
  const bool has_heard = life_->has_told_all();
  sent_ = {.silent = false, .rest = life_->take_kept()};
  co_await life_->let_go(steady_clock::now() + home_.cluster().pool.settle_timeout);
  std::unique_ptr<conversation> before = std::move(talk_);
  part();
  if (!has_heard) co_return false;
  credentials was = who_;
  const bool changed = co_await sign_in_again();
  if (!changed) {
    const bool stays = !ending_ && login_->stays_as_it_was() && ++failed_again_ < failures_max;
    if (!stays) co_return false;
    who_ = std::move(was);
    unproven_ = false;
  } else if (asks_console()) {
    co_await serve_console();
    co_return false;
  }
  co_return co_await settle(std::move(before));
}

// True: the client has proved who it is.
net::awaitable<bool> session::sign_in_again() {
  listener_ = door_;
  cluster_ = home_.in_force();
  login_began_ = steady_clock::now();
  login_ = home_.cluster().database->receive_login_again(login_settings(peer()), asked_,
                                                         facts_of(client_));
  patience startup(home_.core(), client_);
  startup_ = &startup;
  startup.arm(ending_ ? std::min<std::chrono::milliseconds>(brief, listener_->startup_timeout)
                      : listener_->startup_timeout);
  const bool inside = co_await sign_in();
  startup_ = nullptr;
  if (inside) {
    asked_ = login_->request();
    key_shared_.reset();
  }
  co_return inside;
}

}  // namespace skein::proxy
