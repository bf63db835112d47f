// Sessions in mid-exchange that wait for the connection of another: what a wait costs, whose turn
// it is, and how a wait ends otherwise, by the client, by us, by time or by a lead that moves.
#include <doctest/doctest.h>

#include "backends/postgres/message.hpp"
#include "proxy/login.hpp"
#include "tests/unit/net/allocations.hpp"
#include "tests/unit/proxy/house.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const credentials who{"app", "secret"};
const login_request request{"app", "shop", {}};
const error stopping{error_kind::shutdown, fault::us, {}, "stopping", {}};

constexpr std::size_t clients = 6;

net::awaitable<> ask_often(guest& one, int times, int& answers) {
  while (times-- > 0) {
    const bool answered = co_await house::ask(one);
    if (!answered) co_return;
    CHECK(one.heard.find("57P01") == std::string::npos);
    one.heard.clear();
    ++answers;
  }
}

net::awaitable<> ask_together(house& at, int times, int& answers) {
  net::task_group all(at.where());
  for (std::size_t i = 0; i < clients; ++i)
    all.spawn(ask_often(at.guest_number(i), times, answers));
  co_await all.join();
}

net::awaitable<> enter_together(house& at) {
  for (std::size_t i = 0; i < clients; ++i) co_await at.enter(at.invite());
}

// By Skein, not by its clients and its server.
std::size_t allocations(std::size_t places, int queries) {
  house at({.size = places, .wait = 20s}, {.answers_max = 1'000'000}, 1);
  int answers = 0;
  at.perform([&] {
    net::is_counted = false;
    return enter_together(at);
  });
  at.perform([&] { return ask_together(at, 20, answers); });  // warms up
  CHECK(at.counters(0).server_connections_opened.value() == static_cast<std::int64_t>(places));
  const std::size_t before = net::allocated.count;
  at.perform([&] { return ask_together(at, queries, answers); });
  const std::size_t after = net::allocated.count;
  CHECK(answers == static_cast<int>(clients) * (20 + queries));
  return after - before;
}

enum class event { ending, draining, leaving, resetting, nothing };

// The only server connection, taken while its session has nothing to ask.
net::awaitable<> hold(stage& now, std::chrono::milliseconds time) {
  errand what{who, request, std::chrono::steady_clock::now() + 1s};
  auto got = co_await now.home.obtain(what);
  REQUIRE(got);
  co_await nap(now.core, time);
  give_back(std::move(*got));
}

struct outcome {
  std::string heard = {};
  std::int64_t waiting = -1;
  std::chrono::nanoseconds took{};
};

net::awaitable<> ask(net::stream& client, int queries, std::size_t size) {
  std::string all;
  const std::string text = "select 1 -- " + std::string(size, '.');
  for (int i = 0; i < queries; ++i) postgres::message_writer(all).begin('Q').text(text).end();
  co_await client.write_all(all);
}

// Signs in, asks once another has the connection, and then it happens.
net::awaitable<> wait_and_break(stage& now, net::stream client, event what, outcome& told) {
  const auto login = now.database.start_login({tls_mode::disable, who, request, false});
  if (!co_await carry_server_login(client, *login, nullptr, "skein")) co_return;
  now.visitors.spawn(hold(now, 400ms));
  co_await nap(now.core, 10ms);
  co_await ask(client, 1, 0);
  co_await nap(now.core, 20ms);
  told.waiting = now.counters.pool_waiting.value();
  const auto start = std::chrono::steady_clock::now();
  if (what == event::ending) now.life->end(stopping);
  if (what == event::draining) now.life->drain(stopping);
  if (what == event::leaving) client.close();
  if (what == event::resetting) client.reset();
  if (what == event::nothing) {
    std::array<std::byte, 4096> chunk;
    const auto [failed, count] = co_await client.read_some(chunk);
    if (!failed) told.heard.assign(reinterpret_cast<const char*>(chunk.data()), count);
    told.took = std::chrono::steady_clock::now() - start;
    client.close();
  }
  co_await read_all(client, told.heard);
  while (now.life) co_await nap(now.core, 1ms);
  if (what != event::nothing) told.took = std::chrono::steady_clock::now() - start;
}

outcome broken_by(stage& now, event what) {
  outcome told;
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post(
      [&, client] { now.visitors.spawn(wait_and_break(now, std::move(*client), what, told)); });
  now.run_to_the_end();
  CHECK(told.waiting == 1);
  CHECK(now.counters.pool_waiting.value() == 0);
  CHECK_FALSE(now.places.anybody_waits());
  CHECK(now.all_places_free());
  return told;
}

net::awaitable<> move_lead(stage& now, std::chrono::milliseconds later) {
  co_await nap(now.core, later);
  routing::cluster_view next = *now.home.now();
  ++next.epoch;
  now.home.see(std::make_shared<routing::cluster_view>(next));
}

