#include "net/core.hpp"

#include <doctest/doctest.h>

#include "net/task_group.hpp"

using namespace skein::net;

namespace {

awaitable<> wait_once(executor where) {
  timer short_wait(where, std::chrono::milliseconds(1));
  co_await short_wait.async_wait(use_result);
}

}  // namespace

TEST_CASE("a core ends with its last task, whether or not one is left by then") {
  for (const bool own_thread : {false, true}) {
    for (int tasks = 0; tasks < 3; ++tasks) {
      CAPTURE(own_thread);
      CAPTURE(tasks);
      core on(0);
      task_group last(on.where());
      for (int task = 0; task < tasks; ++task) last.spawn(wait_once(on.where()));
      if (own_thread) on.start("test-core");
      on.finish(last);
      CHECK(last.size() == 0);
    }  // a task that the core left behind aborts here
  }
}
