#include "net/acceptor.hpp"

#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/unit/net/certificates.hpp"
#include "tests/unit/net/loop.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

std::string refusal(core& on, const endpoint& where) {
  const auto made = acceptor::listen(on.where(), where);
  return made ? "listening" : made.error();
}

awaitable<> note_accept(acceptor& from, error_code& failure) {
  failure = (co_await from.accept()).first;
}

awaitable<> close_under_wait(core& on) {
  auto listening = acceptor::listen(on.where(), {.host = "127.0.0.1"});
  REQUIRE(listening);
  error_code failure;
  task_group group(on.where());
  for (const bool by_cancel : {true, false}) {
    failure.clear();
    group.spawn(note_accept(*listening, failure));
    co_await pause(on, 5ms);
    CHECK(group.size() == 1);
    if (by_cancel) {
      group.cancel();
    } else {
      listening->close();
    }
    co_await group.join();
    CHECK(failure == asio::error::operation_aborted);
  }
  CHECK((co_await listening->accept()).first == asio::error::operation_aborted);
}

awaitable<> come(core& on, const acceptor& to, std::vector<stream>& kept) {
  socket_dialer dial(on.where(), on.wheel());
  const endpoint where{.host = "127.0.0.1", .port = to.port()};
  auto [failure, made] = co_await dial.dial(where, 1s);
  REQUIRE_FALSE(failure);
  kept.push_back(std::move(made));
  co_await pause(on, 1ms);
}

awaitable<> come_and_wait(core& on) {
  auto listening = acceptor::listen(on.where(), {.host = "127.0.0.1"});
  REQUIRE(listening);
  std::vector<stream> kept;
  for (int count = 0; count < 3; ++count) co_await come(on, *listening, kept);
  for (int count = 0; count < 3; ++count) CHECK_FALSE((co_await listening->accept()).first);
  error_code heard = asio::error::would_block;
  task_group group(on.where());
  group.spawn(note_accept(*listening, heard));
  co_await pause(on, 1ms);
  co_await come(on, *listening, kept);
  for (int turns = 0; heard && turns < 1000; ++turns) co_await pause(on, 1ms);
  CHECK_FALSE(heard);
  group.cancel();
  co_await group.join();
}

awaitable<> shared_port(core& on) {
  auto first = acceptor::listen(on.where(), {.host = "127.0.0.1"});
  REQUIRE(first);
  const endpoint where{.host = "127.0.0.1", .port = first->port()};
  auto second = acceptor::listen(on.where(), where);
  REQUIRE(second);
  std::array<int, 2> taken = {};
  socket_dialer dial(on.where(), on.wheel());
  std::vector<stream> kept;
  for (int count = 0; count < 64; ++count) {
    auto [failure, made] = co_await dial.dial(where, 1s);
    REQUIRE_FALSE(failure);
    kept.push_back(std::move(made));
  }
  task_group group(on.where());
  const auto take_all = [](acceptor& from, int& count) -> awaitable<> {
    while (true) {
      auto [failure, made] = co_await from.accept();
      if (failure) co_return;
      ++count;
    }
  };
  group.spawn(take_all(*first, taken[0]));
  group.spawn(take_all(*second, taken[1]));
  co_await pause(on, 30ms);
  group.cancel();
  co_await group.join();
  CHECK(taken[0] + taken[1] == 64);
  CHECK(taken[0] > 0);
  CHECK(taken[1] > 0);
  // A stranger's share is noticed before it is taken.
  const auto asked = acceptor::probe(where);
  REQUIRE_FALSE(asked.has_value());
  CHECK(asked.error() == "cannot listen on " + to_string(where) +
                             ": another program listens there; stop it or choose another address");
  first->close();
  second->close();
  CHECK(acceptor::probe(where).has_value());
}

awaitable<> hand_on(core& on, endpoint where) {
  auto older = acceptor::listen(on.where(), where);
  REQUIRE(older);
  if (!where.host.empty()) where.port = older->port();
  auto newer = acceptor::adopt(on.where(), older->duplicate(), where);
  REQUIRE_MESSAGE(newer.has_value(), newer.error());
  CHECK(newer->port() == where.port);
  socket_dialer dial(on.where(), on.wheel());
  auto [failure, waiting] = co_await dial.dial(where, 1s);
  REQUIRE_FALSE(failure);
  older->let_go();  // with somebody in the queue
  CHECK(older->accept_now().first == asio::error::operation_aborted);
  auto [not_accepted, taken] = newer->accept_now();
  REQUIRE_FALSE(not_accepted);
  REQUIRE_FALSE(co_await taken.write_all("hello"));
  std::array<std::byte, 5> said;
  CHECK((co_await waiting.read_some(said)).second == 5);
  // One that is closed is not heard of where it was, though its socket lives on.
  auto [again, second] = co_await dial.dial(where, 1s);
  REQUIRE_FALSE(again);
  CHECK_FALSE((co_await newer->accept()).first);
}

// Containers often have none.
bool has_ipv6() {
  const asio::ip::tcp::endpoint at(asio::ip::address_v6::loopback(), 0);
  const int probe = ::socket(AF_INET6, SOCK_STREAM, 0);
  const bool bound = ::bind(probe, at.data(), static_cast<socklen_t>(at.size())) == 0;
  ::close(probe);
  return bound;
}

}  // namespace

