// Coroutines of one core that wait for something to become true: each waits until the bell rings or
// its time is over, then looks again.
#pragma once

#include "net/timer.hpp"

namespace skein::net {

class bell {
 public:
  explicit bell(executor where) : where_(where) {}
  bell(const bell&) = delete;

  // True if it rang; false once `until` has come or the wait was cancelled.
  awaitable<bool> wait(steady_time until);
  // Those that wait now, the longest waiting first.
  void ring_one();
  void ring_all();
  std::size_t waiting() const { return waiters_.size(); }

 private:
  struct waiter {
    timer alarm;
    bool rung = false;
  };
  executor where_;
  std::deque<waiter*> waiters_ = {};
};

}  // namespace skein::net
