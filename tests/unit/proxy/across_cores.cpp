// Clients on several cores before fewer server connections than there are clients: a place that one
// core frees, or only keeps warm, reaches who waits for it on another.
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
