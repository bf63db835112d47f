#include "net/bell.hpp"

namespace skein::net {

awaitable<bool> bell::wait(steady_time until) {
  waiter self{timer(where_, until)};
  *last_ = &self;
  last_ = &self.next;
  co_await self.alarm.async_wait(use_result);
  if (!self.rung) leave(self);
  co_return self.rung;
}

void bell::leave(waiter& gone) {
  waiter** at = &first_;
  while (*at != &gone) at = &(*at)->next;
  *at = gone.next;
  if (last_ == &gone.next) last_ = at;
}

void bell::ring_all() {
  last_ = &first_;
  for (waiter* at = std::exchange(first_, nullptr); at; at = at->next) {
    at->rung = true;
    at->alarm.cancel();
  }
}

}  // namespace skein::net
