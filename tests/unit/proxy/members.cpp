// Several members of one cluster: each has a pool and a limit of its own, whoever leads; what
// becomes of them when one is taken out, or the lead moves.
#include <doctest/doctest.h>

#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const credentials who{"app", "secret"};
const login_request request{"app", "shop", {}};
const routing::member_view follower{.name = "b", .address = {"b", 5432}};

// "a" leads and "b" follows; each may have one server connection.
struct scene : stage {
  scene() : stage(1) {
    change([](auto& view) { view.members.push_back(follower); });
  }
  void change(const std::function<void(routing::cluster_view&)>& how) {
    routing::cluster_view next = *home.now();
    how(next);
    home.see(std::make_shared<routing::cluster_view>(next));
  }
  void play(net::awaitable<> (*how)(scene&)) {
    core.post([this, how] { visitors.spawn(how(*this)); });
    run_to_the_end();
    CHECK(all_places_free());
    CHECK(free_at_b() == 1);
    CHECK(counters.server_connections_active.value() == 0);
    CHECK(counters.server_connections_idle.value() == 0);
    CHECK(counters.pool_waiting.value() == 0);
  }
  std::size_t free_at_b() { return budgets.of(follower.address).free(); }
  std::int64_t idle() const { return counters.server_connections_idle.value(); }

  net::awaitable<result<lease>> ask(const char* member, std::chrono::milliseconds patience = 10s) {
    errand what{who, request, std::chrono::steady_clock::now() + patience};
    what.member = member;
    auto got = co_await home.obtain(what);
    co_return got;
  }
  // Of a member that has one.
  net::awaitable<lease> take(const char* member) {
    auto got = co_await ask(member);
    REQUIRE(got.has_value());
    co_return std::move(*got);
  }
  net::awaitable<> wait_for(const char* member, result<lease>& got, bool& over) {
    got = co_await ask(member);
    over = true;
  }
};

}  // namespace

TEST_CASE("each member has a limit of its own") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    const lease leading = co_await on.take("");
    const lease following = co_await on.take("b");
    CHECK(leading->member == "a");
    CHECK(leading->leads);
    CHECK(following->member == "b");
    CHECK_FALSE(following->leads);
    CHECK(on.counters.server_connections_active.value() == 2);
    const auto third = co_await on.ask("b", 50ms);
    REQUIRE_FALSE(third.has_value());
    CHECK(third.error().text_for_client.contains("all 1 to member \"b\" of cluster \"shop\""));
    give_back(leading);
    give_back(following);
    CHECK(on.idle() == 2);
    const errand again{who, request, {}};
    CHECK(on.home.take_warm(again) == leading);
    CHECK(on.home.take_warm(again) == nullptr);
    CHECK(on.home.take_warm(1, again) == following);
    give_back(leading);
    give_back(following);
  });
}

TEST_CASE("who waits for one member is not served by another's connection") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    const lease leading = co_await on.take("");
    const lease following = co_await on.take("b");
    result<lease> got;
    bool over = false;
    on.visitors.spawn(on.wait_for("b", got, over));
    co_await nap(on.core, 5ms);
    give_back(leading);
    co_await nap(on.core, 20ms);
    CHECK_FALSE(over);
    CHECK(on.idle() == 1);
    CHECK(on.counters.pool_waiting.value() == 1);
    give_back(following);
    co_await nap(on.core, 5ms);
    REQUIRE(over);
    CHECK(*got == following);
    give_back(following);
  });
}

