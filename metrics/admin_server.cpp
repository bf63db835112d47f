#include "metrics/admin_server.hpp"

#include <array>
#include <span>

#include "metrics/http.hpp"
#include "metrics/log.hpp"

namespace skein::metrics {

namespace {

// After a refusal: how much of what the client still sends is read and thrown away. A close with
// unread bytes would reset the connection, and the client would lose the words of the refusal.
constexpr std::size_t unwanted_bytes_max = 4UL * 1024 * 1024;
constexpr std::chrono::seconds unwanted_time{1};
constexpr std::chrono::milliseconds accept_pause{100};

constexpr std::string_view too_many =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    "Content-Length: 45\r\nRetry-After: 1\r\n\r\n"
    "too many connections are open here; try again";

}  // namespace

admin_server::admin_server(net::executor where, net::deadline_wheel& wheel, admin_settings how,
                           routes paths)
    : wheel_(wheel),
      where_(where),
      how_(std::move(how)),
      paths_(std::move(paths)),
      tasks_(std::move(where)) {
  tasks_.on_exception = [](const std::string& text) {
    log::write(log::level::error, "the admin server dropped a connection", {{"error", text}});
  };
}

admin_server::~admin_server() = default;

std::expected<void, std::string> admin_server::start(net::owned_handle passed) {
  const bool inherits = passed.get() >= 0;
  // A shared port would answer for one Skein now and for another then.
  if (!inherits) {
    if (auto vacant = net::acceptor::probe(how_.bind); !vacant) return vacant;
  }
  auto made = inherits ? net::acceptor::adopt(where_, std::move(passed), how_.bind)
                       : net::acceptor::listen(where_, how_.bind);
  if (!made) return std::unexpected(std::move(made.error()));
  acceptor_ = std::move(*made);
  port_ = acceptor_->port();
  tasks_.spawn(accept_all());
  return {};
}

void admin_server::adopt(std::optional<net::tls_context> tls, std::string token) {
  how_.tls = std::move(tls);
  paths_.demand(std::move(token));
}

net::awaitable<> admin_server::stop() {
  stopping_ = true;
  if (acceptor_) acceptor_->close();
  tasks_.cancel();
  co_await tasks_.join();
}

void admin_server::let_go() {
  stopping_ = true;
  acceptor_->let_go();
}

net::awaitable<> admin_server::accept_all() {
  log::repeat_limit quiet(std::chrono::seconds(10));
  while (!stopping_) {
    auto [failed, connection] = co_await acceptor_->accept();
    if (stopping_ || failed == net::asio::error::operation_aborted) co_return;
    if (failed) {
      log::write_limited(quiet, log::level::warn, "the admin port cannot accept connections now",
                         {{"error", failed.message()}});
      co_await pause();
    } else if (tasks_.size() > how_.connections_max) {  // this loop is one of the tasks
      if (!how_.tls) connection.write_now(std::as_bytes(std::span(too_many)));
    } else {
      tasks_.spawn(serve(std::move(connection)));
    }
  }
}

net::awaitable<> admin_server::pause() {
  net::timer wait(where_, accept_pause);
  co_await wait.async_wait(net::use_result);
}

net::awaitable<> admin_server::serve(net::stream connection) {
  net::deadline limit(wheel_, [&connection] { connection.cancel(); });
  limit.arm(how_.request_timeout);
  if (const auto tls = how_.tls) {
    if (co_await connection.handshake(*tls, net::tls_role::server)) co_return;
  }
  http_exchange exchange(paths_);
  std::array<std::byte, 4096> buffer;
  limit.arm(how_.idle_timeout);
  while (!exchange.finished() && !stopping_) {
    const auto [failed, count] = co_await connection.read_some(buffer);
    if (failed) {
      if (!limit.passed()) co_return;
      const auto farewell = exchange.time_out();
      limit.arm(unwanted_time);
      if (!farewell.empty()) co_await connection.write_all(farewell);
      co_return;
    }
    if (exchange.waiting()) limit.arm(how_.request_timeout);
    exchange.receive(std::span(buffer).first(count));
    while (const auto reply = exchange.next_response()) {
      if (co_await connection.write_all(*reply)) co_return;
      limit.arm(exchange.waiting() ? how_.idle_timeout : how_.request_timeout);
    }
  }
  limit.arm(unwanted_time);
  for (std::size_t read = 0; exchange.refused() && read < unwanted_bytes_max;) {
    const auto [failed, count] = co_await connection.read_some(buffer);
    if (failed) co_return;
    read += count;
  }
}

}  // namespace skein::metrics
