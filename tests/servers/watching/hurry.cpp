// How often members are looked at: seldom, and as long as somebody hurries, often.
#include <doctest/doctest.h>

#include <thread>

#include "tests/servers/watching/watched.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

int views_within(const watched& at, std::chrono::milliseconds time) {
  const int before = at.views();
  std::this_thread::sleep_for(time);
  return at.views() - before;
}

}  // namespace

TEST_CASE("members are looked at often for a second after somebody hurries, and then as before") {
  auto shop = cluster::start(engine::postgres, {.followers = 2});
  watched at(shop, {}, {.interval = 200ms, .quick_interval = 20ms});
  at.wait_until_serves("b");
  at.wait_until_serves("c");
  CHECK(views_within(at, 1000ms) <= 3 * 7);
  (*at).hurry();
  const int quick = views_within(at, 800ms);
  CHECK(quick > 3 * 15);  // 3 * 40, but for what a busy machine takes
  CHECK(quick <= 3 * 46);
  CHECK(views_within(at, 1000ms) < quick);
  CHECK(views_within(at, 1000ms) <= 3 * 7);
}

TEST_CASE("who sleeps long is awake at once when somebody hurries, and goes on for as long") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  watched at(shop, {}, {.interval = 1min, .quick_interval = 20ms});
  wait_until([&] { return (*(*at).now()).observed; }, 10s, "both are seen");
  std::this_thread::sleep_for(100ms);
  shop.leader().query("create table t (n int)");
  const auto hurried_at = std::chrono::steady_clock::now();
  (*at).hurry();
  wait_until([&] { return at.member("a").asked > hurried_at && at.member("b").asked > hurried_at; },
             1s, "both are looked at");
  // A promise of that look is kept within a few more.
  const auto owed = at.member("a").last.written.rank;
  wait_until([&] { return at.member("b").last.applied.rank >= owed; }, 3s, "the follower is fresh");
  for (int i = 0; i < 15; ++i) {  // longer than one call lasts
    (*at).hurry();
    std::this_thread::sleep_for(100ms);
  }
  CHECK(views_within(at, 300ms) >= 4);
}

TEST_CASE("who does not answer is not asked more often because somebody hurries") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  watched at(shop, {}, {.interval = 500ms, .quick_interval = 10ms});
  at.wait_until_serves("b");
  shop.leader().stop();
  shop.follower(0).stop();
  wait_until([&] { return !at.member("a").reachable && !at.member("b").reachable; }, 10s,
             "both are gone");
  (*at).hurry();
  CHECK(views_within(at, 700ms) <= 2 * 3);
}
