// What becomes of server connections that nobody uses: closed when unused for long or old, kept
// warm for who was served lately; and how many are opened at one time.
#include <doctest/doctest.h>

#include "backends/postgres/errors.hpp"
#include "proxy/lifetime.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const credentials who{"app", "secret"};
const login_request apples{"app", "apples", {}};
const login_request pears{"app", "pears", {}};

// Has a connection for a while, `times` times; `other` counts how often it was another one.
net::awaitable<> use(stage& now, const login_request& what, std::chrono::milliseconds each,
                     int times, int& other) {
  const server_connection* last = nullptr;
  for (int i = 0; i < times; ++i) {
    errand wanted{who, what, std::chrono::steady_clock::now() + 20s};
    auto got = co_await now.home.obtain(wanted);
    if (!got) co_return;
    if (got->get() != last) ++other;
    last = got->get();
    co_await nap(now.core, each);
    give_back(std::move(*got));
  }
}

// The number of idle connections when it changes, until `end`.
net::awaitable<> watch_idle(stage& now, std::chrono::milliseconds end, std::string& seen) {
  const auto until = std::chrono::steady_clock::now() + end;
  while (std::chrono::steady_clock::now() < until) {
    const char idle = static_cast<char>('0' + now.counters.server_connections_idle.value());
    if (seen.empty() || seen.back() != idle) seen += idle;
    co_await nap(now.core, 1ms);
  }
}

net::awaitable<> ask_in_vain(stage& now, std::string& told) {
  errand wanted{who, apples, std::chrono::steady_clock::now() + now.cluster.pool.wait};
  const auto got = co_await now.home.obtain(wanted);
  if (!got) told = got.error().text_for_client;
}

net::awaitable<lease> take_one(stage& now) {
  errand wanted{who, apples, std::chrono::steady_clock::now() + 20s};
  auto got = co_await now.home.obtain(wanted);
  REQUIRE(got.has_value());
  co_return std::move(*got);
}

// Opens three, which come back as a, b, c; then lends all three, and once more when b comes back
// behind the others.
net::awaitable<> lend_out(stage& now, std::string& order) {
  std::vector<lease> known;
  for (int i = 0; i < 3; ++i) known.push_back(co_await take_one(now));
  for (const lease& each : known) give_back(each);
  const auto name = [&](const lease& of) {
    return static_cast<char>('a' + (std::ranges::find(known, of) - known.begin()));
  };
  for (int i = 0; i < 3; ++i) order += name(co_await take_one(now));
  order += " then ";
  for (const int each : {2, 0, 1}) give_back(known[each]);
  const lease last = co_await take_one(now);
  order += name(last);
  give_back(last);
}

}  // namespace

TEST_CASE("a lifetime lies between four fifths of the whole and the whole, by lot") {
  CHECK(lifetime_of_one(1000ms, 0.0) == 800ms);
  CHECK(lifetime_of_one(1000ms, 0.5) == 900ms);
  CHECK(lifetime_of_one(1000ms, 0.999) == 999ms);
}

TEST_CASE("a connection that is too old is closed when it comes back, and not before") {
  for (const auto lifetime : {0ms, 30ms}) {
    CAPTURE(lifetime.count());
    stage now;
    now.cluster.pool.lifetime = lifetime;
    int other = 0;
    now.core.post([&] { now.visitors.spawn(use(now, apples, 50ms, 3, other)); });
    now.run_to_the_end();
    CHECK(other == (lifetime == 0ms ? 1 : 3));
    CHECK(now.counters.server_connections_opened.value() == (lifetime == 0ms ? 1 : 3));
    CHECK(now.all_places_free());
  }
}

TEST_CASE("an idle connection that becomes too old is closed") {
  stage now;
  now.cluster.pool.idle_check = 10ms;
  now.cluster.pool.lifetime = 60ms;
  int other = 0;
  std::string seen;
  now.core.post([&] {
    now.visitors.spawn(use(now, apples, 1ms, 1, other));
    now.visitors.spawn(watch_idle(now, 200ms, seen));
  });
  now.run_to_the_end();
  CHECK(seen == "010");
}

TEST_CASE("what is unused for long is closed, but for what is kept warm") {
  struct way {
    std::size_t min_idle;
    std::chrono::milliseconds lately;
    std::string seen;
  };
  const std::vector<way> ways = {
      {0, 1h, "010"}, {1, 1h, "01"}, {2, 1h, "012"}, {1, 100ms, "010"}, {9, 1h, "01234"}};
  for (const auto& [min_idle, lately, wanted] : ways) {
    CAPTURE(min_idle);
    CAPTURE(lately.count());
    stage now(4);
    now.cluster.pool.idle_check = 10ms;
    now.cluster.pool.idle = 50ms;
    now.cluster.pool.min_idle = min_idle;
    now.cluster.pool.lately = lately;
    int other = 0;
    std::string seen;
    now.core.post([&] {
      now.visitors.spawn(use(now, apples, 1ms, 1, other));
      now.visitors.spawn(watch_idle(now, 300ms, seen));
    });
    now.run_to_the_end();
    // Those that are opened together may be seen together.
    CHECK(seen.front() == '0');
    CHECK_MESSAGE(seen.back() == wanted.back(), seen);
    if (min_idle < 2) CHECK(seen == wanted);
    CHECK(now.all_places_free());
  }
}

