// What the tests of net/ share: a core on the test's own thread, connected pairs of streams over
// each kind of transport, and a count of open descriptors.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <random>

#include "net/acceptor.hpp"
#include "net/core.hpp"
#include "net/dialer.hpp"
#include "net/poller.hpp"
#include "net/task_group.hpp"

namespace skein::net {

// Ends in the next turn: whoever is ready now comes first.
inline awaitable<std::tuple<error_code>> next_turn() {
  const auto begin = []<typename Handler>(Handler&& handler, poller* home) {
    home->begin(home->ready(), std::forward<Handler>(handler));
  };
  poller& home = poller::of(co_await asio::this_coro::executor);
  co_return co_await asio::async_initiate<decltype(use_result), void(error_code)>(begin, use_result,
                                                                                  &home);
}

struct loop {
  core on{0};
  task_group group{on.where()};

  // Until the body and every task of the group have ended; once a loop.
  void run(awaitable<> body) {
    std::exception_ptr failure;
    asio::co_spawn(on.where(), with_group(std::move(body)), [&](std::exception_ptr thrown) {
      failure = thrown;
      on.stop();
    });
    on.run();
    if (failure) std::rethrow_exception(failure);
  }

 private:
  awaitable<> with_group(awaitable<> body) {
    co_await std::move(body);
    co_await group.join();
  }
};

inline awaitable<> pause(core& on, std::chrono::milliseconds length) {
  timer wait(on.where(), length);
  co_await wait.async_wait(use_result);
}

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

// A folder that is gone at the end of the test.
struct temporary_folder {
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "skein-test-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  temporary_folder(const temporary_folder&) = delete;
  ~temporary_folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

enum class transport_kind { memory, tcp, unix_socket };
inline constexpr std::array every_kind = {transport_kind::memory, transport_kind::tcp,
                                          transport_kind::unix_socket};

inline std::string name_of(transport_kind kind) {
  return kind == transport_kind::memory ? "memory" : kind == transport_kind::tcp ? "tcp" : "unix";
}

// The dialling end first.
inline awaitable<std::pair<stream, stream>> connect_pair(core& on, transport_kind kind,
                                                         std::size_t capacity = 16384) {
  if (kind == transport_kind::memory) {
    auto [here, there] = memory_end::connect(on.where(), capacity);
    co_return std::pair{stream(std::move(here)), stream(std::move(there))};
  }
  const temporary_folder folder;
  endpoint where{.host = "127.0.0.1"};
  if (kind == transport_kind::unix_socket) where = {.unix_path = folder.file("socket")};
  auto listening = acceptor::listen(on.where(), where);
  REQUIRE_MESSAGE(listening.has_value(), listening.error());
  where.port = listening->port();
  socket_dialer dial(on.where(), on.wheel());
  auto [not_dialled, here] = co_await dial.dial(where, std::chrono::seconds(5));
  REQUIRE(!not_dialled);
  auto [not_accepted, there] = co_await listening->accept();
  REQUIRE(!not_accepted);
  co_return std::pair{std::move(here), std::move(there)};
}

inline std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string made(size, '\0');
  for (char& each : made) each = static_cast<char>(random());
  return made;
}

// Writes `bytes` in pieces of odd sizes, from a buffer that moves.
inline awaitable<> send_pieces(stream& to, const std::string& bytes, error_code& failure) {
  std::mt19937 random(static_cast<unsigned>(bytes.size()));
  for (std::size_t at = 0; at < bytes.size() && !failure;) {
    const auto piece = bytes.substr(at, 1 + random() % 40000);
    std::size_t done = 0;
    while (done < piece.size() && !failure) {
      const std::string moved = piece.substr(done);
      const attempt made = to.write_now(std::as_bytes(std::span(moved)));
      failure = made.failure;
      done += made.bytes;
      if (made.blocked) std::tie(failure) = co_await to.wait(direction::write);
    }
    at += piece.size();
  }
}

// Reads until the end, or until `most` bytes are here.
inline awaitable<> receive(stream& from, std::string& bytes, std::size_t most,
                           error_code& failure) {
  std::array<std::byte, 10000> buffer;
  while (bytes.size() < most) {
    auto [failed, count] = co_await from.read_some(buffer);
    failure = failed;
    if (failed) co_return;
    bytes.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
}

}  // namespace skein::net
