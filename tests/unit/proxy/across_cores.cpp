// Clients on several cores before fewer server connections than there are clients: a place that one
// core frees, or only keeps warm, reaches who waits for it on another, and so does an open
// connection that fits.
#include <doctest/doctest.h>

#include "tests/unit/proxy/house.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

constexpr int visits = 40;  // of each

struct tally {
  int served = 0;
  int failed = 0;
  std::chrono::steady_clock::duration longest{};
};

// Comes, asks, leaves, and comes again at once.
net::awaitable<> visit_often(house& at, std::string database, int times, tally& all) {
  while (times-- > 0) {
    guest who;
    const login_request request{"app", database, {}};
    const auto start = std::chrono::steady_clock::now();
    co_await at.enter(who, request);
    all.longest = std::max(all.longest, std::chrono::steady_clock::now() - start);
    bool answered = false;
    if (who.inside) answered = co_await house::ask(who);
    ++(answered ? all.served : all.failed);
    if (who.inside) co_await house::leave(who);
  }
}

net::awaitable<> visit_together(house& at, std::vector<std::string> databases, tally& all) {
  net::task_group visitors(at.where());
  for (auto& each : databases) visitors.spawn(visit_often(at, each, visits, all));
  co_await visitors.join();
}

net::awaitable<> ask_often(guest& one, int times, int& answers) {
  for (bool goes_on = true; goes_on && times-- > 0;) {
    goes_on = co_await house::ask(one);
    one.heard.clear();
    answers += goes_on;
  }
}

unsigned core_of(const guest& one) {
  return session_table::core_of(one.greeting.key.id);
}

// Until there are so many on each of two cores.
net::awaitable<> enter_both(house& at, std::size_t each, std::vector<guest*>& inside) {
  std::array<std::size_t, 2> here = {};
  while (here[0] < each || here[1] < each) {
    guest& one = at.invite();
    co_await at.enter(one);
    if (!one.inside) co_return;
    if (here[core_of(one)]++ < each) {
      inside.push_back(&one);
    } else {
      co_await house::leave(one);
    }
  }
}

net::awaitable<> ask_at_once(house& at, std::vector<guest*>& all, int times, int& answers) {
  net::task_group asking(at.where());
  for (guest* const each : all) asking.spawn(ask_often(*each, times, answers));
  co_await asking.join();
}

net::awaitable<> ask_by_turns(std::vector<guest*>& all, int times, int& answers) {
  for (int i = 0; i < times; ++i) {
    for (guest* const each : all) co_await ask_often(*each, 1, answers);
  }
}

// Who is overlooked waits for all of pool.wait and is refused then.
void check_all_are_served(std::size_t places, const std::vector<std::string>& databases) {
  house at({.size = places, .wait = 4s});
  tally all;
  at.perform([&] { return visit_together(at, databases, all); });
  CHECK(all.failed == 0);
  CHECK(all.served == visits * static_cast<int>(databases.size()));
  CHECK(all.longest < 3s);
  const auto idle = [&](unsigned core) {
    return at.counters(core).server_connections_idle.value();
  };
  CHECK(eventually([&] { return idle(0) + idle(1) > 0; }));  // nobody waits: it stays warm
  for (const unsigned core : {0, 1}) {
    CHECK(at.counters(core).clients_accepted.value() > 0);
    CHECK(at.counters(core).pool_waiting.value() == 0);
  }
}

}  // namespace

TEST_CASE("one place, handed from core to core") {
  check_all_are_served(1, {"shop", "shop"});
  check_all_are_served(1, {"shop", "shop", "shop", "shop", "shop", "shop"});
}

TEST_CASE("warm connections that who waits cannot use make place for ones that it can") {
  check_all_are_served(1, {"shop", "yard"});
  check_all_are_served(3, {"shop", "shop", "yard", "yard", "barn", "barn", "pond", "pond"});
}

TEST_CASE("an open connection goes to the core where it is wanted, and none is opened for that") {
  for (const std::size_t places : {1UZ, 2UZ}) {
    for (const std::size_t clients : {1UZ, 4UZ}) {
      CAPTURE(places);
      CAPTURE(clients);
      constexpr int times = 100;
      house at({.size = places, .wait = 10s}, {.answers_max = 1'000'000});
      std::vector<guest*> inside;
      int answers = 0;
      at.perform([&] { return enter_both(at, clients, inside); });
      REQUIRE(inside.size() == 2 * clients);
      at.perform([&] { return ask_at_once(at, inside, 1, answers); });
      const unsigned opened = at.calls();
      at.perform([&] { return ask_at_once(at, inside, times, answers); });
      at.perform([&] { return ask_by_turns(inside, times, answers); });
      CHECK(answers == static_cast<int>(inside.size()) * (2 * times + 1));
      CHECK(at.calls() == opened);
      CHECK(opened == places);
      const auto sum = [&](auto gauge) {
        return (at.counters(0).*gauge).value() + (at.counters(1).*gauge).value();
      };
      using counters = metrics::core_counters;
      CHECK(eventually([&] {
        return sum(&counters::server_connections_idle) == static_cast<std::int64_t>(opened) &&
               sum(&counters::server_connections_active) == 0;
      }));
      for (const unsigned core : {0U, 1U}) CHECK(at.counters(core).queries.value() > 2 * times);
    }
  }
}
