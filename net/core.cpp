// The thread of a core and the timer that turns its wheel.
#include "net/core.hpp"

#include <pthread.h>
#include <time.h>

namespace skein::net {

namespace {

constexpr std::size_t scratch_bytes = 64UZ * 1024;

// The kernel's tick: a fifth of the price of the exact clock. Its resolution is added, so that a
// deadline is early by no more than the tick itself is late, which is seldom and little: a virtual
// machine whose processor was held up.
steady_time coarse_now() {
  static const auto resolution = [] {
    timespec unit = {};
    ::clock_getres(CLOCK_MONOTONIC_COARSE, &unit);
    return std::chrono::nanoseconds(unit.tv_nsec);
  }();
  timespec at = {};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &at);
  return steady_time(std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec) +
                     resolution);
}

}  // namespace

// UNSAFE_IO: one thread runs the context, so what it posts to itself takes no lock. Posting from
// other threads stays safe.
core::core(unsigned number)
    : number_(number),
      wheel_(std::chrono::steady_clock::now(), &coarse_now),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      work_(context_.get_executor()),
      poller_(poller::of(context_.get_executor())),
      wheel_timer_(context_.get_executor()),
      scratch_(scratch_bytes),
      closing_(context_.get_executor()) {
  wheel_.on_sooner = [this] { set_wheel_timer(); };
}

core::~core() {
  stop();
  join();
}

void core::start(const std::string& thread_name) {
  thread_ = std::thread([this, thread_name] {
    ::pthread_setname_np(::pthread_self(), thread_name.substr(0, 15).c_str());
    run();
  });
}

void core::run() {
  poller_.run();
}

void core::stop() {
  poller_.stop();
}

void core::join() {
  if (thread_.joinable()) thread_.join();
}

void core::finish(task_group& last) {
  post([this, &last] { closing_.spawn(stop_after(last)); });
  if (thread_.joinable()) {
    join();
  } else {
    run();
  }
}

awaitable<> core::stop_after(task_group& last) {
  // A task that never waited ends by a handler of its own, which would stand behind the stop.
  co_await asio::post(context_, asio::use_awaitable_t<executor>{});
  co_await last.join();
  stop_when_done();
}

// A task that never had to wait is told to have ended behind what it posted: so this looks again.
void core::stop_when_done() {
  if (closing_.size() == 0) return stop();
  post([this] { stop_when_done(); });
}

// An idle core does not wake, and one with deadlines far away hardly ever.
void core::set_wheel_timer() {
  wheel_timer_.expires_at(wheel_.next_turn());
  if (wheel_.idle()) return;
  wheel_timer_.async_wait([this](error_code failure) {
    if (failure) return;
    wheel_.turn(std::chrono::steady_clock::now());
    set_wheel_timer();
  });
}

}  // namespace skein::net
