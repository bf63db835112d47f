#include "net/timer.hpp"

#include <sys/resource.h>

#include "tests/unit/net/loop.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

awaitable<> note(timer& on, int number, std::vector<int>& order) {
  const auto [failure] = co_await on.async_wait(use_result);
  order.push_back(failure ? -number : number);
}

awaitable<> in_order(core& on) {
  std::vector<int> order;
  std::deque<timer> timers;
  task_group group(on.where());
  for (const int length : {30, 10, 20, 0, 40}) {
    timers.emplace_back(on.where(), std::chrono::milliseconds(length));
    group.spawn(note(timers.back(), length, order));
  }
  timers[4].cancel();
  co_await group.join();
  CHECK(order == std::vector{-40, 0, 10, 20, 30});
}

awaitable<> never_early(core& on) {
  timer wait(on.where());
  for (const auto length : {50us, 900us, 1000us, 3100us, 12000us}) {
    const auto before = std::chrono::steady_clock::now();
    wait.expires_after(length);
    co_await wait.async_wait(use_result);
    CHECK(std::chrono::steady_clock::now() - before >= length);
  }
}

awaitable<> moved_while_waited_for(core& on) {
  std::vector<int> order;
  task_group group(on.where());
  timer wait(on.where(), steady_time::max());
  for (const int number : {1, 2}) group.spawn(note(wait, number, order));
  co_await pause(on, 2ms);
  CHECK(order.empty());
  wait.expires_after(1ms);
  co_await group.join();
  CHECK(order == std::vector{-1, -2});
  co_await wait.async_wait(use_result);
  CHECK_FALSE(std::get<0>(co_await wait.async_wait(use_result)));  // over is over
  CHECK(wait.cancel() == 0);
}

// One of two that wait for the same time is cancelled: the other's time still comes.
awaitable<> one_of_two(core& on) {
  std::vector<int> order;
  task_group stays(on.where());
  task_group goes(on.where());
  timer wait(on.where(), 10ms);
  goes.spawn(note(wait, 1, order));
  stays.spawn(note(wait, 2, order));
  goes.cancel();
  co_await goes.join();
  co_await stays.join();
  CHECK(order == std::vector{-1, 2});
}

awaitable<> destroyed(core& on) {
  std::vector<int> order;
  task_group group(on.where());
  {
    timer gone(on.where(), 1ms);
    group.spawn(note(gone, 1, order));
  }
  co_await group.join();
  CHECK(order == std::vector{-1});
  co_await pause(on, 5ms);
}

long switches() {
  rusage used = {};
  ::getrusage(RUSAGE_THREAD, &used);
  return used.ru_nvcsw;
}

long ask_switches(core& on) {
  std::atomic<long> answer = -1;
  on.post([&] { answer = switches(); });
  while (answer < 0) std::this_thread::sleep_for(1ms);
  return answer;
}

}  // namespace

TEST_CASE("timers end in the order of their times") {
  loop test;
  test.run(in_order(test.on));
}

TEST_CASE("a timer is never early") {
  loop test;
  test.run(never_early(test.on));
}

TEST_CASE("a new time ends the waits for the old one") {
  loop test;
  test.run(moved_while_waited_for(test.on));
}

TEST_CASE("a cancelled wait takes no other with it") {
  loop test;
  test.run(one_of_two(test.on));
}

TEST_CASE("a timer that is destroyed ends its waits") {
  loop test;
  test.run(destroyed(test.on));
}

TEST_CASE("a core that has nothing to do sleeps, and a post wakes it") {
  core on(0);
  on.start("test-core");
  const long before = ask_switches(on);
  std::this_thread::sleep_for(200ms);
  CHECK(ask_switches(on) - before <= 4);
  on.stop();
  on.join();
}

TEST_CASE("a heap of times agrees with a sorted list") {
  std::mt19937 random(1);
  timed_waits heap;
  std::deque<timed_wait> all(200);
  std::multiset<steady_time> model;
  waiter_list none;
  for (int round = 0; round < 20000; ++round) {
    timed_wait& at = all[random() % all.size()];
    if (at.place == timed_wait::nowhere) {
      at.due = steady_time(std::chrono::milliseconds(random() % 1000));
      heap.add(at);
      model.insert(at.due);
    } else if (random() % 2 == 0) {
      heap.remove(at);
      model.erase(model.find(at.due));
    } else {
      const steady_time now = heap.first();
      heap.take_due(now, none);
      model.erase(model.begin(), model.upper_bound(now));
    }
    CHECK(heap.first() == (model.empty() ? steady_time::max() : *model.begin()));
  }
}
