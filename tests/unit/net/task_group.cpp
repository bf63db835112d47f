#include "net/task_group.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/unit/net/loop.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

awaitable<> wait_for_ever(core& on, error_code& ended_with) {
  timer never(on.where(), steady_time::max());
  auto [failure] = co_await never.async_wait(use_result);
  ended_with = failure;
}

awaitable<> wait_many_times(core& on, int times, int& cancelled) {
  for (int round = 0; round < times; ++round) {
    error_code failure;
    co_await wait_for_ever(on, failure);
    if (failure == asio::error::operation_aborted) ++cancelled;
  }
}

awaitable<> cancel_own_group(core& on, task_group& group, int& cancelled) {
  group.cancel();
  co_await wait_many_times(on, 3, cancelled);
}

awaitable<> own_a_group(core& on, int& cancelled) {
  task_group inner(on.where());
  inner.spawn(wait_many_times(on, 1, cancelled));
  error_code failure;
  co_await wait_for_ever(on, failure);
  inner.cancel();
  co_await inner.join();  // although this task is cancelled itself
  CHECK(inner.size() == 0);
}

awaitable<> cancel_after(core& on, task_group& group, std::chrono::milliseconds length) {
  co_await pause(on, length);
  group.cancel();
}

awaitable<> cancel_during_join(core& on, int& cancelled) {
  task_group group(on.where());
  task_group other(on.where());
  for (int count = 0; count < 5; ++count) group.spawn(wait_many_times(on, 3, cancelled));
  group.spawn(own_a_group(on, cancelled));
  other.spawn(cancel_after(on, group, 20ms));
  CHECK(group.size() == 6);
  co_await group.join();
  CHECK(group.size() == 0);
  co_await other.join();
}

awaitable<> cancel_from_inside(core& on, int& cancelled) {
  task_group group(on.where());
  group.spawn(wait_many_times(on, 2, cancelled));
  group.spawn(cancel_own_group(on, group, cancelled));
  co_await group.join();
}

awaitable<> throw_something(core& on) {
  co_await pause(on, 1ms);
  throw std::runtime_error("the words");
}

awaitable<> hear_exceptions(core& on, std::vector<std::string>& heard) {
  task_group group(on.where());
  group.on_exception = [&](const std::string& text) { heard.push_back(text); };
  group.spawn(throw_something(on));
  group.spawn(pause(on, 5ms));
  co_await group.join();
}

awaitable<> join_again(core& on, int& cancelled) {
  task_group group(on.where());
  co_await group.join();  // an empty one at once
  group.spawn(wait_many_times(on, 1, cancelled));
  group.cancel();
  co_await group.join();
  // What is spawned after a join is not cancelled by what was before it.
  bool done = false;
  group.spawn([](core& here, bool& end) -> awaitable<> {
    co_await pause(here, 20ms);
    end = true;
  }(on, done));
  co_await group.join();
  CHECK(done);
}

}  // namespace

TEST_CASE("a cancelled task's waits end, the later ones too, and it can join its own") {
  loop test;
  int cancelled = 0;
  test.run(cancel_during_join(test.on, cancelled));
  CHECK(cancelled == 5 * 3 + 1);
}

TEST_CASE("a task may cancel its own group") {
  loop test;
  int cancelled = 0;
  test.run(cancel_from_inside(test.on, cancelled));
  CHECK(cancelled == 2 + 3);
}

TEST_CASE("a group can be joined when empty, and used again") {
  loop test;
  int cancelled = 0;
  test.run(join_again(test.on, cancelled));
  CHECK(cancelled == 1);
}

TEST_CASE("an exception is heard and ends its own task only") {
  loop test;
  std::vector<std::string> heard;
  test.run(hear_exceptions(test.on, heard));
  REQUIRE(heard.size() == 1);
  CHECK(heard[0] == "the words");
}

TEST_CASE("a group that is destroyed with a task in it aborts and says so") {
  std::array<int, 2> ends;
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL);
    core on(0);
    error_code ignored;
    {
      task_group group(on.where());
      group.spawn(wait_for_ever(on, ignored));
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::array<char, 1000> buffer;
  const auto count = ::read(ends[0], buffer.data(), buffer.size());
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  REQUIRE(count > 0);
  const std::string said(buffer.data(), static_cast<std::size_t>(count));
  CHECK(said.find("destroyed with 1 tasks in it") != said.npos);
}
