#include "net/dialer.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/unit/net/loop.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

acceptor listen_on(core& on, const endpoint& where) {
  auto made = acceptor::listen(on.where(), where);
  REQUIRE_MESSAGE(made.has_value(), made.error());
  return std::move(*made);
}

awaitable<error_code> dial_once(core& on, endpoint where, std::chrono::milliseconds limit) {
  socket_dialer dial(on.where(), on.wheel());
  auto [failure, made] = co_await dial.dial(where, limit);
  CHECK(made.open() == !failure);
  co_return failure;
}

awaitable<> note_dial(core& on, endpoint where, std::chrono::milliseconds limit,
                      error_code& failure) {
  failure = co_await dial_once(on, where, limit);
}

// A listener whose queue is full and that never accepts: the kernel drops what else knocks.
struct deaf_listener {
  deaf_listener() {
    asio::ip::tcp::endpoint at(asio::ip::address_v4::loopback(), 0);
    handle = ::socket(AF_INET, SOCK_STREAM, 0);
    ::bind(handle, at.data(), static_cast<socklen_t>(at.size()));
    ::listen(handle, 0);
    socklen_t size = static_cast<socklen_t>(at.capacity());
    ::getsockname(handle, at.data(), &size);
    where = {.host = "127.0.0.1", .port = at.port()};
    for (int& each : fillers) {
      each = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      ::connect(each, at.data(), static_cast<socklen_t>(at.size()));
    }
  }
  deaf_listener(const deaf_listener&) = delete;
  ~deaf_listener() {
    for (const int each : fillers) ::close(each);
    ::close(handle);
  }
  int handle;
  std::array<int, 3> fillers;
  endpoint where;
};

awaitable<> refused(core& on) {
  endpoint where{.host = "127.0.0.1"};
  {
    auto listening = listen_on(on, where);
    where.port = listening.port();
  }
  CHECK((co_await dial_once(on, where, 1s)) == asio::error::connection_refused);
  // Named: GCC 12 destroys a temporary made by braces inside of co_await twice.
  const endpoint nowhere{.unix_path = "/nowhere/at/all"};
  CHECK((co_await dial_once(on, nowhere, 1s)).value() == ENOENT);
}

awaitable<> timed_out(core& on) {
  const deaf_listener deaf;
  const auto before = std::chrono::steady_clock::now();
  const auto failure = co_await dial_once(on, deaf.where, 100ms);
  const auto took = std::chrono::steady_clock::now() - before;
  CHECK(failure == asio::error::timed_out);
  CHECK(took >= 90ms);  // of a clock that may be behind: see core.cpp
  CHECK(took < 2s);
}

awaitable<> cancelled(core& on) {
  const deaf_listener deaf;
  error_code failure;
  task_group group(on.where());
  group.spawn(note_dial(on, deaf.where, 60s, failure));
  co_await pause(on, 20ms);
  CHECK(group.size() == 1);
  group.cancel();
  co_await group.join();
  CHECK(failure == asio::error::operation_aborted);

  // While a name is looked up, too: the answer finds nobody, and harms nobody.
  group.spawn(note_dial(on, {.host = "no-such-host.invalid", .port = 1}, 60s, failure));
  failure.clear();
  group.cancel();
  co_await group.join();
  CHECK(failure);
}

awaitable<> by_name(core& on) {
  auto listening = listen_on(on, {.host = "127.0.0.1"});
  // localhost may be ::1 first: refused there, and then tried here.
  const endpoint where{.host = "localhost", .port = listening.port()};
  CHECK_FALSE(co_await dial_once(on, where, 5s));
  const endpoint unknown{.host = "no-such-host.invalid", .port = 1};
  CHECK(co_await dial_once(on, unknown, 5s));
}

// As a process that has used up its descriptors.
struct no_descriptors {
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  no_descriptors(const no_descriptors&) = delete;
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before = {};
};

awaitable<> out_of_descriptors(core& on) {
  auto listening = listen_on(on, {.host = "127.0.0.1"});
  const endpoint where{.host = "127.0.0.1", .port = listening.port()};
  socket_dialer dial(on.where(), on.wheel());
  auto [failure, here] = co_await dial.dial(where, 1s);
  REQUIRE_FALSE(failure);
  {
    const no_descriptors now;
    CHECK((co_await dial_once(on, where, 1s)).value() == EMFILE);
    auto [refused_now, nobody] = co_await listening.accept();
    CHECK(refused_now.value() == EMFILE);
    CHECK_FALSE(nobody.open());
  }
  auto [later, there] = co_await listening.accept();  // who knocked is still there
  CHECK_FALSE(later);
  CHECK_FALSE(co_await there.write_all("x"));
  std::string got;
  co_await receive(here, got, 1, failure);
  CHECK(got == "x");
}

awaitable<> full_unix_queue(core& on) {
  const temporary_folder folder;
  const endpoint where{.unix_path = folder.file("socket")};
  const int handle = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const auto at = address_of(where.unix_path);
  REQUIRE(::bind(handle, at.data(), static_cast<socklen_t>(at.size())) == 0);
  REQUIRE(::listen(handle, 0) == 0);
  CHECK_FALSE(co_await dial_once(on, where, 1s));
  CHECK((co_await dial_once(on, where, 50ms)) == asio::error::timed_out);
  error_code failure;
  task_group group(on.where());
  group.spawn(note_dial(on, where, 5s, failure));
  co_await pause(on, 20ms);
  CHECK(group.size() == 1);
  ::close(::accept(handle, nullptr, nullptr));  // now there is room
  co_await group.join();
  CHECK_FALSE(failure);
  ::close(handle);
}

awaitable<> no_leak(core& on) {
  const auto before = open_descriptors();
  co_await refused(on);
  co_await timed_out(on);
  co_await full_unix_queue(on);
  CHECK(open_descriptors() == before);
}

}  // namespace

TEST_CASE("a refusal is an error code") {
  loop test;
  test.run(refused(test.on));
}

TEST_CASE("dialling ends at its limit") {
  loop test;
  test.run(timed_out(test.on));
}

TEST_CASE("dialling can be cancelled") {
  loop test;
  test.run(cancelled(test.on));
}

TEST_CASE("names are looked up, and each address is tried") {
  loop test;
  test.run(by_name(test.on));
}

TEST_CASE("a lack of descriptors is reported, and the client who waits is not lost") {
  loop test;
  test.run(out_of_descriptors(test.on));
}

TEST_CASE("a full queue of a unix socket is waited for") {
  loop test;
  test.run(full_unix_queue(test.on));
}

TEST_CASE("a failed dial leaves no descriptor behind") {
  loop test;
  test.run(no_leak(test.on));
}
