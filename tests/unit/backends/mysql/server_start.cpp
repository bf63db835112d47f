// Whether a server was started again since the look before, by what it says of its age.
#include "backends/mysql/server_start.hpp"

#include <doctest/doctest.h>

using namespace skein::mysql;
using namespace std::chrono_literals;

namespace {

// At that second of both clocks.
sign_of_life at(double second, std::uint64_t connection, double uptime) {
  const auto when = std::chrono::nanoseconds(static_cast<std::int64_t>(second * 1e9));
  return {connection, when, when + 10ms, 1'700'000'000 + second, uptime};
}

}  // namespace

TEST_CASE("the same start is told a second earlier or later, and stays the same") {
  server_start one;
  const auto first = one.by(at(10.0, 1, 7));
  CHECK(first == 1'700'000'003'000'000);
  CHECK(one.by(at(10.9, 1, 7)) == first);
  CHECK(one.by(at(11.0, 1, 8)) == first);
  CHECK(one.by(at(60.0, 2, 57)) == first);
  CHECK(one.by(at(61.9, 3, 58)) == first);
}

TEST_CASE("a server that was started again at once is another") {
  server_start one;
  const auto first = one.by(at(10.0, 1, 0));
  const auto second = one.by(at(10.8, 2, 0));
  CHECK(second != first);
  CHECK(one.by(at(11.0, 2, 1)) == second);
  const auto third = one.by(at(12.0, 3, 0));
  CHECK(third != second);
  CHECK(third != first);
  // To the microsecond when the one before was.
  CHECK(one.by(at(12.0, 4, 0)) != third);
}

TEST_CASE("a server that was started again after long is another") {
  server_start one;
  const auto first = one.by(at(10.0, 1, 5000));
  CHECK(one.by(at(11.0, 2, 0)) != first);
  // It took so long until it was there.
  const auto second = one.by(at(12.0, 2, 1));
  CHECK(one.by(at(92.0, 3, 79)) != second);
}

TEST_CASE("a connection that breaks is no start of a server that has been up for longer") {
  server_start one;
  const auto first = one.by(at(10.0, 1, 9));
  CHECK(one.by(at(15.0, 2, 14)) == first);
  CHECK(one.by(at(400.0, 3, 399)) == first);
}

TEST_CASE("a clock that is set is no start") {
  server_start one;
  const auto first = one.by(at(10.0, 1, 9));
  sign_of_life later = at(11.0, 1, 10);
  later.clock += 3600;
  CHECK(one.by(later) == first);
}
