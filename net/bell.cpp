#include "net/bell.hpp"

namespace skein::net {

awaitable<bool> bell::wait(steady_time until) {
  waiter self{timer(where_, until)};
  waiters_.push_back(&self);
  co_await self.alarm.async_wait(use_result);
  if (!self.rung) std::erase(waiters_, &self);
  co_return self.rung;
}

void bell::ring_one() {
  if (waiters_.empty()) return;
  waiter* first = waiters_.front();
  waiters_.pop_front();
  first->rung = true;
  first->alarm.cancel();
}

void bell::ring_all() {
  while (!waiters_.empty()) ring_one();
}

}  // namespace skein::net