TEST_CASE("a wait for clients ends when it is cancelled and when the listener closes") {
  loop test;
  test.run(close_under_wait(test.on));
}

TEST_CASE("who comes behind those that had to wait is heard of too") {
  loop test;
  test.run(come_and_wait(test.on));
}

TEST_CASE("listeners share a port, and a probe tells whether anybody has it") {
  loop test;
  test.run(shared_port(test.on));
}

TEST_CASE("a listener that is passed on and let go of leaves nobody in its queue behind") {
  loop test;
  test.run(hand_on(test.on, {.host = "127.0.0.1"}));
}

TEST_CASE("a unix socket's file belongs to whom it was passed, once he keeps it") {
  const temporary_folder folder;
  const endpoint where{.unix_path = folder.file("socket")};
  loop test;
  test.run(hand_on(test.on, where));
  CHECK(std::filesystem::exists(where.unix_path));
  std::filesystem::remove(where.unix_path);
  core on(0);
  auto older = acceptor::listen(on.where(), where, callers::own_user);
  REQUIRE(older);
  struct stat file = {};
  REQUIRE(::stat(where.unix_path.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  {
    const auto unused = acceptor::adopt(on.where(), older->duplicate(), where);
    REQUIRE(unused);
  }
  CHECK(std::filesystem::exists(where.unix_path));
  {
    auto newer = acceptor::adopt(on.where(), older->duplicate(), where);
    REQUIRE(newer);
    older->let_go();
    newer->keep_file();
    CHECK(std::filesystem::exists(where.unix_path));
  }
  CHECK_FALSE(std::filesystem::exists(where.unix_path));
}

TEST_CASE("what does not listen is not adopted") {
  core on(0);
  owned_handle idle(::socket(AF_INET, SOCK_STREAM, 0));
  const auto made = acceptor::adopt(on.where(), std::move(idle), {.host = "127.0.0.1", .port = 5});
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error() == "what was passed for 127.0.0.1:5 is no listening socket");
}

TEST_CASE("why it cannot listen is said in a sentence") {
  core on(0);
  CHECK(refusal(on, {.host = "192.0.2.1", .port = 5}) ==
        "cannot listen on 192.0.2.1:5: this machine has no such address");
  CHECK(refusal(on, {.host = "no-such-host.invalid", .port = 5}) ==
        "cannot listen on no-such-host.invalid:5: no-such-host.invalid is no known host; write an "
        "address of this machine");
  CHECK(refusal(on, {.unix_path = "/no/such/folder/socket"}) ==
        "cannot listen on unix:/no/such/folder/socket: the folder does not exist; create it or "
        "choose another");
  const int stranger = ::socket(AF_INET, SOCK_STREAM, 0);
  asio::ip::tcp::endpoint at(asio::ip::address_v4::loopback(), 0);
  auto size = static_cast<socklen_t>(at.capacity());
  REQUIRE(::bind(stranger, at.data(), static_cast<socklen_t>(at.size())) == 0);
  REQUIRE(::listen(stranger, 1) == 0);
  REQUIRE(::getsockname(stranger, at.data(), &size) == 0);
  const endpoint taken{.host = "127.0.0.1", .port = at.port()};
  CHECK(refusal(on, taken) == "cannot listen on " + to_string(taken) +
                                  ": another program listens there; stop it or choose another "
                                  "address");
  ::close(stranger);
  CHECK(refusal(on, taken) == "listening");
  if (has_ipv6()) CHECK(refusal(on, {.host = "::1"}) == "listening");
}

TEST_CASE("a unix socket's file is ours to make and to remove, and nobody else's is touched") {
  core on(0);
  const temporary_folder folder;
  const endpoint where{.unix_path = folder.file("socket")};
  const auto there = [&] { return std::filesystem::exists(where.unix_path); };
  const std::string taken = "cannot listen on " + to_string(where) +
                            ": another program listens there; stop it or choose another address";
  {
    auto first = acceptor::listen(on.where(), where);
    REQUIRE(first);
    struct stat file = {};
    REQUIRE(::stat(where.unix_path.c_str(), &file) == 0);
    CHECK((file.st_mode & 0777) == 0666);
    CHECK(first->port() == 0);
    CHECK(refusal(on, where) == taken);
    CHECK_FALSE(acceptor::probe(where).has_value());
    CHECK(there());
    auto moved = std::move(*first);
    CHECK(there());
  }
  CHECK_FALSE(there());
  CHECK(acceptor::probe(where).has_value());
  CHECK_FALSE(there());

  // What a killed process left behind.
  const int killed = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const auto at = address_of(where.unix_path);
  REQUIRE(::bind(killed, at.data(), static_cast<socklen_t>(at.size())) == 0);
  REQUIRE(::listen(killed, 1) == 0);
  CHECK(refusal(on, where) == taken);
  ::close(killed);
  CHECK(there());
  auto second = acceptor::listen(on.where(), where);
  REQUIRE(second);

  // Somebody else's file in our place outlives us.
  std::filesystem::remove(where.unix_path);
  write_file(where.unix_path, "precious");
  second->close();
  CHECK(there());
  CHECK(refusal(on, where) == taken);
  CHECK(there());
}
