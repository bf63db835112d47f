// A session that waits for a server: whatever it waits for, it ends at once when it is told to or
// its client leaves, and by pool.wait at the latest; what its client sends meanwhile is kept.
#include <doctest/doctest.h>

#include "backends/postgres/message.hpp"
#include "backends/postgres/startup.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const credentials who{"app", "secret"};
const login_request request{"app", "shop", {}};
const error stopping{error_kind::shutdown, fault::us, {}, "stopping", {}};

enum class obstacle { no_place, silent_address, mute_server, no_leader };
enum class event { ending, draining, leaving, resetting };

struct scene : stage {
  explicit scene(obstacle before) : stage(before == obstacle::no_place ? 0 : 1) {
    cluster.users["app"].trusted = true;
    cluster.pool.wait = 30s;
    cluster.pool.connect_timeout = 30s;
    dial.never_answers = before == obstacle::silent_address;
    habits.mute = before == obstacle::mute_server;
    if (before == obstacle::no_leader) {
      routing::cluster_view next = *home.now();
      next.leader.reset();
      home.see(std::make_shared<routing::cluster_view>(next));
    }
  }

  void check_nothing_left() {
    CHECK(tasks.size() == 0);
    CHECK(all_places_free());
    CHECK_FALSE(places.anybody_waits());
    CHECK(counters.pool_waiting.value() == 0);
    CHECK(counters.clients_active.value() == 0);
  }
};

void happen(event what, stage& now, net::stream& client) {
  switch (what) {
    case event::ending:
      return now.life->end(stopping);
    case event::draining:
      return now.life->drain(stopping);
    case event::leaving:
      return client.close();
    case event::resetting:
      return client.reset();
  }
}

net::awaitable<> wait_and_break(stage& now, net::stream client, event what, std::string& heard,
                                std::chrono::nanoseconds& took) {
  co_await client.write_all(postgres::startup_message(request));
  co_await nap(now.core, 20ms);  // until the session waits
  const auto start = std::chrono::steady_clock::now();
  happen(what, now, client);
  co_await read_all(client, heard);
  while (now.life) co_await nap(now.core, 1ms);
  took = std::chrono::steady_clock::now() - start;
}

net::awaitable<> hear_all(stage& now, net::stream client, std::string& heard,
                          std::chrono::nanoseconds& took) {
  const auto start = std::chrono::steady_clock::now();
  co_await client.write_all(postgres::startup_message(request));
  co_await read_all(client, heard);
  while (now.life) co_await nap(now.core, 1ms);
  took = std::chrono::steady_clock::now() - start;
}

// Has the only server connection for a while, then gives or throws it away.
net::awaitable<> hold(stage& now, std::chrono::milliseconds time, bool gives_back) {
  errand what{who, request, std::chrono::steady_clock::now() + 1s};
  auto got = co_await now.home.obtain(what);
  REQUIRE(got);
  co_await nap(now.core, time);
  if (!gives_back) (*got)->stream.close();
  give_back(std::move(*got));
}

// Sends all its queries before it has a server, and counts the answers.
net::awaitable<> ask_early(net::stream client, int queries, std::size_t size, int& answers) {
  std::string early = postgres::startup_message(request);
  const std::string text = "select 1 -- " + std::string(size, '.');
  for (int i = 0; i < queries; ++i) postgres::message_writer(early).begin('Q').text(text).end();
  co_await client.write_all(early);
  std::string heard;
  std::array<std::byte, 4096> chunk;
  while (answers < queries) {
    const auto [failed, count] = co_await client.read_some(chunk);
    if (failed) co_return;
    heard.append(reinterpret_cast<const char*>(chunk.data()), count);
    answers = 0;
    for (auto at = heard.find("SELECT 1"); at != heard.npos; at = heard.find("SELECT 1", at + 1)) {
      ++answers;
    }
  }
}

}  // namespace

TEST_CASE("a session that waits for a server ends at once, and its client is told") {
  for (const obstacle before :
       {obstacle::no_place, obstacle::silent_address, obstacle::mute_server, obstacle::no_leader}) {
    for (const event what : {event::ending, event::draining, event::leaving, event::resetting}) {
      CAPTURE(before);
      CAPTURE(what);
      scene now(before);
      std::string heard;
      std::chrono::nanoseconds took{};
      auto client = std::make_shared<net::stream>(now.enter());
      now.core.post(
          [&] { now.tasks.spawn(wait_and_break(now, std::move(*client), what, heard, took)); });
      now.run_to_the_end();
      CHECK(took < 2s);
      const bool told = heard.find("57P01") != std::string::npos;
      CHECK(told == (what == event::ending || what == event::draining));
      now.check_nothing_left();
      CHECK(now.counters.server_connections_failed.value() == 0);
    }
  }
}

TEST_CASE("pool.wait is the end of all waiting, also for an address that does not answer") {
  for (const obstacle before :
       {obstacle::no_place, obstacle::silent_address, obstacle::mute_server, obstacle::no_leader}) {
    CAPTURE(before);
    scene now(before);
    now.cluster.pool.wait = 200ms;
    std::string heard;
    std::chrono::nanoseconds took{};
    auto client = std::make_shared<net::stream>(now.enter());
    now.core.post([&] { now.tasks.spawn(hear_all(now, std::move(*client), heard, took)); });
    now.run_to_the_end();
    CHECK(took < 2s);
    CHECK(heard.find("SFATAL") != std::string::npos);
    now.check_nothing_left();
  }
}

TEST_CASE("what was waited for a place is not left for the dial") {
  stage now(1);
  now.cluster.users["app"].trusted = true;
  now.cluster.pool.wait = 400ms;
  now.cluster.pool.connect_timeout = 30s;
  std::string heard;
  std::chrono::nanoseconds took{};
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post([&] {
    now.tasks.spawn(hold(now, 250ms, false));
    now.dial.never_answers = true;
    now.tasks.spawn(hear_all(now, std::move(*client), heard, took));
  });
  now.run_to_the_end();
  CHECK(now.dial.dialled.size() == 2);
  CHECK(took < 2s);
  CHECK_MESSAGE(heard.find("what was left of pool.wait") != std::string::npos, heard);
}

TEST_CASE("what a client sends while it waits for a server is kept, and costs no turning around") {
  struct load {
    int queries;
    std::size_t size;
  };
  // Little; more than the server takes at once; more than is kept.
  for (const auto [queries, size] : {load{40, 0}, load{5, 8000}, load{40, 8000}}) {
    CAPTURE(queries);
    CAPTURE(size);
    stage now(1);
    now.cluster.users["app"].trusted = true;
    now.cluster.pool.wait = 10s;
    const auto plan = std::make_shared<net::fault_plan>();
    int answers = 0;
    now.core.post([&] { now.tasks.spawn(hold(now, 100ms, true)); });
    auto client = std::make_shared<net::stream>(now.enter(plan));
    now.core.post([&] { now.tasks.spawn(ask_early(std::move(*client), queries, size, answers)); });
    now.run_to_the_end();
    CHECK(answers == queries);
    CHECK(plan->operations < 500);
  }
}
