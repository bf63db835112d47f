#include "net/stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/unit/net/loop.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

awaitable<> exchange_much(core& on, transport_kind kind) {
  auto [here, there] = co_await connect_pair(on, kind, 1000);
  // More than the kernel's buffers take.
  const std::size_t size = kind == transport_kind::memory ? 500'000 : 16'000'000;
  const std::string to = random_bytes(size, 1);
  const std::string fro = random_bytes(size - 777, 2);
  std::string got_there;
  std::string got_here;
  std::array<error_code, 4> failures;
  task_group group(on.where());
  group.spawn(send_pieces(here, to, failures[0]));
  group.spawn(send_pieces(there, fro, failures[1]));
  co_await pause(on, 30ms);  // both writers are blocked by now
  CHECK(group.size() == 2);
  group.spawn(receive(there, got_there, to.size(), failures[2]));
  group.spawn(receive(here, got_here, fro.size(), failures[3]));
  co_await group.join();
  for (const auto& each : failures) CHECK_MESSAGE(!each, each.message());
  CHECK((got_there == to));
  CHECK((got_here == fro));
}

awaitable<> count_turns(const std::size_t& read, std::size_t size, std::size_t& most_a_turn) {
  for (std::size_t before = 0; before < size; before = read) {
    co_await next_turn();
    most_a_turn = std::max(most_a_turn, read - before);
  }
}