TEST_CASE("what is kept warm makes way for who asks, and comes back when there is room") {
  stage now(2);
  now.cluster.pool.idle_check = 10ms;
  now.cluster.pool.min_idle = 2;
  int other = 0;
  std::string seen;
  now.core.post([&] {
    now.visitors.spawn(use(now, apples, 1ms, 1, other));
    now.visitors.spawn(watch_idle(now, 100ms, seen));
  });
  int pear = 0;
  net::deadline later(now.core.wheel(),
                      [&] { now.visitors.spawn(use(now, pears, 20ms, 1, pear)); });
  now.core.post([&] { later.arm(50ms); });
  now.run_to_the_end();
  CHECK(pear == 1);
  CHECK(seen.contains('2'));
}

TEST_CASE("a pair whose login is refused is not tried again, and kept warm no more") {
  stage now;
  now.cluster.pool.idle_check = 10ms;
  now.cluster.pool.idle = 40ms;
  now.cluster.pool.min_idle = 2;
  int other = 0;
  std::string seen;
  now.core.post([&] {
    now.visitors.spawn(use(now, apples, 1ms, 1, other));
    now.visitors.spawn(watch_idle(now, 200ms, seen));
  });
  net::deadline changed(now.core.wheel(), [&] {
    now.habits.refusal = postgres::error_response(
        {error_kind::login, fault::client, {}, "the password is another", {}});
  });
  now.core.post([&] { changed.arm(1ms); });
  now.run_to_the_end();
  CHECK(now.dial.dialled.size() == 2);
  CHECK(now.counters.server_connections_failed.value() == 1);
  CHECK(seen == "010");  // what there was has gone when it was unused for long
}

TEST_CASE("Skein stops at once in the middle of opening what is to be kept warm") {
  stage now;
  now.cluster.pool.idle_check = 10ms;
  now.cluster.pool.min_idle = 2;
  now.cluster.pool.connect_timeout = 30s;
  now.cluster.pool.wait = 30s;
  int other = 0;
  std::string seen;
  now.core.post([&] {
    now.visitors.spawn(use(now, apples, 1ms, 1, other));
    now.visitors.spawn(watch_idle(now, 80ms, seen));
  });
  net::deadline mute(now.core.wheel(), [&] { now.dial.never_answers = true; });
  now.core.post([&] { mute.arm(1ms); });
  const auto start = std::chrono::steady_clock::now();
  now.run_to_the_end();
  CHECK(std::chrono::steady_clock::now() - start < 5s);
  CHECK(now.dial.dialled.size() == 2);
  CHECK(now.all_places_free());
}

TEST_CASE("of the idle connections the one used last is lent first") {
  stage now;
  std::string order;
  now.core.post([&] { now.visitors.spawn(lend_out(now, order)); });
  now.run_to_the_end();
  CHECK(order == "cba then b");
}

TEST_CASE("a storm of clients becomes no storm of logins, and all are served") {
  for (const std::size_t logins : {1UZ, 3UZ}) {
    CAPTURE(logins);
    stage now(10, logins);
    now.habits.ponders = 10ms;
    std::array<int, 8> served = {};
    now.core.post([&] {
      for (int& each : served) now.visitors.spawn(use(now, apples, 200ms, 1, each));
    });
    now.run_to_the_end();
    CHECK(now.habits.signing_in_most == static_cast<int>(logins));
    CHECK(served == std::array{1, 1, 1, 1, 1, 1, 1, 1});
    CHECK(now.counters.server_connections_opened.value() == 8);
    CHECK(now.all_places_free());
  }
}

TEST_CASE("who waits for leave to sign in takes a connection that comes back, and closes none") {
  stage now(10, 1);
  now.habits.ponders = 40ms;
  int one = 0;
  int two = 0;
  int pear = 0;
  now.core.post([&] {
    now.visitors.spawn(use(now, apples, 10ms, 1, one));   // signs in, gives back at 50 ms
    now.visitors.spawn(use(now, pears, 1ms, 1, pear));    // signs in until 80 ms
    now.visitors.spawn(use(now, apples, 200ms, 1, two));  // waits behind it
  });
  now.run_to_the_end();
  CHECK(one + two + pear == 3);
  CHECK(now.counters.server_connections_opened.value() == 2);
}

TEST_CASE("who waits in vain for leave to sign in hears which bound it was") {
  stage now(10, 1);
  now.cluster.pool.wait = 50ms;
  const auto busy = now.places.try_take();
  std::string told;
  now.core.post([&] { now.visitors.spawn(ask_in_vain(now, told)); });
  now.run_to_the_end();
  CHECK_MESSAGE(told.contains("pool.logins"), told);
}
