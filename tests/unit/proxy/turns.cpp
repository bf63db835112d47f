// Whose turn it is when a server connection comes back: the longest waiting one's, whoever comes
// meanwhile; and how far a connection that fits a later one may go past it.
#include <doctest/doctest.h>

#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const credentials who{"app", "secret"};
const login_request apples{"app", "apples", {}};
const login_request pears{"app", "pears", {}};

struct tally {
  std::string order = {};  // who had the connection, one after the other
  int failed = 0;
};

// Has a connection `times` times, for a moment each.
net::awaitable<> take_turns(stage& now, const login_request& what, char name, int times,
                            tally& all) {
  for (int i = 0; i < times; ++i) {
    errand wanted{who, what, std::chrono::steady_clock::now() + 20s};
    auto got = co_await now.home.obtain(wanted);
    if (!got) {
      ++all.failed;
      co_return;
    }
    all.order += name;
    co_await nap(now.core, 1ms);
    give_back(std::move(*got));
  }
}

net::awaitable<> look_at_idle(stage& now, std::chrono::milliseconds later, std::int64_t& idle) {
  co_await nap(now.core, later);
  idle = now.counters.server_connections_idle.value();
}

net::awaitable<> move_lead(stage& now, const tally& all) {
  while (all.order.empty()) co_await nap(now.core, 0ms);
  routing::cluster_view next = *now.home.now();
  ++next.epoch;
  next.members[0].address.host = "elsewhere";
  now.home.see(std::make_shared<routing::cluster_view>(next));
}

}  // namespace

TEST_CASE("who gives its connection back and wants another stands behind those who wait") {
  stage now(1);
  tally all;
  now.core.post([&] {
    now.visitors.spawn(take_turns(now, apples, 'h', 20, all));
    now.visitors.spawn(take_turns(now, apples, 'a', 1, all));
    now.visitors.spawn(take_turns(now, apples, 'b', 1, all));
  });
  now.run_to_the_end();
  CHECK(all.order == "hab" + std::string(19, 'h'));
  CHECK(now.counters.server_connections_opened.value() == 1);  // handed on as it was
}

TEST_CASE("a login that fits no connection is overtaken a few times by others, not for ever") {
  stage now(1);
  tally all;
  now.core.post([&] {
    now.visitors.spawn(take_turns(now, apples, 'a', 30, all));
    now.visitors.spawn(take_turns(now, pears, 'p', 1, all));
    now.visitors.spawn(take_turns(now, apples, 'b', 30, all));
  });
  now.run_to_the_end();
  CHECK(all.order.find('p') == 1 + waiting_line::overtakings_max);
  CHECK(all.order.size() == 61);
  CHECK(now.counters.server_connections_opened.value() == 3);
}

TEST_CASE("whoever waits is served while connections come and go, of several kinds") {
  stage now(2);
  tally all;
  now.core.post([&] {
    for (const char name : {'a', 'b', 'c'}) {
      now.visitors.spawn(take_turns(now, apples, name, 20, all));
      now.visitors.spawn(take_turns(now, pears, static_cast<char>(name + 10), 20, all));
    }
  });
  now.run_to_the_end();
  CHECK(all.failed == 0);
  CHECK(all.order.size() == 120);
  CHECK(now.all_places_free());
  CHECK(now.counters.pool_waiting.value() == 0);
}

TEST_CASE("who waits for a leader that has moved on chooses anew") {
  stage now(1);
  tally all;
  now.core.post([&] {
    now.visitors.spawn(take_turns(now, apples, 'h', 1, all));
    now.visitors.spawn(take_turns(now, apples, 'a', 1, all));
    now.visitors.spawn(take_turns(now, apples, 'b', 1, all));
    now.visitors.spawn(move_lead(now, all));
  });
  now.run_to_the_end();
  CHECK(all.order == "hab");
  REQUIRE(now.dial.dialled.size() == 2);
  CHECK(now.dial.dialled[1].host == "elsewhere");
}

TEST_CASE("a server connection that its server has closed does not keep its place for long") {
  stage now(1);
  now.habits.dozes = 20ms;
  now.habits.answers_max = 0;
  tally all;
  std::int64_t idle_at_once = -1;
  std::int64_t idle_later = -1;
  now.core.post([&] {
    now.visitors.spawn(take_turns(now, apples, 'a', 1, all));
    now.visitors.spawn(look_at_idle(now, 5ms, idle_at_once));
    now.visitors.spawn(look_at_idle(now, 100ms, idle_later));
  });
  now.run_to_the_end();
  CHECK(idle_at_once == 1);
  CHECK(idle_later == 0);
}
