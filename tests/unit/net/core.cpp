#include "net/core.hpp"

#include "tests/unit/net/loop.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

TEST_CASE("a core runs what other threads post to it, on its own thread") {
  core on(3);
  CHECK(on.number() == 3);
  CHECK(on.scratch().size() >= 16384);
  on.start("a name longer than fifteen characters");
  std::atomic<int> done = 0;
  std::atomic<bool> elsewhere = true;
  const auto here = std::this_thread::get_id();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int count = 0; count < 1000; ++count) {
        on.post([&] {
          if (std::this_thread::get_id() == here) elsewhere = false;
          ++done;
        });
      }
    });
  }
  for (auto& each : threads) each.join();
  while (done < 4000) std::this_thread::sleep_for(1ms);
  CHECK(elsewhere);
  on.stop();
  on.join();
}

TEST_CASE("cores work beside each other") {
  std::atomic<int> passed = 0;
  {
    std::vector<std::unique_ptr<core>> cores;
    std::vector<std::unique_ptr<deadline>> limits;
    for (unsigned number = 0; number < 3; ++number) {
      cores.push_back(std::make_unique<core>(number));
      limits.push_back(std::make_unique<deadline>(cores.back()->wheel(), [&] { ++passed; }));
      cores.back()->start("core");
    }
    for (std::size_t number = 0; number < 3; ++number) {
      cores[number]->post([&limit = *limits[number]] { limit.arm(20ms); });
    }
    while (passed < 3) std::this_thread::sleep_for(1ms);
    for (auto& each : cores) each->stop();
    for (auto& each : cores) each->join();
    limits.clear();
  }
  CHECK(passed == 3);
}

TEST_CASE("a core ends with its last task, whether or not one is left by then") {
  for (const bool own_thread : {false, true}) {
    for (int tasks = 0; tasks < 3; ++tasks) {
      CAPTURE(own_thread);
      CAPTURE(tasks);
      core on(0);
      task_group last(on.where());
      for (int task = 0; task < tasks; ++task) last.spawn(pause(on, 1ms));
      if (own_thread) on.start("test-core");
      on.finish(last);
      CHECK(last.size() == 0);
    }  // a task that the core left behind aborts here
  }
}
