// What timing costs on the path of a query: no allocation.
#include <doctest/doctest.h>

#include "tests/unit/net/allocations.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

// By all parties, the scripted ones included.
std::size_t allocations(int queries, const time_limits& times) {
  stage now;
  now.cluster.times = times;
  const std::size_t before = skein::net::allocated.count;
  now.perform(queries, nullptr);
  now.run_to_the_end();
  CHECK(now.answers == queries);
  return skein::net::allocated.count - before;
}

}  // namespace

TEST_CASE("timing statements, transactions and silences allocates nothing a query") {
  constexpr int many = 2000;
  const time_limits all{10s, 10s, 10s};
  allocations(many, {});  // warms up
  const auto plain = allocations(many, {}) - allocations(1, {});
  const auto timed = allocations(many, all) - allocations(1, all);
  MESSAGE("allocations of ", many, " queries: ", plain, ", timed: ", timed);
  CHECK(timed < plain + many / 20);
}