net::awaitable<> pause_for(stage& now, std::chrono::milliseconds later,
                           std::chrono::milliseconds time, bool& ran) {
  co_await nap(now.core, later);
  now.home.pause(1);
  now.life->hold_at_rest(true);
  ran = now.life->runs();
  co_await nap(now.core, time);
  now.home.resume();
  if (now.life) now.life->hold_at_rest(false);
}

net::awaitable<> ask_ahead(stage& now, net::stream client, int queries, std::size_t size,
                           int& answers) {
  const auto login = now.database.start_login({tls_mode::disable, who, request, false});
  if (!co_await carry_server_login(client, *login, nullptr, "skein")) co_return;
  now.visitors.spawn(hold(now, 100ms));
  co_await nap(now.core, 10ms);
  co_await ask(client, queries, size);
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

TEST_CASE("a wait for a connection that comes back warm allocates nothing") {
  constexpr int many = 500;
  const auto at_once = allocations(clients, many);
  const auto waiting = allocations(1, many);
  MESSAGE("allocations of ", clients * many, " queries: ", at_once, ", each waiting: ", waiting);
  CHECK(at_once < clients);
  CHECK(waiting < clients);
}

TEST_CASE("a goodbye behind the last reply is not for who is next in the line") {
  server_habits habits;
  postgres::message_writer(habits.behind_answer).begin('E').text("C57P01").byte('\0').end();
  house at({.size = 1, .wait = 20s}, habits, 1);
  int answers = 0;
  at.perform([&] { return enter_together(at); });
  at.perform([&] { return ask_together(at, 20, answers); });
  CHECK(answers == static_cast<int>(clients) * 20);
}

TEST_CASE("a session that stands in the line ends at once, however it ends") {
  for (const event what : {event::ending, event::draining, event::leaving, event::resetting}) {
    CAPTURE(what);
    stage now(1);
    now.cluster.pool.wait = 10s;
    const outcome told = broken_by(now, what);
    // Drained, it is served first.
    CHECK((told.took < 200ms) == (what != event::draining));
    const bool ended = what == event::ending || what == event::draining;
    CHECK((told.heard.find("57P01") != std::string::npos) == ended);
  }
}

TEST_CASE("a session that stands in the line is served when its turn comes") {
  stage now(1);
  now.cluster.pool.wait = 10s;
  const outcome told = broken_by(now, event::nothing);
  CHECK(told.heard.find("SELECT 1") != std::string::npos);
  CHECK(now.counters.server_connections_opened.value() == 1);
}

TEST_CASE("pool.wait is the end of standing in the line, and says so") {
  stage now(1);
  now.cluster.pool.wait = 100ms;
  const outcome told = broken_by(now, event::nothing);
  CHECK_MESSAGE(told.heard.find("no server connection became free within 100 ms: all 1 to member "
                                "\"a\" of cluster \"shop\" are in use") != std::string::npos,
                told.heard);
  CHECK(told.took < 300ms);
}

TEST_CASE("who stands in the line when the lead moves is served by the next leader") {
  stage now(1);
  now.cluster.pool.wait = 10s;
  now.core.post([&] { now.visitors.spawn(move_lead(now, 80ms)); });
  const outcome told = broken_by(now, event::nothing);
  CHECK(told.heard.find("SELECT 1") != std::string::npos);
  CHECK(now.counters.server_connections_opened.value() == 2);
}

TEST_CASE("who stands in the line when all is paused runs its transaction still") {
  stage now(1);
  now.cluster.pool.wait = 10s;
  bool ran = false;
  now.core.post([&] { now.visitors.spawn(pause_for(now, 80ms, 1s, ran)); });
  const outcome told = broken_by(now, event::nothing);
  CHECK(ran);
  CHECK(told.heard.find("SELECT 1") != std::string::npos);
  CHECK(told.took < 900ms);
}

TEST_CASE("what a client sends ahead while it stands in the line is kept") {
  struct load {
    int queries;
    std::size_t size;
  };
  // Little; more than the server takes at once; more than is kept.
  for (const auto [queries, size] : {load{40, 0}, load{5, 8000}, load{40, 8000}}) {
    CAPTURE(queries);
    CAPTURE(size);
    stage now(1);
    now.cluster.pool.wait = 10s;
    const auto plan = std::make_shared<net::fault_plan>();
    int answers = 0;
    auto client = std::make_shared<net::stream>(now.enter(plan));
    now.core.post([&, client] {
      now.visitors.spawn(ask_ahead(now, std::move(*client), queries, size, answers));
    });
    now.run_to_the_end();
    CHECK(answers == queries);
    CHECK(plan->operations < 600);
  }
}
