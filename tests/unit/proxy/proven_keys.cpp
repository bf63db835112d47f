// What a client has proved is its sessions' own: the pool opens connections with it in their name
// while one of them is there, and keeps none of it behind.
#include <doctest/doctest.h>

#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

credentials prover(std::string_view key) {
  return {.user = "app", .verifier = "what servers store", .proven = wiped(key)};
}

struct scene : stage {
  scene() {
    cluster.pool.idle_check = 10ms;
    cluster.pool.min_idle = 2;
  }
  void play(net::awaitable<> (*how)(scene&)) {
    core.post([this, how] { visitors.spawn(how(*this)); });
    run_to_the_end();
    CHECK(all_places_free());
  }
  member_pools& all() { return home.pools(); }
  std::int64_t idle() const { return counters.server_connections_idle.value(); }
  // A session borrows once.
  net::awaitable<> use(const credentials& who) {
    const login_request request{"app", "shop", {}};
    errand wanted{who, request, std::chrono::steady_clock::now() + 5s};
    auto got = co_await home.obtain(wanted);
    REQUIRE(got.has_value());
    give_back(std::move(*got));
  }
  net::awaitable<> until_idle(std::int64_t wanted) {
    for (int i = 0; i < 5000 && idle() != wanted; ++i) co_await nap(core, 1ms);
    CHECK(idle() == wanted);
  }
};

}  // namespace

TEST_CASE("with what a client has proved connections are kept warm while its session is there") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    const credentials who = prover("key");
    auto session = on.all().share_key(who);
    co_await on.use(who);
    co_await on.until_idle(2);

    session.reset();
    on.home.leading()->close_idle();
    co_await nap(on.core, 100ms);
    CHECK(on.idle() == 0);
    CHECK(on.dial.dialled.size() == 2);

    session = on.all().share_key(who);
    co_await on.until_idle(2);
    CHECK(on.dial.dialled.size() == 4);
  });
}

TEST_CASE("who comes to be served when its session has gone leaves no key behind") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    co_await on.use(prover("key"));
    co_await nap(on.core, 100ms);
    CHECK(on.idle() == 1);
    CHECK(on.dial.dialled.size() == 1);
  });
}

TEST_CASE("a key goes with the last session that has proved it, and a newer one counts") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    auto one = on.all().share_key(prover("key"));
    auto two = on.all().share_key(prover("key"));
    CHECK(one == two);
    const auto newer = on.all().share_key(prover("newer"));
    CHECK(newer->view() == "newer");
    CHECK(one->view() == "key");
    const std::weak_ptr<const wiped> left = one;
    one.reset();
    CHECK_FALSE(left.expired());
    two.reset();
    CHECK(left.expired());
    co_return;
  });
}
