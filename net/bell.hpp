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
  void ring_all();  // for those that wait now, the longest waiting first

 private:
  struct waiter {
    timer alarm;
    bool rung = false;
    waiter* next = nullptr;
  };
  void leave(waiter& gone);

  executor where_;
  waiter* first_ = nullptr;  // in no memory of its own: each session has a bell, most never wait
  waiter** last_ = &first_;
};

}  // namespace skein::net
