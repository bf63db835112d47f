#include "routing/token_bucket.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace skein::routing;
using namespace std::chrono_literals;

namespace {

constexpr moment start{1h};

std::size_t drawn(token_bucket& from, moment at, std::size_t attempts) {
  std::size_t passed = 0;
  for (std::size_t i = 0; i < attempts; ++i) passed += from.draw(at) ? 1 : 0;
  return passed;
}

}  // namespace

TEST_CASE("a bucket is full at first, is emptied, and fills evenly to its brim") {
  token_bucket bucket({.per_second = 10, .burst = 5});
  struct step {
    std::chrono::milliseconds at;
    std::size_t passed;
  };
  for (const step& each : std::vector<step>{{0ms, 5},
                                            {0ms, 0},
                                            {99ms, 0},
                                            {100ms, 1},
                                            {199ms, 0},
                                            {450ms, 3},
                                            {500ms, 1},
                                            {10s, 5},
                                            {10s + 50ms, 0}}) {
    CAPTURE(each.at.count());
    CHECK(drawn(bucket, start + each.at, 100) == each.passed);
  }
}

TEST_CASE("over a long time no more than the rate passes, and no less") {
  for (const unsigned per_second : {1U, 3U, 7U, 1000U, 1'000'000U}) {
    CAPTURE(per_second);
    token_bucket bucket({.per_second = per_second, .burst = per_second});
    CHECK(drawn(bucket, start, 2UZ * per_second) == per_second);
    CHECK(drawn(bucket, start + 1s, 2UZ * per_second) == per_second);
  }
}

TEST_CASE("a time that lags behind another core's neither refills nor empties a bucket") {
  token_bucket bucket({.per_second = 10, .burst = 2});
  CHECK(drawn(bucket, start, 9) == 2);
  CHECK_FALSE(bucket.draw(start - 50ms));
  CHECK_FALSE(bucket.draw(moment{}));
  CHECK(drawn(bucket, start + 100ms, 9) == 1);
}

TEST_CASE("cores that draw at one time get what there is and no more") {
  token_bucket bucket({.per_second = 1, .burst = 1000});
  std::atomic<std::size_t> passed = 0;
  std::vector<std::thread> cores;
  for (int i = 0; i < 4; ++i) {
    cores.emplace_back([&] { passed += drawn(bucket, start, 2000); });
  }
  for (auto& each : cores) each.join();
  CHECK(passed == 1000);
}
