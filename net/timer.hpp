// A time to wait for, on a core's poller. Used as Asio's timers are: a new time and `cancel` end
// the waits under way with operation_aborted, a time that is over is waited for no more.
#pragma once

#include "net/poller.hpp"

namespace skein::net {

class timer {
 public:
  explicit timer(executor where) : home_(poller::of(where)) {}
  timer(executor where, steady_time until) : timer(where) { at_.due = until; }
  timer(executor where, steady_time::duration from_now) : timer(where) { expires_after(from_now); }
  timer(const timer&) = delete;
  ~timer() { cancel(); }

  void expires_at(steady_time until);
  void expires_after(steady_time::duration from_now);
  // Late by a millisecond at most, and by what the loop is late.
  template <typename Token>
  auto async_wait(Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(begin(), token, this);
  }
  std::size_t cancel();  // how many waits it ended

 private:
  struct begin {
    template <typename Handler>
    void operator()(Handler&& handler, timer* on) const {
      on->home_.begin(on->home_.waiting_for(on->at_), std::forward<Handler>(handler));
    }
  };

  poller& home_;
  timed_wait at_ = {};
};

}  // namespace skein::net