TEST_CASE("a member that is taken out gives up its connections, the lent ones last") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    const lease idle = co_await on.take("");
    give_back(idle);
    lease lent = co_await on.take("b");
    result<lease> waited;
    bool over = false;
    on.visitors.spawn(on.wait_for("b", waited, over));
    co_await nap(on.core, 5ms);
    on.change([](auto& view) { view.members.pop_back(); });
    co_await nap(on.core, 5ms);
    CHECK(over);
    REQUIRE_FALSE(waited.has_value());
    CHECK(waited.error().text_for_client.contains("\"b\" is not of cluster \"shop\" any more"));
    CHECK(lent->stream.open());
    CHECK(idle->stream.open());
    const auto late = co_await on.ask("b");
    CHECK_FALSE(late.has_value());

    // It comes back, and its budget knows of what is lent still.
    on.change([](auto& view) { view.members.push_back(follower); });
    CHECK(on.free_at_b() == 0);
    on.visitors.spawn(on.wait_for("b", waited, over = false));
    co_await nap(on.core, 5ms);
    CHECK_FALSE(over);
    give_back(lent);
    CHECK_FALSE(lent->stream.open());
    lent.reset();
    while (!over) co_await nap(on.core, 1ms);
    REQUIRE(waited.has_value());
    CHECK((*waited)->member == "b");
    give_back(std::move(*waited));
  });
}

TEST_CASE("an idle connection to a member that is taken out is closed at once") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    const lease leading = co_await on.take("");
    lease following = co_await on.take("b");
    give_back(leading);
    give_back(following);
    on.change([](auto& view) { view.members.pop_back(); });
    CHECK(leading->stream.open());
    CHECK_FALSE(following->stream.open());
    following.reset();
    co_await nap(on.core, 5ms);
    CHECK(on.free_at_b() == 1);
    CHECK(on.idle() == 1);
  });
}

TEST_CASE("what is lent by a follower when the lead moves is closed when it comes back") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    lease lent = co_await on.take("b");
    on.change([](auto& view) {
      ++view.epoch;
      view.leader = 1;
    });
    CHECK(lent->stream.open());
    CHECK_FALSE(lent->leads);
    give_back(lent);
    CHECK_FALSE(lent->stream.open());
    lent.reset();
    co_await nap(on.core, 5ms);
    const lease leading = co_await on.take("");
    CHECK(leading->member == "b");
    CHECK(leading->leads);
    give_back(leading);
  });
}

TEST_CASE("a connection to who led when it was begun to be opened is not left over") {
  scene now;
  now.habits.ponders = 20ms;
  now.play([](scene& on) -> net::awaitable<> {
    result<lease> got;
    bool over = false;
    on.visitors.spawn(on.wait_for("", got, over));
    co_await nap(on.core, 5ms);
    on.change([](auto& view) {
      ++view.epoch;
      view.leader = 1;
    });
    while (!over) co_await nap(on.core, 1ms);
    REQUIRE(got.has_value());
    CHECK((*got)->member == "b");
    CHECK(on.places.free() == 1);
    give_back(std::move(*got));
  });
}

TEST_CASE("a plan holds as long as its member is the same one, in the same place") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    router ways(on.home, {.user = "app", .database = "shop"});
    const auto plan_afresh = [&] {
      ways.want({});
      return ways.decide().member;
    };
    CHECK(plan_afresh() == 0);
    CHECK(ways.last_holds());
    on.change([](auto& view) { view.members[1].reason = "is looked at again"; });
    CHECK(ways.last_holds());

    on.change([](auto& view) { view.members[1].name = "c"; });
    CHECK_FALSE(ways.last_holds());
    CHECK(plan_afresh() == 0);
    CHECK(ways.last_holds());
    on.change([](auto& view) { view.leader.reset(); });
    CHECK_FALSE(ways.last_holds());
    on.change([](auto& view) {
      ++view.epoch;
      view.leader = 1;
    });
    CHECK_FALSE(ways.last_holds());
    CHECK(plan_afresh() == 1);
    CHECK(ways.last_holds());
    on.change([](auto& view) {
      view.members.erase(view.members.begin());
      view.leader = 0;
    });
    CHECK_FALSE(ways.last_holds());
    on.change([](auto& view) { view.members.back() = follower; });
    co_return;
  });
}
