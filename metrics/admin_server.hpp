// The admin port: accepts, and carries bytes between each connection and its http_exchange. Lives
// on the control thread's core, away from the proxy's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "metrics/routes.hpp"
#include "net/acceptor.hpp"
#include "net/deadline.hpp"
#include "net/stream.hpp"
#include "net/task_group.hpp"

namespace skein::metrics {

struct admin_settings {
  net::endpoint bind = {.host = "127.0.0.1", .unix_path = {}, .port = 9187};
  std::optional<net::tls_context> tls = {};
  std::chrono::milliseconds request_timeout{10'000};  // from the first byte to the last one sent
  std::chrono::milliseconds idle_timeout{60'000};     // between requests, and before the first
  std::size_t connections_max = 64;                   // one more closes at once with a 503
};

class admin_server {
 public:
  admin_server(net::executor where, net::deadline_wheel& wheel, admin_settings how, routes paths);
  ~admin_server();  // stopped, or never started

  // Listens, or serves what another process has passed; the error is a sentence for the person who
  // starts Skein.
  std::expected<void, std::string> start(net::owned_handle passed = net::owned_handle(-1));
  std::uint16_t port() const { return port_; }  // the one chosen where 0 was asked
  net::awaitable<> stop();                      // closes what is open, waits for the tasks
  // Holds for the next connection and the next request; on our own thread.
  void adopt(std::optional<net::tls_context> tls, std::string token);
  // For another process, which serves the port from `let_go` on: who is connected here hears one
  // more answer.
  net::owned_handle copy_door() const { return acceptor_->duplicate(); }
  void let_go();
  const net::endpoint& bind() const { return how_.bind; }

  // One connection, served until it ends; the accept loop spawns these, tests use a memory pipe.
  net::awaitable<> serve(net::stream connection);

 private:
  net::awaitable<> accept_all();
  net::awaitable<> pause();

  net::deadline_wheel& wheel_;
  net::executor where_;
  admin_settings how_;
  routes paths_;
  std::optional<net::acceptor> acceptor_ = {};
  std::uint16_t port_ = 0;
  net::task_group tasks_;
  bool stopping_ = false;
};

}  // namespace skein::metrics
