// What a client sent before it said goodbye reaches a server that is slow to take it; one that
// takes nothing does not keep the session for ever.
#include <doctest/doctest.h>

#include "backends/postgres/message.hpp"
#include "backends/postgres/startup.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const login_request request{"app", "shop", {}};

// Queries and the goodbye in one go, without a look at any answer.
net::awaitable<> say_all(net::stream client, std::string queries, bool closes) {
  co_await client.write_all(postgres::startup_message(request));
  std::array<std::byte, 1024> welcome;
  co_await client.read_some(welcome);
  postgres::message_writer(queries).begin('X').end();
  co_await client.write_all(queries);
  if (closes) co_return;
  std::string ignored;
  co_await read_all(client, ignored);
}

std::string inserts(std::size_t size, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    postgres::message_writer(all).begin('Q').text("insert " + std::string(size, '.')).end();
  }
  return all;
}

net::awaitable<> time_it(stage& now, std::chrono::nanoseconds& took) {
  const auto start = std::chrono::steady_clock::now();
  while (now.life) co_await nap(now.core, 1ms);
  took = std::chrono::steady_clock::now() - start;
}

}  // namespace

TEST_CASE("what came before a goodbye is sent to the server, however slowly it takes it") {
  for (const bool closes : {true, false}) {
    CAPTURE(closes);
    stage now;
    now.cluster.users["app"].trusted = true;
    now.habits.dozes = 50ms;
    const std::string queries = inserts(700, 40);
    auto client = std::make_shared<net::stream>(now.enter());
    now.core.post([&] { now.tasks.spawn(say_all(std::move(*client), queries, closes)); });
    now.run_to_the_end();
    CHECK(now.habits.queried_bytes == queries.size());
    CHECK(now.all_places_free());
  }
}

TEST_CASE("so it is to a server that must be rid of long replies first") {
  constexpr std::size_t pipe_bytes = 16384;
  constexpr std::size_t read_bytes = 4096;  // what the server may have read of the next query
  stage now;
  now.cluster.users["app"].trusted = true;
  now.habits.dozes = 50ms;
  now.habits.row_bytes = 2 * pipe_bytes;
  const std::string queries = inserts(700, 40);
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post([&] { now.tasks.spawn(say_all(std::move(*client), queries, false)); });
  const auto start = std::chrono::steady_clock::now();
  now.run_to_the_end();
  CHECK(std::chrono::steady_clock::now() - start < 2s);
  CHECK(now.habits.queried_bytes + read_bytes + pipe_bytes >= queries.size());
}

TEST_CASE("a server that takes nothing more is given up") {
  stage now;
  now.cluster.users["app"].trusted = true;
  now.habits.dozes = 1s;
  now.cluster.pool.settle_timeout = 100ms;
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post([&] { now.tasks.spawn(say_all(std::move(*client), inserts(700, 40), true)); });
  std::chrono::nanoseconds took{};
  now.core.post([&] { now.visitors.spawn(time_it(now, took)); });
  now.run_to_the_end();
  CHECK(took < 800ms);
  CHECK(now.habits.queried_bytes < 40 * 700);
}
