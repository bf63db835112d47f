// Coroutines that end before their owner does: spawned here, cancelled together, joined. Nothing in
// the house is spawned any other way.
#pragma once

#include "net/timer.hpp"

namespace skein::net {

class task_group {
 public:
  explicit task_group(executor where);
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;
  ~task_group();  // must be empty: a task that outlives its owner is a broken invariant (aborts)

  // Runs the task until its first wait, if called on the executor's thread. An exception out of a
  // task is a broken invariant too, but of that task only: `on_exception` hears its text. Without
  // a hearer it leaves the event loop.
  void spawn(awaitable<> body);
  // Each task's wait ends with operation_aborted; while somebody joins, so do the waits that the
  // tasks start afterwards. Nothing throws: a cancelled task can still close and join its own.
  void cancel();
  awaitable<> join();  // until no task is left; may be awaited once at a time
  std::size_t size() const;
  std::function<void(const std::string&)> on_exception = {};

 private:
  void end(std::uint64_t number, const std::exception_ptr& failure);
  void emit();

  executor where_;
  std::map<std::uint64_t, asio::cancellation_signal> tasks_ = {};
  std::uint64_t next_ = 0;
  bool cancelled_ = false;  // until the next join has ended
  timer empty_;             // rings when the last task has ended
};

}  // namespace skein::net
