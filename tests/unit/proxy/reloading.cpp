// Newer settings while clients query and come and go: each core takes them whole, who is there goes
// on, and who comes has the new.
#include <doctest/doctest.h>

#include "tests/unit/proxy/house.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

struct tally {
  std::atomic<bool> over{false};
  int served = 0;
  int failed = 0;
};

net::awaitable<> stay(house& at, tally& all) {
  guest& who = at.invite();
  co_await at.enter(who);
  while (!all.over) {
    const bool answered = co_await house::ask(who);
    ++(answered ? all.served : all.failed);
    if (!answered) co_return;
    who.heard.clear();
  }
  co_await house::leave(who);
}

net::awaitable<> come_and_go(house& at, tally& all) {
  while (!all.over) {
    guest who;
    co_await at.enter(who);
    bool answered = false;
    if (who.inside) answered = co_await house::ask(who);
    ++(answered ? all.served : all.failed);
    if (!answered) co_return;
    co_await house::leave(who);
  }
}

net::awaitable<> crowd(house& at, tally& all) {
  net::task_group visitors(at.where());
  for (int i = 0; i < 3; ++i) {
    visitors.spawn(stay(at, all));
    visitors.spawn(come_and_go(at, all));
  }
  co_await visitors.join();
}

net::awaitable<> knock_at(house& at, guest& who) {
  co_await at.enter(who);
}

net::awaitable<> ask_once(guest& who, bool& answered) {
  answered = co_await house::ask(who);
}

}  // namespace

TEST_CASE("a hundred reloads, and nobody fails") {
  house at({.size = 6, .wait = 8s}, {.answers_max = 1'000'000});
  tally all;
  std::jthread reloads([&] {
    for (int i = 0; i < 100; ++i) {
      proxy_settings next = *at.skein().settings();
      auto& shop = next.clusters[0];
      shop.pool.size = i % 2 ? 6 : 2;
      shop.pool.mode = i % 4 < 2 ? pool_mode::session : pool_mode::transaction;
      if (shop.pool.mode == pool_mode::session) shop.pool.size = 6;
      shop.times.idle = i % 3 ? 0ms : 10min;
      shop.server_tls = i % 5 ? tls_mode::disable : tls_mode::allow;
      next.clients.per_user = i % 2 ? 0 : 100;
      at.skein().adopt(std::move(next));
      std::this_thread::sleep_for(2ms);
    }
    all.over = true;
  });
  at.perform([&] { return crowd(at, all); });
  CHECK(all.failed == 0);
  CHECK(all.served > 100);
}

// To the pools it is another one each time.
TEST_CASE("a leader has a new name a hundred times, others come and go, and nobody fails") {
  house at({.size = 3, .wait = 8s}, {.answers_max = 1'000'000});
  tally all;
  std::jthread reloads([&] {
    for (int i = 0; i < 100; ++i) {
      routing::cluster_view next = at.view();
      next.members[0].name = i % 2 ? "a" : "other";
      next.members.resize(1 + i % 3, {.name = "spare", .address = {"nowhere", 1}});
      if (i % 3 == 2) next.members[2].address.port = 2;
      at.skein().see(0, std::make_shared<routing::cluster_view>(next));
      std::this_thread::sleep_for(2ms);
    }
    all.over = true;
  });
  at.perform([&] { return crowd(at, all); });
  CHECK(all.failed == 0);
  CHECK(all.served > 100);
}

TEST_CASE("who comes has the new password, the new limits and the new rules") {
  house at({});
  guest& before = at.invite();
  at.perform([&] { return knock_at(at, before); });
  REQUIRE(before.inside);
  const auto after = [&](const std::function<void(proxy_settings&)>& change) {
    proxy_settings next = *at.skein().settings();
    change(next);
    at.skein().adopt(std::move(next));
    guest& who = at.invite();
    at.perform([&] { return knock_at(at, who); });
    return who.inside;
  };
  CHECK_FALSE(after([](auto& all) { all.clusters[0].users["app"].password = "other"; }));
  CHECK(after([](auto& all) { all.clusters[0].users["app"].password = "secret"; }));
  CHECK_FALSE(after([](auto& all) { all.clients.in_all = 2; }));
  CHECK_FALSE(after([](auto& all) {
    all.clients.in_all = 10;
    all.listeners[0].rules = {{.method = proof_method::reject}};
  }));
  CHECK(after([](auto& all) { all.listeners[0].rules = {}; }));
  bool answered = false;
  at.perform([&] { return ask_once(before, answered); });
  CHECK(answered);
}
