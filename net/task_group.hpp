// Coroutines that end before their owner does: spawned here, cancelled together, joined. Nothing in
// the house is spawned any other way.
#pragma once

#include "net/asio.hpp"

namespace skein::net {

class task_group {
 public:
  explicit task_group(executor where);
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;
  ~task_group();  // must be empty: a task that outlives its owner is a broken invariant (aborts)

  // An exception out of a task is a broken invariant too, but of that task only: `on_exception`
  // hears its text.
  void spawn(awaitable<> task);
  void cancel();       // each task's waits end with operation_aborted
  awaitable<> join();  // until no task is left; may be awaited once at a time
  std::size_t size() const;
  std::function<void(const std::string&)> on_exception = {};

 private:
  struct task;
  executor where_;
  std::map<std::uint64_t, std::unique_ptr<task>> tasks_ = {};
  std::uint64_t next_ = 0;
  timer empty_;  // rings when the last task has ended
};

}  // namespace skein::net
