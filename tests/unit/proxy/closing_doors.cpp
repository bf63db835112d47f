// Clients that stand in the kernel's queue when a listener closes: each is taken in and told why it
// cannot stay; none is reset.
#include "proxy/worker.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/postgres/backend.hpp"
#include "backends/postgres/startup.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

// A client of plain calls, on the test's own thread.
class caller {
 public:
  explicit caller(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const std::string hello = postgres::startup_message({"app", "shop", {}});
    REQUIRE(::send(socket_, hello.data(), hello.size(), MSG_NOSIGNAL) > 0);
  }
  caller(caller&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  ~caller() {
    if (socket_ >= 0) ::close(socket_);
  }
  std::string hear() const {
    std::string all;
    std::array<char, 1024> piece{};
    ssize_t size = 0;
    while ((size = ::recv(socket_, piece.data(), piece.size(), 0)) > 0) {
      all.append(piece.data(), static_cast<std::size_t>(size));
    }
    return size < 0 ? "broken off" : all;
  }

 private:
  int socket_;
};

}  // namespace

TEST_CASE("who waits to be accepted when the doors close is told so") {
  postgres::backend database;
  proxy_settings settings;
  settings.clusters.push_back({.name = "shop", .database = &database});
  settings.clusters[0].users["app"] = {"app", "secret", true};
  settings.listeners.push_back({.name = "front", .bind = {.host = "127.0.0.1"}});
  std::deque<member_budgets> budgets;
  budgets.emplace_back(4);
  const worker_counters counters{std::make_shared<metrics::core_counters>()};
  admission doors;
  const user_lookups lookups(1);
  const cluster_catalogs defined(1);
  const cluster_inquiries inquiries(1);
  worker one(0, std::make_shared<const proxy_settings>(settings), budgets, counters, lookups,
             defined, inquiries, doors);
  REQUIRE(one.listen(0, settings.listeners[0].bind));

  std::vector<caller> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(one.port(0));
  one.start({&one});
  one.stop_accepting();
  one.drain();
  int told = 0;
  for (const auto& client : clients) told += client.hear().find("57P01") != std::string::npos;
  CHECK(told == 100);
  one.end_all();
  one.quiet().wait();
  one.finish();
}
