// One client that floods, by what it sends or by what it is sent, has a turn of its core's loop
// like everybody else: what others wait for it is bounded.
#include <doctest/doctest.h>

#include "backends/postgres/message.hpp"
#include "backends/postgres/startup.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;

namespace {

constexpr std::size_t flood_bytes = 4'000'000;
// What one session carries each way before the next one has its turn.
constexpr std::size_t most_a_turn = 128UZ * 1024;

struct watch {
  const metrics::counter& bytes;
  std::uint64_t most = 0;
};

// A neighbour, who has nothing to do but to count how much goes by between two turns of its own.
net::awaitable<> live_next_door(watch& on) {
  while (on.bytes.value() < flood_bytes) {
    const std::uint64_t before = on.bytes.value();
    co_await net::next_turn();
    on.most = std::max(on.most, on.bytes.value() - before);
  }
}

net::awaitable<> flood(net::stream client, std::string queries, std::size_t answers) {
  const login_request who{"app", "shop", {}};
  co_await client.write_all(postgres::startup_message(who));
  std::array<std::byte, 65536> chunk;
  co_await client.read_some(chunk);
  co_await client.write_all(queries);
  for (std::size_t heard = 0; heard < answers;) {
    const auto [failed, count] = co_await client.read_some(chunk);
    if (failed) break;
    heard += count;
  }
}

std::uint64_t most_in_a_turn(server_habits habits, const std::string& queries, std::size_t answers,
                             const metrics::counter metrics::core_counters::* counted) {
  stage now;
  now.cluster.users["app"].trusted = true;
  now.habits = std::move(habits);
  now.dial.capacity = 2 * flood_bytes;
  watch on{now.counters.*counted};
  auto client = std::make_shared<net::stream>(now.enter(nullptr, 2 * flood_bytes));
  now.core.post([&] {
    now.tasks.spawn(live_next_door(on));
    now.tasks.spawn(flood(std::move(*client), queries, answers));
  });
  now.run_to_the_end();
  return on.most;
}

}  // namespace

TEST_CASE("a client that sends without end is heard in turns") {
  const std::string asked = "select '" + std::string(4000, 'x') + "'";
  std::string queries;
  while (queries.size() < flood_bytes)
    postgres::message_writer(queries).begin('Q').text(asked).end();
  const server_habits deaf{.never_answers = true};
  const auto most = most_in_a_turn(deaf, queries, 0, &metrics::core_counters::bytes_from_client);
  CHECK(most > 0);
  CHECK(most <= most_a_turn);
}

TEST_CASE("a server that answers without end is heard in turns") {
  std::string query;
  postgres::message_writer(query).begin('Q').text("select 1").end();
  const server_habits talkative{.row_bytes = flood_bytes};
  const auto most =
      most_in_a_turn(talkative, query, flood_bytes, &metrics::core_counters::bytes_from_server);
  CHECK(most > 0);
  CHECK(most <= most_a_turn);
}
