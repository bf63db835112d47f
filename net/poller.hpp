// The event loop of a core: turns of collecting what the kernel has to say and resuming who waited
// for it. A service of the core's io_context, which is left with a queue of handlers and makes no
// system call. net/core runs it; net/socket and net/timer wait by it.
#pragma once

#include "net/epoll.hpp"
#include "net/timed_waits.hpp"

namespace skein::net {

class poller final : public asio::execution_context::service {
 public:
  using key_type = poller;
  static inline asio::execution_context::id id = {};

  explicit poller(asio::io_context& context);
  static poller& of(const executor& where) { return asio::use_service<poller>(where.context()); }

  void run();   // until `stop`
  void stop();  // from any thread
  // The one way in from other threads.
  template <typename Function>
  void post(Function&& function) {
    asio::post(context_, std::forward<Function>(function));
    if (may_sleep_.load(std::memory_order_relaxed)) rouse();
  }

  epoll& kernel() { return kernel_; }
  // Puts a handler into a list until it is ready or aborted; it is called in a later turn, never
  // from here.
  template <typename Handler>
  waiter& begin(waiter_list& until, Handler&& handler);
  waiter_list& waiting_for(watched_socket& on, direction where);
  waiter_list& waiting_for(timed_wait& on);
  waiter_list& ready() { return ready_; }
  void abort(waiter& who);
  void abort_all(watched_socket& on);
  std::size_t abort_all(timed_wait& on);

 private:
  void shutdown() override;
  void turn();
  void resume_ready();
  int time_to_sleep_ms(steady_time now) const;
  void rouse();

  asio::io_context& context_;
  epoll kernel_ = {};
  timed_waits times_ = {};
  waiter_list ready_ = {};
  waiter_list turn_ = {};  // who is resumed in this turn
  std::atomic<bool> may_sleep_ = false;
  std::atomic<bool> stopping_ = false;
};

template <typename Handler>
waiter& poller::begin(waiter_list& until, Handler&& handler) {
  struct canceller {
    poller* home;
    waiter* who;
    void operator()(asio::cancellation_type) const { home->abort(*who); }
  };
  auto slot = asio::get_associated_cancellation_slot(handler);
  waiter& made = stored_waiter<std::decay_t<Handler>>::make(std::forward<Handler>(handler));
  if (slot.is_connected()) slot.assign(canceller{this, &made});
  until.push(made);
  return made;
}

}  // namespace skein::net
