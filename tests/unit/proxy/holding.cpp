// A cluster that is paused while a client signs in: what the client has sent ahead waits too.
#include <doctest/doctest.h>

#include "backends/postgres/message.hpp"
#include "backends/postgres/startup.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

net::awaitable<> ask_ahead(stage& now, net::stream client, std::uint64_t& early) {
  std::string words = postgres::startup_message({"app", "shop", {}});
  postgres::message_writer(words).begin('Q').text("select 1").end();
  co_await client.write_all(words);
  co_await nap(now.core, 20ms);  // its first server is being signed in to
  now.home.pause(1);
  co_await nap(now.core, 200ms);
  early = now.counters.queries.value();
  now.home.resume();
  now.life->hold_at_rest(false);
  std::array<std::byte, 4096> chunk;
  while (now.counters.queries.value() == 0) {
    const auto [failed, count] = co_await client.read_some(chunk);
    if (failed) co_return;
  }
  std::string goodbye;
  postgres::message_writer(goodbye).begin('X').end();
  co_await client.write_all(goodbye);
}

}  // namespace

TEST_CASE("what was sent behind a login begins no transaction during a PAUSE") {
  for (const pool_mode mode : {pool_mode::transaction, pool_mode::session}) {
    CAPTURE(static_cast<int>(mode));
    stage now;
    now.cluster.users["app"].trusted = true;
    now.cluster.pool.mode = mode;
    now.habits.ponders = 60ms;
    std::uint64_t early = 99;
    auto client = std::make_shared<net::stream>(now.enter());
    now.core.post([&, client] { now.tasks.spawn(ask_ahead(now, std::move(*client), early)); });
    now.run_to_the_end();
    CHECK(early == 0);
    CHECK(now.counters.queries.value() > 0);
    CHECK(now.all_places_free());
  }
}
