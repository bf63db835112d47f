// How long a server is left alone that could not be had: by a clock of the test's own, and by many
// sessions that wait for one.
#include "proxy/respite.hpp"

#include <doctest/doctest.h>

#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const credentials who{"app", "secret"};
const login_request request{"app", "shop", {}};

// Borrows, and says after how long it had one, or that there was none.
net::awaitable<> want_one(stage& now, std::chrono::milliseconds& took, int& served) {
  const auto start = std::chrono::steady_clock::now();
  errand what{who, request, start + now.cluster.pool.wait};
  auto got = co_await now.home.obtain(what);
  took = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  if (!got) co_return;
  ++served;
  give_back(std::move(*got));
}

}  // namespace

TEST_CASE("a respite doubles to its longest, and begins anew") {
  respite rest;
  const auto start = respite::time{} + 1h;
  auto now = start;
  for (const auto length : {100ms, 200ms, 400ms, 800ms, 1600ms, 2000ms, 2000ms}) {
    CHECK(rest.after_failure(now, 0.0) == now + length);
    now += length;
  }
  CHECK(rest.over());
  CHECK_FALSE(rest.over());
  CHECK(rest.after_failure(now, 0.0) == now + 100ms);
}

TEST_CASE("those that fail in one respite count as one, and are spread behind it") {
  respite rest;
  const auto start = respite::time{} + 1h;
  rest.after_failure(start, 0.0);
  for (const auto later : {0ms, 50ms, 99ms}) {
    CHECK(rest.after_failure(start + later, 0.0) == start + 100ms);
    CHECK(rest.after_failure(start + later, 0.4) == start + 110ms);
  }
  CHECK(rest.after_failure(start + 100ms, 1.0) == start + 350ms);
}

TEST_CASE("a server that is down is asked ever less often, and all are told by pool.wait") {
  stage now(16);
  now.cluster.pool.wait = 1500ms;
  now.dial.fails_with = net::asio::error::connection_refused;
  std::array<std::chrono::milliseconds, 10> took{};
  int served = 0;
  now.core.post([&] {
    for (auto& each : took) now.visitors.spawn(want_one(now, each, served));
  });
  now.run_to_the_end();
  CHECK(served == 0);
  for (const auto each : took) CHECK(each <= 1700ms);
  // Each at once, after 100, 300, 700 ms and at the end; it was every 100 ms.
  CHECK(now.dial.dialled.size() >= 3 * took.size());
  CHECK(now.dial.dialled.size() <= 6 * took.size());
}

TEST_CASE("who is served first ends the respite of all") {
  stage now(16);
  now.cluster.pool.wait = 20s;
  now.dial.fails_with = net::asio::error::connection_refused;
  std::array<std::chrono::milliseconds, 4> took{};
  std::chrono::milliseconds newcomer{};
  int served = 0;
  net::deadline up(now.core.wheel(), [&] {
    now.dial.fails_with = {};
    now.visitors.spawn(want_one(now, newcomer, served));
  });
  now.core.post([&] {
    for (auto& each : took) now.visitors.spawn(want_one(now, each, served));
    up.arm(850ms);  // the respite that has begun at 700 ms would last until 1500 ms
  });
  now.run_to_the_end();
  CHECK(served == 5);
  for (const auto each : took) CHECK(each < 1400ms);
}
