#include "metrics/counters.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace skein::metrics;
using namespace std::chrono_literals;

namespace {

std::size_t bucket_of(std::chrono::nanoseconds took) {
  latency_histogram histogram;
  histogram.observe(took);
  for (std::size_t index = 0; index < latency_histogram::bucket_count; ++index) {
    if (histogram.bucket(index) == 1) return index;
  }
  return latency_histogram::bucket_count;
}

}  // namespace

TEST_CASE("bounds of the histogram grow from 50 us to 60 s") {
  CHECK(latency_histogram::bounds.front() == 50us);
  CHECK(latency_histogram::bounds.back() == 60s);
  for (std::size_t at = 1; at < latency_histogram::bounds.size(); ++at)
    CHECK(latency_histogram::bounds[at - 1] < latency_histogram::bounds[at]);
}

TEST_CASE("a duration falls into the first bucket whose bound it does not pass") {
  CHECK(bucket_of(0ns) == 0);
  CHECK(bucket_of(-5s) == 0);
  for (std::size_t at = 0; at < latency_histogram::bounds.size(); ++at) {
    CHECK(bucket_of(latency_histogram::bounds[at]) == at);
    CHECK(bucket_of(latency_histogram::bounds[at] + 1ns) == at + 1);
  }
  CHECK(bucket_of(24h) == latency_histogram::bucket_count - 1);
}

TEST_CASE("the histogram sums what it observed") {
  latency_histogram histogram;
  histogram.observe(150us);
  histogram.observe(2ms);
  histogram.observe(-1ms);  // a clock that stepped back counts as no time at all
  CHECK(histogram.sum() == 2150us);
}

TEST_CASE("gauges go up and down, and below zero on one core") {
  gauge one;
  one.add();
  one.subtract(3);
  CHECK(one.value() == -2);
  one.set(7);
  CHECK(one.value() == 7);
}

TEST_CASE("a reader beside the writer never sees a count fall") {
  core_counters counters;
  constexpr std::uint64_t rounds = 200'000;
  std::thread writer([&] {
    for (std::uint64_t round = 0; round < rounds; ++round) counters.queries.add();
  });
  bool fell = false;
  for (std::uint64_t last = 0; last < rounds;) {
    const auto seen = counters.queries.value();
    fell = fell || seen < last;
    last = seen;
  }
  writer.join();
  CHECK_FALSE(fell);
  CHECK(counters.queries.value() == rounds);
}

TEST_CASE("two cores do not share a cache line") {
  static_assert(alignof(core_counters) >= 64);
  static_assert(sizeof(core_counters) % 64 == 0);
}
