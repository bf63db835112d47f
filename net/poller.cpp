#include "net/poller.hpp"

namespace skein::net {

poller::poller(asio::io_context& context)
    : asio::execution_context::service(context), context_(context) {}

void poller::run() {
  asio::post(context_, [this] { turn(); });
  context_.run();
}

void poller::stop() {
  stopping_ = true;
  context_.stop();
  kernel_.wake();
}

// Turns follow each other inside of one handler, so that Asio's caches of memory, which belong to
// a run of its context, stay warm. Only when something was posted does this handler end: the rest
// of the queue runs, and the next turn behind it.
void poller::turn() {
  bool queued = false;
  while (!queued && !stopping_.load(std::memory_order_relaxed)) {
    steady_time now = {};
    if (times_.first() != steady_time::max()) {
      now = std::chrono::steady_clock::now();
      times_.take_due(now, ready_);
    }
    // Who posts after the look into the queue finds this set, by the queue's lock.
    may_sleep_.store(true, std::memory_order_relaxed);
    queued = context_.poll_one() > 0;
    const bool idle = !queued && ready_.empty() && turn_.empty();
    kernel_.collect(idle ? time_to_sleep_ms(now) : 0, ready_);
    may_sleep_.store(false, std::memory_order_relaxed);
    resume_ready();
  }
  if (queued) asio::post(context_, [this] { turn(); });
}

// Rounded up, so that a timer is never early.
int poller::time_to_sleep_ms(steady_time now) const {
  const steady_time first = times_.first();
  if (first == steady_time::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - now);
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

// Only those who are ready now: who waits again meanwhile has a later turn. If a handler throws,
// the others are resumed by the next run.
void poller::resume_ready() {
  turn_.take(ready_);
  while (!turn_.empty()) {
    waiter& next = turn_.front();
    next.unlink();
    next.call();
  }
}

void poller::rouse() {
  if (may_sleep_.exchange(false)) kernel_.wake();
}

waiter_list& poller::waiting_for(watched_socket& on, direction where) {
  if (on.ready(where)) return ready_;
  kernel_.expect(on, where);
  return on.waiters(where);
}

waiter_list& poller::waiting_for(timed_wait& on) {
  if (on.place == timed_wait::nowhere) times_.add(on);
  return on.waiting;
}

void poller::abort(waiter& who) {
  who.aborted = true;
  ready_.push(who);
}

void poller::abort_all(watched_socket& on) {
  for (auto& each : on.waiting) {
    while (!each.empty()) abort(each.front());
  }
}

std::size_t poller::abort_all(timed_wait& on) {
  std::size_t count = 0;
  for (; !on.waiting.empty(); ++count) abort(on.waiting.front());
  times_.remove(on);
  return count;
}

void poller::shutdown() {
  times_.take_all(ready_);
  for (auto& each : kernel_.all()) {
    for (auto& list : each.waiting) ready_.take(list);
  }
  for (waiter_list* each : {&turn_, &ready_}) {
    while (!each->empty()) {
      waiter& next = each->front();
      next.unlink();
      next.drop();
    }
  }
}

}  // namespace skein::net
