#include "net/blocking_stream.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <thread>

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

// A listening socket of loopback that takes one connection at a time, by hand.
struct door {
  owned_handle listening{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  endpoint where{.host = "127.0.0.1"};

  door() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(listening.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(listening.get(), 4) == 0);
    ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&at), &size);
    where.port = ntohs(at.sin_port);
  }
  owned_handle accept() const { return owned_handle(::accept(listening.get(), nullptr, nullptr)); }
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

steady_time soon(std::chrono::milliseconds from_now) {
  return std::chrono::steady_clock::now() + from_now;
}

}  // namespace

TEST_CASE("bytes go both ways, and an end is an end") {
  const door to;
  blocking_stream one;
  one.set_deadline(soon(5s));
  REQUIRE_FALSE(one.connect(to.where));
  {
    const owned_handle other = to.accept();
    CHECK_FALSE(one.write_all(bytes_of("hello")));
    std::array<char, 16> heard{};
    CHECK(::recv(other.get(), heard.data(), heard.size(), 0) == 5);
    CHECK(::send(other.get(), "you", 3, 0) == 3);
    std::array<std::byte, 16> said{};
    const auto [failed, size] = one.read_some(said);
    CHECK_FALSE(failed);
    CHECK(size == 3);
  }
  std::array<std::byte, 16> said{};
  CHECK(one.read_some(said).first == asio::error::eof);
  one.close();
  CHECK_FALSE(one.open());
}

TEST_CASE("who does not answer is waited for no longer than the deadline") {
  const door to;
  blocking_stream one;
  one.set_deadline(soon(5s));
  REQUIRE_FALSE(one.connect(to.where));
  const owned_handle silent = to.accept();
  one.set_deadline(soon(30ms));
  std::array<std::byte, 16> said{};
  CHECK(one.read_some(said).first == asio::error::timed_out);
  const std::string much(64UZ << 20, 'x');
  one.set_deadline(soon(30ms));
  CHECK(one.write_all(bytes_of(much)) == asio::error::timed_out);
}

TEST_CASE("another thread ends what is under way, and all that comes") {
  const door to;
  blocking_stream one;
  one.set_deadline(soon(20s));
  REQUIRE_FALSE(one.connect(to.where));
  const owned_handle silent = to.accept();
  std::thread other([&] {
    std::this_thread::sleep_for(20ms);
    one.interrupt();
  });
  std::array<std::byte, 16> said{};
  CHECK(one.read_some(said).first == asio::error::operation_aborted);
  other.join();
  CHECK(one.read_some(said).first == asio::error::operation_aborted);
}

TEST_CASE("where nobody listens there is no connection") {
  endpoint nobody;
  {
    const door gone;
    nobody = gone.where;
  }
  blocking_stream one;
  one.set_deadline(soon(5s));
  CHECK(one.connect(nobody) == asio::error::connection_refused);
  CHECK_FALSE(one.open());
  CHECK(one.connect({.unix_path = "/nowhere/at.all"}));
  CHECK(one.connect({.host = "no-such-name.invalid", .port = 1}));
}