awaitable<> read_in_turns(core& on, transport_kind kind) {
  constexpr std::size_t capacity = 4'000'000;
  constexpr std::size_t chunk = 16'384;
  auto [here, there] = co_await connect_pair(on, kind, capacity);
  const std::string much(capacity, 'x');
  std::size_t size = 0;  // what the transport holds
  for (attempt made; !made.blocked && size < capacity; size += made.bytes) {
    made = here.write_now(bytes_of(much).subspan(size));
  }
  std::array<std::byte, chunk> buffer;
  std::size_t read = 0;
  std::size_t most_a_turn = 0;
  task_group group(on.where());
  group.spawn(count_turns(read, size, most_a_turn));
  while (read < size) {
    const attempt got = there.read_now(buffer);
    REQUIRE(!got.failure);
    read += got.bytes;
    if (got.blocked) co_await there.wait(direction::read);
  }
  co_await group.join();
  CHECK(size > 3 * most_a_turn);
  CHECK(most_a_turn >= chunk);
  CHECK(most_a_turn < 65'536 + chunk);
}

awaitable<> half_open(core& on, transport_kind kind) {
  auto [here, there] = co_await connect_pair(on, kind);
  CHECK_FALSE(co_await here.write_all("last words"));
  here.close();
  CHECK_FALSE(here.open());
  std::string got;
  error_code failure;
  co_await receive(there, got, 1000, failure);
  CHECK(got == "last words");
  CHECK(failure == asio::error::eof);
  std::array<std::byte, 10> buffer;
  CHECK(here.read_now(buffer).failure == asio::error::bad_descriptor);
  CHECK(here.write_now(bytes_of("x")).failure == asio::error::bad_descriptor);
  auto [waited] = co_await here.wait(direction::read);
  CHECK(waited == asio::error::bad_descriptor);
}

awaitable<> quiet_until_something_comes(core& on, transport_kind kind) {
  for (const bool goodbye : {false, true}) {
    auto [here, there] = co_await connect_pair(on, kind);
    std::array<std::byte, 10> buffer;
    CHECK_FALSE(co_await there.write_all("abc"));
    CHECK((co_await here.read_some(buffer)).second == 3);  // short: the socket counts as drained
    CHECK(here.quiet());
    if (goodbye) {
      there.close();
    } else {
      CHECK_FALSE(co_await there.write_all("unasked"));
    }
    co_await pause(on, 10ms);
    CHECK_FALSE(here.quiet());
  }
}

awaitable<> drained(core& on) {
  auto [here, there] = co_await connect_pair(on, transport_kind::tcp);
  std::array<std::byte, 10> buffer;
  CHECK_FALSE(co_await there.write_all("abc"));
  CHECK_FALSE(std::get<0>(co_await here.wait(direction::read)));
  CHECK(here.read_now(buffer).bytes == 3);
  // More is there, but after a short read nobody asks the kernel until it has told of more.
  CHECK_FALSE(co_await there.write_all("0123456789abc"));
  CHECK(here.read_now(buffer).blocked);
  co_await pause(on, 5ms);
  CHECK(here.read_now(buffer).bytes == 10);  // a full one: perhaps there is more
  CHECK(here.read_now(buffer).bytes == 3);
  CHECK(here.read_now(buffer).blocked);
  // Nor does it need to be asked where a wait was ended by something else.
  task_group ended(on.where());
  ended.spawn([](stream& at) -> awaitable<> {
    CHECK(std::get<0>(co_await at.wait(direction::read)) == asio::error::operation_aborted);
  }(here));
  here.cancel();
  co_await ended.join();
  CHECK(here.read_now(buffer).blocked);
  there.close();
  CHECK_FALSE(std::get<0>(co_await here.wait(direction::read)));  // the end wakes as data does
  const attempt end = here.read_now(buffer);
  CHECK((end.bytes == 0 && !end.blocked && !end.failure));
}

awaitable<> reset_by_peer(core& on) {
  auto [here, there] = co_await connect_pair(on, transport_kind::tcp);
  std::array<std::byte, 10> buffer;
  CHECK(here.read_now(buffer).blocked);
  there.reset();
  CHECK_FALSE(std::get<0>(co_await here.wait(direction::read)));
  CHECK(here.read_now(buffer).failure == asio::error::connection_reset);
  here.write_now(bytes_of("x"));  // taken is not sent
  here.flush();
  CHECK(here.write_now(bytes_of("x")).failure == asio::error::broken_pipe);
}

awaitable<> wait_both(stream& on, std::array<error_code, 2>& ended) {
  std::tie(ended[0]) = co_await on.wait(direction::read);
  std::tie(ended[1]) = co_await on.wait(direction::read);
}

awaitable<> cancel_waits(core& on, transport_kind kind) {
  auto [here, there] = co_await connect_pair(on, kind);
  std::array<error_code, 2> ended;
  task_group group(on.where());
  group.spawn(wait_both(here, ended));
  co_await pause(on, 2ms);
  here.cancel();
  co_await pause(on, 2ms);
  CHECK(ended[0] == asio::error::operation_aborted);
  CHECK(group.size() == 1);
  here.close();
  co_await group.join();
  CHECK(ended[1] == asio::error::operation_aborted);
}

// An error for a client that talks on: closing must not reset the connection before it is read.
awaitable<> last_words_arrive(core& on) {
  for (int round = 0; round < 50; ++round) {
    auto [here, there] = co_await connect_pair(on, transport_kind::tcp);
    CHECK_FALSE(co_await here.write_all(std::string(5000, 'q')));
    co_await pause(on, 1ms);
    CHECK_FALSE(co_await there.write_all("refused"));
    there.close();
    co_await pause(on, 1ms);
    std::string got;
    error_code failure;
    co_await receive(here, got, 1000, failure);
    CHECK(got == "refused");
    CHECK(failure == asio::error::eof);
    // No reset has come: one would fail the first write, and elsewhere may overtake the words.
    CHECK(here.write_now(bytes_of("x")).bytes == 1);
  }
}

awaitable<> names(core& on) {
  auto [here, there] = co_await connect_pair(on, transport_kind::tcp);
  CHECK(here.peer().starts_with("127.0.0.1:"));
  CHECK_FALSE(here.local());
  auto [inner, outer] = co_await connect_pair(on, transport_kind::unix_socket);
  CHECK(inner.peer() == "unix socket");
  CHECK((inner.local() && outer.local()));
  auto [one, two] = co_await connect_pair(on, transport_kind::memory);
  CHECK(one.peer() == "memory");
  one = std::move(here);  // closes the old one, takes the new one
  CHECK(one.peer().starts_with("127.0.0.1:"));
  std::array<std::byte, 1> buffer;
  const attempt end = two.read_now(buffer);
  CHECK((!end.blocked && end.bytes == 0));
  CHECK(stream().peer() == "closed");
  CHECK_FALSE(stream().open());
}

// The one that dialled, and the one that was accepted, whose listener was told.
awaitable<> tuned(core& on) {
  auto [accepted, dialled] = co_await connect_pair(on, transport_kind::tcp);
  for (stream* each : {&accepted, &dialled}) {
    const auto get = [at = each->take_socket()](int level, int name) {
      int value = 0;
      socklen_t size = sizeof value;
      ::getsockopt(at.handle(), level, name, &value, &size);
      return value;
    };
    CHECK(get(IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(get(SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(get(IPPROTO_TCP, TCP_KEEPIDLE) == 30);
    CHECK(get(IPPROTO_TCP, TCP_KEEPINTVL) == 10);
    CHECK(get(IPPROTO_TCP, TCP_KEEPCNT) == 3);
    CHECK(get(IPPROTO_TCP, TCP_USER_TIMEOUT) == 60000);
  }
}

awaitable<> nothing_leaks(core& on) {
  const auto before = open_descriptors();
  for (const auto kind : every_kind) {
    auto [here, there] = co_await connect_pair(on, kind);
    here.close();
    stream moved = std::move(there);
  }
  CHECK(open_descriptors() == before);
}

}  // namespace

TEST_CASE("much is exchanged both ways at once, under back-pressure") {
  for (const auto kind : every_kind) {
    CAPTURE(name_of(kind));
    loop test;
    test.run(exchange_much(test.on, kind));
  }
}

TEST_CASE("who finds more and more to read lets others have their turn") {
  for (const auto kind : every_kind) {
    CAPTURE(name_of(kind));
    loop test;
    test.run(read_in_turns(test.on, kind));
  }
}

TEST_CASE("what was written before a close is read, then comes the end") {
  for (const auto kind : every_kind) {
    CAPTURE(name_of(kind));
    loop test;
    test.run(half_open(test.on, kind));
  }
}

TEST_CASE("after a short read the socket is asked again only when the kernel has told of more") {
  loop test;
  test.run(drained(test.on));
}

TEST_CASE("a stream is quiet until something comes, also after a short read") {
  for (const auto kind : every_kind) {
    CAPTURE(name_of(kind));
    loop test;
    test.run(quiet_until_something_comes(test.on, kind));
  }
}

TEST_CASE("a peer's reset is seen as one") {
  loop test;
  test.run(reset_by_peer(test.on));
}

TEST_CASE("cancel and close end the waits under way") {
  for (const auto kind : every_kind) {
    CAPTURE(name_of(kind));
    loop test;
    test.run(cancel_waits(test.on, kind));
  }
}

TEST_CASE("last words reach a peer that was still talking") {
  loop test;
  test.run(last_words_arrive(test.on));
}

TEST_CASE("a stream knows its peer") {
  loop test;
  test.run(names(test.on));
}

TEST_CASE("sockets are tuned") {
  loop test;
  test.run(tuned(test.on));
}

TEST_CASE("no descriptor outlives its stream") {
  loop test;
  test.run(nothing_leaks(test.on));
}
