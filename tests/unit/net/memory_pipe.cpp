#include "net/memory_pipe.hpp"

#include "tests/unit/net/loop.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

awaitable<> wait_and_note(stream& on, direction where, error_code& failure, bool& ended) {
  std::tie(failure) = co_await on.wait(where);
  ended = true;
}

awaitable<> wake_up(core& on) {
  using enum direction;
  for (const bool by_close : {false, true}) {
    auto [here, there] = co_await connect_pair(on, transport_kind::memory, 4);
    CHECK(here.write_now(bytes_of("abcdef")).bytes == 4);
    CHECK(here.write_now(bytes_of("ef")).blocked);
    task_group group(on.where());
    error_code written;
    error_code received;
    bool writer = false;
    bool reader = false;
    group.spawn(wait_and_note(here, write, written, writer));
    group.spawn(wait_and_note(here, read, received, reader));
    co_await pause(on, 5ms);
    CHECK_FALSE(writer);
    CHECK_FALSE(reader);
    std::array<std::byte, 3> buffer;
    if (by_close) {
      there.close();
    } else {
      CHECK(there.read_now(buffer).bytes == 3);
      CHECK(there.write_now(bytes_of("x")).bytes == 1);
    }
    co_await group.join();
    CHECK_FALSE(written);
    CHECK_FALSE(received);
    if (by_close) {
      CHECK(here.write_now(bytes_of("e")).failure == asio::error::broken_pipe);
      const attempt end = here.read_now(buffer);
      CHECK((end.bytes == 0 && !end.blocked && !end.failure));
    }
  }
}

awaitable<> reset_peer(core& on) {
  auto [here, there] = co_await connect_pair(on, transport_kind::memory);
  CHECK(here.write_now(bytes_of("lost")).bytes == 4);
  here.reset();
  CHECK_FALSE(here.open());
  std::array<std::byte, 9> buffer;
  CHECK(there.read_now(buffer).failure == asio::error::connection_reset);
  CHECK(there.write_now(bytes_of("x")).failure == asio::error::connection_reset);
}

awaitable<> one_way(stream& from, stream& to, error_code& failure, std::string& got) {
  failure = co_await from.write_all("0123456789");
  if (!failure) co_await receive(to, got, 10, failure);
}

std::pair<stream, stream> planned(core& on, const std::shared_ptr<fault_plan>& plan) {
  auto [here, there] = memory_end::connect(on.where(), 16384, plan);
  return {stream(std::move(here)), stream(std::move(there))};
}

awaitable<> break_each(core& on) {
  auto count = std::make_shared<fault_plan>();
  std::string got;
  error_code failure;
  auto [here, there] = planned(on, count);
  co_await one_way(here, there, failure, got);
  CHECK_FALSE(failure);
  CHECK(count->operations == 2);  // one write, one read
  for (std::size_t at = 0; at < count->operations; ++at) {
    auto plan = std::make_shared<fault_plan>(fault_plan{.remaining = at});
    auto [one, two] = planned(on, plan);
    got.clear();
    co_await one_way(one, two, failure, got);
    CHECK(failure == asio::error::connection_reset);
    CHECK(plan->operations == at + 1);
    CHECK(one.write_now(bytes_of("x")).failure == asio::error::connection_reset);
  }
}

// The wait is the third operation: the cancellation finds its task suspended there.
awaitable<> cancel_in_wait(core& on) {
  task_group group(on.where());
  auto plan = std::make_shared<fault_plan>();
  plan->remaining = 1;
  plan->instead = [&] { group.cancel(); };
  auto [here, there] = planned(on, plan);
  std::string got;
  error_code failure;
  group.spawn(receive(there, got, 1, failure));
  co_await group.join();
  CHECK(failure == asio::error::operation_aborted);
  CHECK(plan->operations == 2);
}

}  // namespace

TEST_CASE("both sides of a memory pipe wait and wake") {
  loop test;
  test.run(wake_up(test.on));
}

TEST_CASE("a reset loses what was unread and fails the peer") {
  loop test;
  test.run(reset_peer(test.on));
}

TEST_CASE("a fault plan breaks the operation it names and every later one") {
  loop test;
  test.run(break_each(test.on));
}

TEST_CASE("a fault plan can cancel instead") {
  loop test;
  test.run(cancel_in_wait(test.on));
}
