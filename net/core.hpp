// One thread and all that lives on it: an event loop, a deadline wheel, a read buffer that every
// connection of the core uses in turn. Nothing of a core is touched by another thread; `post` is
// the one way in.
#pragma once

#include "net/deadline.hpp"
#include "net/task_group.hpp"

namespace skein::net {

class core {
 public:
  explicit core(unsigned number);
  core(const core&) = delete;
  ~core();

  unsigned number() const { return number_; }
  executor where() { return context_.get_executor(); }
  deadline_wheel& wheel() { return wheel_; }
  // Holds what one attempt reads until it is sent or saved: never across an await.
  std::span<std::byte> scratch() { return scratch_; }

  void start(const std::string& thread_name);  // runs until `stop`
  void run();                                  // the same, on the caller's thread
  void stop();                                 // from any thread
  void join();
  // Blocks until no task is left in the group, then ends the thread; runs on the caller's thread
  // if there is none.
  void finish(task_group& last);
  template <typename Function>
  void post(Function&& function) {
    poller_.post(std::forward<Function>(function));
  }

 private:
  void set_wheel_timer();
  awaitable<> stop_after(task_group& last);
  void stop_when_done();

  unsigned number_;
  deadline_wheel wheel_;  // before the context: coroutines that end with it may hold deadlines
  asio::io_context context_;
  asio::executor_work_guard<executor> work_;
  poller& poller_;
  timer wheel_timer_;
  std::vector<std::byte> scratch_;
  task_group closing_;
  std::thread thread_ = {};
};

}  // namespace skein::net
