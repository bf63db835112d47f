// The one place that spawns coroutines, so that each has an owner that cancels and joins it.
#include "net/task_group.hpp"

#include <cstdio>
#include <cstdlib>

namespace skein::net {

namespace {

// How soon a wait that a task starts after its cancellation is cancelled as well.
constexpr std::chrono::milliseconds again{2};

// Cancellation is an error code to the wait under way, not an exception out of every later await:
// so a task can still close and join what it owns.
awaitable<> start(awaitable<> body) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(body);
}

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "an exception without words";
  }
}

}  // namespace

task_group::task_group(executor where) : where_(where), empty_(where) {}

task_group::~task_group() {
  if (tasks_.empty()) return;
  std::fprintf(stderr, "skein: a task group was destroyed with %zu tasks in it\n", tasks_.size());
  std::abort();
}

std::size_t task_group::size() const {
  return tasks_.size();
}

void task_group::spawn(awaitable<> body) {
  const std::uint64_t number = next_++;
  auto& added = *tasks_.emplace(number, std::make_unique<task>()).first->second;
  auto ended = [this, number](const std::exception_ptr& failure) { end(number, failure); };
  asio::co_spawn(where_, start(std::move(body)),
                 asio::bind_cancellation_slot(added.signal.slot(), std::move(ended)));
}

void task_group::end(std::uint64_t number, const std::exception_ptr& failure) {
  tasks_.erase(number);
  if (tasks_.empty()) empty_.cancel();
  if (!failure) return;
  if (!on_exception) std::rethrow_exception(failure);
  on_exception(text_of(failure));
}

void task_group::cancel() {
  cancelled_ = true;
  emit();
  empty_.cancel();  // a join under way goes on to cancel what the tasks start now
}

void task_group::emit() {
  // By number, not by iterator: an emission may end tasks.
  for (auto at = tasks_.begin(); at != tasks_.end();) {
    const std::uint64_t number = at->first;
    at->second->signal.emit(asio::cancellation_type::terminal);
    at = tasks_.upper_bound(number);
  }
}

awaitable<> task_group::join() {
  while (!tasks_.empty()) {
    if (cancelled_) {
      empty_.expires_after(again);
    } else {
      empty_.expires_at(steady_time::max());
    }
    co_await empty_.async_wait(use_result);
    if (cancelled_) emit();
  }
  cancelled_ = false;
}

}  // namespace skein::net
