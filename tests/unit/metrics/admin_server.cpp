#include "metrics/admin_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "net/core.hpp"

using namespace skein;
using namespace skein::metrics;
using namespace std::chrono_literals;

namespace {

routes sample_paths() {
  routes paths;
  paths.add("GET", "/x", [](const http_request&) { return http_response{200, "fine"}; });
  paths.add("GET", "/large", [](const http_request&) {
    return http_response{200, std::string(8 * 1024 * 1024, 'x')};
  });
  paths.add("POST", "/x", [](const http_request& request) {
    return http_response{200, std::to_string(request.body.size())};
  });
  return paths;
}

admin_settings on_any_port() {
  admin_settings how;
  how.bind.port = 0;
  return how;
}

// A server on a thread of its own, as in a running Skein.
class running_server {
 public:
  explicit running_server(admin_settings how)
      : core_(0), server_(core_.where(), core_.wheel(), std::move(how), sample_paths()) {
    const auto started = server_.start();
    REQUIRE_MESSAGE(started.has_value(), started.error());
    port_ = server_.port();
    core_.start("test-admin");
  }
  ~running_server() { stop(); }

  std::uint16_t port() const { return port_; }
  bool stop() {
    if (stopped_) return true;
    stopped_ = true;
    std::promise<void> ended;
    core_.post([&] {
      net::asio::co_spawn(core_.where(), server_.stop(),
                          [&](const std::exception_ptr&) { ended.set_value(); });
    });
    const bool in_time = ended.get_future().wait_for(5s) == std::future_status::ready;
    core_.stop();
    core_.join();
    return in_time;
  }

 private:
  net::core core_;
  admin_server server_;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
};

// A client of plain system calls, so that nothing of the server's own code checks itself.
class client {
 public:
  explicit client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{5, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  client(const client&) = delete;
  ~client() { ::close(socket_); }

  bool connected() const { return connected_; }
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Until `ending` has come, or the server closes, or patience ends.
  std::string receive_until(std::string_view ending) {
    std::string text;
    std::array<char, 65536> part = {};
    ended_ = false;
    while (ending.empty() || !text.ends_with(ending)) {
      const auto got = ::recv(socket_, part.data(), part.size(), 0);
      ended_ = got == 0;
      if (got <= 0) break;
      text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  std::string receive_all() { return receive_until(""); }
  bool ended() const { return ended_; }  // the last receive saw the server's close

 private:
  int socket_;
  bool connected_ = false;
  bool ended_ = false;
};

const std::string get_x = "GET /x HTTP/1.1\r\nHost: here\r\n\r\n";

}  // namespace

TEST_CASE("one connection serves many requests") {
  running_server server(on_any_port());
  client user(server.port());
  for (int round = 0; round < 3; ++round) {
    REQUIRE(user.send(get_x));
    CHECK(user.receive_until("fine").starts_with("HTTP/1.1 200 OK\r\n"));
  }
  REQUIRE(user.send(get_x + get_x));
  REQUIRE(user.send("GET /x HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"));
  const auto rest = user.receive_all();
  CHECK(rest.find("fineHTTP/1.1 200 OK") != rest.rfind("fineHTTP/1.1 200 OK"));
  CHECK(user.ended());
}

TEST_CASE("a large answer arrives whole") {
  running_server server(on_any_port());
  client user(server.port());
  REQUIRE(user.send("GET /large HTTP/1.0\r\n\r\n"));
  const auto answer = user.receive_all();
  CHECK(user.ended());
  CHECK(answer.size() - answer.find("\r\n\r\n") - 4 == 8 * 1024 * 1024);
}

TEST_CASE("a request that does not end is answered 408 and closed") {
  auto how = on_any_port();
  how.request_timeout = 100ms;
  running_server server(how);
  client user(server.port());
  REQUIRE(user.send("GET /x HT"));
  CHECK(user.receive_all().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  CHECK(user.ended());
}

TEST_CASE("a request that trickles in has no longer than one that stops") {
  auto how = on_any_port();
  how.request_timeout = 200ms;
  running_server server(how);
  client user(server.port());
  const auto begun = std::chrono::steady_clock::now();
  while (user.send("X") && std::chrono::steady_clock::now() - begun < 5s)
    std::this_thread::sleep_for(20ms);
  CHECK(std::chrono::steady_clock::now() - begun < 3s);
}

TEST_CASE("an idle connection is closed without a word") {
  auto how = on_any_port();
  how.idle_timeout = 100ms;
  running_server server(how);
  client user(server.port());
  CHECK(user.receive_all().empty());
  CHECK(user.ended());
}

TEST_CASE("a reader that stalls does not keep its connection") {
  auto how = on_any_port();
  how.request_timeout = 300ms;
  how.connections_max = 1;
  running_server server(how);
  client stalled(server.port());
  REQUIRE(stalled.send("GET /large HTTP/1.1\r\nHost: here\r\n\r\n"));
  std::this_thread::sleep_for(800ms);
  client next(server.port());
  REQUIRE(next.send(get_x));
  CHECK(next.receive_until("fine").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("a body that is too long hears so, though it is still being sent") {
  running_server server(on_any_port());
  client user(server.port());
  REQUIRE(user.send("POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: 2000000\r\n\r\n"));
  user.send(std::string(2'000'000, 'x'));
  CHECK(user.receive_until("1 MB\n").starts_with("HTTP/1.1 413 Payload Too Large\r\n"));
}

TEST_CASE("one connection too many is turned away, the others go on") {
  auto how = on_any_port();
  how.connections_max = 2;
  running_server server(how);
  {
    client first(server.port());
    client second(server.port());
    REQUIRE(first.send(get_x));
    REQUIRE(second.send(get_x));
    CHECK(first.receive_until("fine").starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(second.receive_until("fine").starts_with("HTTP/1.1 200 OK\r\n"));
    client third(server.port());
    const auto answer = third.receive_all();
    CHECK(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(answer.ends_with("\r\n\r\ntoo many connections are open here; try again"));
    CHECK(third.ended());
    REQUIRE(first.send(get_x));
    CHECK(first.receive_until("fine").starts_with("HTTP/1.1 200 OK\r\n"));
  }
  std::this_thread::sleep_for(100ms);
  client later(server.port());
  REQUIRE(later.send(get_x));
  CHECK(later.receive_until("fine").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("a stop closes idle and half-served connections and the port") {
  running_server server(on_any_port());
  client idle(server.port());
  client half(server.port());
  client stalled(server.port());
  REQUIRE(idle.send(get_x));
  CHECK(idle.receive_until("fine").starts_with("HTTP/1.1 200 OK\r\n"));
  REQUIRE(half.send("GET /x HT"));
  REQUIRE(stalled.send("GET /large HTTP/1.1\r\nHost: here\r\n\r\n"));
  std::this_thread::sleep_for(50ms);
  CHECK(server.stop());
  CHECK(idle.receive_all().empty());
  CHECK(idle.ended());
  CHECK_FALSE(client(server.port()).connected());
}

TEST_CASE("a port that is taken is a sentence, not a crash") {
  running_server server(on_any_port());
  net::core core(1);
  auto how = on_any_port();
  how.bind.port = server.port();
  admin_server second(core.where(), core.wheel(), how, sample_paths());
  const auto started = second.start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().find("127.0.0.1:" + std::to_string(server.port())) != std::string::npos);
}

TEST_CASE("a server that never started can be destroyed") {
  net::core core(1);
  admin_server idle(core.where(), core.wheel(), on_any_port(), sample_paths());
  CHECK(idle.port() == 0);
}
