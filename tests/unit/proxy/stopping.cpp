// Skein stops while cancels are under way from one core for another core's sessions: it ends all
// the same, soon, and leaves nothing behind.
#include <doctest/doctest.h>

#include "backends/postgres/startup.hpp"
#include "tests/unit/proxy/house.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

std::chrono::milliseconds time_to_stop(house& at) {
  const auto start = std::chrono::steady_clock::now();
  at.stop();
  return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

void check_nothing_left(const house& after) {
  CHECK(after.clients() == 0);
  for (const unsigned core : {0, 1}) {
    const auto& counted = after.counters(core);
    CHECK(counted.clients_active.value() == 0);
    CHECK(counted.sessions_active.value() == 0);
    CHECK(counted.server_connections_active.value() == 0);
    CHECK(counted.server_connections_idle.value() == 0);
    CHECK(counted.pool_waiting.value() == 0);
  }
}

unsigned core_of(const guest& who) {
  return session_table::core_of(who.greeting.key.id);
}

// A client on that core whose query the server has and does not answer. Which core takes a new
// connection is the kernel's choice: those that come to another one stay there, at rest.
guest& busy_on(house& at, unsigned core) {
  for (int tries = 0; tries < 100; ++tries) {
    guest& who = at.invite();
    at.perform([&] { return at.enter(who); });
    REQUIRE(who.inside);
    if (core_of(who) != core) continue;
    const auto before = at.counters(core).bytes_to_server.value();
    at.perform([&] { return house::send_query(who); });
    REQUIRE(eventually([&] { return at.counters(core).bytes_to_server.value() > before; }));
    return who;
  }
  FAIL("no connection came to core ", core);
  std::unreachable();
}

// Ends early when the doors are closed.
net::awaitable<> cancel_often(house& at, cancel_key key, int times) {
  while (times-- > 0) {
    const bool heard = co_await at.cancel(key);
    if (!heard) co_return;
  }
}

// Asks to cancel it, again and again, until a connection that the other core took has asked.
void cancel_from_the_other_core(house& at, const guest& victim) {
  const auto& other = at.counters(1 - core_of(victim));
  const auto before = other.cancels_requested.value();
  const auto requested = [&] {
    return at.counters(0).cancels_requested.value() + at.counters(1).cancels_requested.value();
  };
  for (int tries = 0; tries < 200 && other.cancels_requested.value() == before; ++tries) {
    const auto so_far = requested();
    at.let([&at, key = victim.greeting.key] { return cancel_often(at, key, 1); });
    REQUIRE(eventually([&] { return requested() > so_far; }));
  }
  REQUIRE(other.cancels_requested.value() > before);
}

// Comes to that core, and says nothing yet. Those that come to another one stay there.
guest& come_to(house& at, unsigned core) {
  const auto taken = [&](unsigned of) { return at.counters(of).clients_accepted.value(); };
  for (int tries = 0; tries < 100; ++tries) {
    const std::array before{taken(0), taken(1)};
    guest& who = at.invite();
    at.perform([&] { return at.knock(who); });
    REQUIRE(eventually([&] { return taken(0) + taken(1) > before[0] + before[1]; }));
    if (taken(core) > before[core]) return who;
  }
  FAIL("no connection came to core ", core);
  std::unreachable();
}

net::awaitable<> say_all_at_once(std::vector<guest*> crowd, std::string words) {
  for (guest* each : crowd) co_await each->connection.write_all(words);
}

}  // namespace

TEST_CASE("a stop while the server holds on to a cancel from another core") {
  for (const unsigned core : {0, 1}) {
    CAPTURE(core);
    house at({.connect_timeout = 300ms}, {.swallows_cancels = true, .never_answers = true});
    guest& victim = busy_on(at, core);
    const auto calls = at.calls();
    cancel_from_the_other_core(at, victim);
    REQUIRE(eventually([&] { return at.calls() > calls; }));  // it is under way
    CHECK(time_to_stop(at) < 3s);
    check_nothing_left(at);
    CHECK(at.counters(core).cancels_sent.value() == 0);
    at.perform([&] { return house::hear_to_the_end(victim); });
    CHECK(victim.heard.find("08007") != std::string::npos);  // its query may have been done
  }
}

TEST_CASE("a stop in a storm of cancels on every core") {
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    house at({}, {.never_answers = true});
    const cancel_key keys[] = {
        busy_on(at, 0).greeting.key, busy_on(at, 1).greeting.key, {200U << 20, "no such core"}};
    for (int storms = 0; storms < 40; ++storms) {
      for (const auto& key : keys) {
        at.let([&at, key] { return cancel_often(at, key, 2000); });
      }
    }
    for (const unsigned core : {0, 1}) {
      REQUIRE(eventually([&] { return at.counters(core).cancels_sent.value() > 0; }));
    }
    CHECK(time_to_stop(at) < 3s);
    check_nothing_left(at);
  }
}

// The core that is asked has nothing else to do and could end at once: but then nobody would tell
// the askers that their cancels are over. They come from a core that is held up when the stop is
// called, and goes on when the other could be gone.
TEST_CASE("a stop while cancels arrive for a core that is idle") {
  house at({});
  std::vector<guest*> crowd(10);
  for (guest*& each : crowd) each = &come_to(at, 1);
  at.hold_up(300ms);
  come_to(at, 1);
  at.hold_up(0ms);
  at.perform([&] { return say_all_at_once(crowd, postgres::cancel_request({0, "none"})); });
  CHECK(time_to_stop(at) < 3s);
  check_nothing_left(at);
  CHECK(at.counters(1).cancels_requested.value() > 0);
}
