// The turns of the loop: who has one when, and what a wait costs.
#include "net/poller.hpp"

#include "tests/unit/net/allocations.hpp"
#include "tests/unit/net/watched_pair.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

awaitable<> always_ready(core& on) {
  watched_pair pair(on);
  pair.say("never read");
  int turns = 0;
  timer soon(on.where(), 5ms);
  bool rang = false;
  soon.async_wait([&](error_code) { rang = true; });
  for (; turns < 200'000 || !rang; ++turns) co_await pair.here.wait(direction::read);
  CHECK(rang);
}

awaitable<> answer_all(skein::net::socket& on, int times) {
  std::array<std::byte, 16> buffer;
  for (int round = 0; round < times;) {
    const attempt got = on.receive(buffer);
    if (got.blocked) {
      co_await on.wait(direction::read);
      continue;
    }
    ++round;
    on.send(std::span(buffer).first(got.bytes));
  }
}

awaitable<> ping_pong(core& on, std::size_t& count) {
  watched_pair pair(on);
  auto other = skein::net::socket::adopt(on.where(), owned_handle(::dup(pair.there)));
  REQUIRE(other);
  pair.close();
  timer tick(on.where());
  task_group group(on.where());
  group.spawn(answer_all(*other, 1100));
  std::array<std::byte, 16> buffer;
  for (int round = 0; round < 1100; ++round) {
    if (round == 100) count = allocated.count;
    pair.here.send(std::as_bytes(std::span("ping")));
    while (pair.here.receive(buffer).blocked) co_await pair.here.wait(direction::read);
    tick.expires_after(0ms);
    co_await tick.async_wait(use_result);
  }
  count = allocated.count - count;
  co_await group.join();
}

awaitable<> wait_alone(stream& on, std::size_t& bytes_before) {
  bytes_before = allocated.bytes;
  co_await on.wait(direction::read);
}

awaitable<> weigh(core& on, std::size_t& bytes_of_wait) {
  constexpr std::size_t clients = 500;
  std::deque<watched_pair> pairs;
  std::deque<stream> streams;
  task_group group(on.where());
  for (std::size_t count = 0; count < clients; ++count) {
    streams.emplace_back(std::move(pairs.emplace_back(on).here));
    std::size_t before = 0;
    group.spawn(wait_alone(streams.back(), before));
    bytes_of_wait += allocated.bytes - before;
  }
  bytes_of_wait /= clients;
  group.cancel();
  co_await group.join();
}

awaitable<> abandoned(core& on, std::shared_ptr<int> held) {
  watched_pair pair(on);
  timer never(on.where(), steady_time::max());
  if (*held == 1) co_await pair.here.wait(direction::read);
  if (*held == 2) co_await never.async_wait(use_result);
}

}  // namespace

TEST_CASE("a wait for what is ready already ends in a later turn, as often as one likes") {
  loop test;
  test.run(always_ready(test.on));
}

TEST_CASE("a warm wait allocates nothing") {
  loop test;
  std::size_t count = 1;
  test.run(ping_pong(test.on, count));
  CHECK(count == 0);
}

TEST_CASE("an idle connection is small") {
  loop test;
  std::size_t bytes_of_wait = 0;
  test.run(weigh(test.on, bytes_of_wait));
  CAPTURE(bytes_of_wait);
  CHECK(sizeof(stream) + sizeof(watched_socket) <= 96);
  CHECK(bytes_of_wait > 0);
  CHECK(bytes_of_wait <= 640);
}

TEST_CASE("who still waits when a core ends is destroyed, not resumed") {
  for (const int kind : {1, 2}) {
    auto held = std::make_shared<int>(kind);
    const auto before = open_descriptors();
    {
      core on(0);
      asio::co_spawn(on.where(), abandoned(on, held), [](const std::exception_ptr&) {});
      on.post([&on] { on.post([&on] { on.stop(); }); });
      on.run();
      CHECK(held.use_count() == 2);
    }
    CHECK(held.use_count() == 1);
    CHECK(open_descriptors() == before);
  }
}
