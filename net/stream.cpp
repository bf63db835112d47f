// Attempts are plain system calls on a non-blocking socket; Asio only says when to repeat one.
#include "net/stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cassert>

#include "net/endpoint.hpp"

namespace skein::net {

namespace {

error_code last_failure() {
  return {errno, boost::system::system_category()};
}

attempt result_of(ssize_t moved) {
  if (moved >= 0) return {.bytes = static_cast<std::size_t>(moved)};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {.blocked = true};
  return {.failure = last_failure()};
}

awaitable<std::tuple<error_code>> not_open() {
  co_return error_code(asio::error::bad_descriptor);
}

// A socket that is closed with bytes unread sends a reset, which may overtake our last words.
void swallow_rest(int socket) {
  std::array<std::byte, 16384> rest;
  for (int round = 0; round < 4; ++round) {
    if (::recv(socket, rest.data(), rest.size(), MSG_DONTWAIT) <= 0) return;
  }
}

}  // namespace

struct stream::below final : tls_session::transport {
  explicit below(stream& over) : over_(over) {}
  attempt read_now(std::span<std::byte> into) override { return over_.read_plain(into); }
  attempt write_now(std::span<const std::byte> from) override { return over_.write_plain(from); }

 private:
  stream& over_;
};

stream::stream(generic_socket connected) : socket_(std::move(connected)) {
  error_code failure;
  const auto here = socket_->local_endpoint(failure);
  local_ = !failure && here.protocol().family() == AF_UNIX;
}

stream::stream(memory_end end) : memory_(std::move(end)) {}

stream& stream::operator=(stream&& other) noexcept {
  if (this == &other) return *this;
  close();
  socket_ = std::move(other.socket_);
  memory_ = std::move(other.memory_);
  tls_ = std::move(other.tls_);
  drained_ = other.drained_;
  local_ = other.local_;
  return *this;
}

attempt stream::read_plain(std::span<std::byte> into) {
  if (memory_) return memory_->read_now(into);
  if (!open()) return {.failure = asio::error::bad_descriptor};
  ssize_t moved = 0;
  do {
    moved = ::recv(socket_->native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  } while (moved < 0 && errno == EINTR);
  return result_of(moved);
}

attempt stream::write_plain(std::span<const std::byte> from) {
  if (memory_) return memory_->write_now(from);
  if (!open()) return {.failure = asio::error::bad_descriptor};
  ssize_t moved = 0;
  do {
    moved = ::send(socket_->native_handle(), from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (moved < 0 && errno == EINTR);
  return result_of(moved);
}

attempt stream::read_now(std::span<std::byte> into) {
  assert(!into.empty());
  if (tls_) {
    below transport(*this);
    return tls_->read_now(into, transport);
  }
  if (drained_) return {.blocked = true};
  const attempt made = read_plain(into);
  drained_ = socket_ && (made.blocked || (made.bytes > 0 && made.bytes < into.size()));
  return made;
}

bool stream::quiet() {
  std::array<std::byte, 1> unwanted;
  drained_ = false;
  return read_now(unwanted).blocked;
}

attempt stream::write_now(std::span<const std::byte> from) {
  if (!tls_) return write_plain(from);
  below transport(*this);
  return tls_->write_now(from, transport);
}

awaitable<std::tuple<error_code>> stream::wait(direction where) {
  if (where == direction::read) drained_ = false;
  if (tls_) where = tls_->blocked_on(where);
  if (memory_) return memory_->wait(where);
  if (!socket_) return not_open();
  const auto kind =
      where == direction::read ? generic_socket::wait_read : generic_socket::wait_write;
  return socket_->async_wait(kind, use_result);
}

awaitable<std::pair<error_code, std::size_t>> stream::read_some(std::span<std::byte> into) {
  while (true) {
    const attempt made = read_now(into);
    if (made.bytes > 0) co_return std::pair{error_code(), made.bytes};
    if (made.failure) co_return std::pair{made.failure, std::size_t{0}};
    if (!made.blocked) co_return std::pair{error_code(asio::error::eof), std::size_t{0}};
    if (auto [failure] = co_await wait(direction::read); failure) {
      co_return std::pair{failure, std::size_t{0}};
    }
  }
}

awaitable<error_code> stream::write_all(std::span<const std::byte> from) {
  while (!from.empty()) {
    const attempt made = write_now(from);
    if (made.failure) co_return made.failure;
    from = from.subspan(made.bytes);
    if (!made.blocked) continue;
    if (auto [failure] = co_await wait(direction::write); failure) co_return failure;
  }
  co_return error_code();
}

awaitable<error_code> stream::write_all(std::string_view from) {
  return write_all(std::as_bytes(std::span(from)));
}

awaitable<error_code> stream::handshake(tls_context context, tls_role role, std::string host) {
  drained_ = false;
  tls_ = std::make_unique<tls_session>(context, role, host);
  below transport(*this);
  while (true) {
    const attempt made = tls_->handshake(transport);
    if (made.failure) co_return made.failure;
    if (!made.blocked) co_return error_code();
    if (auto [failure] = co_await wait(direction::read); failure) co_return failure;
  }
}

bool stream::open() const {
  if (memory_) return memory_->open();
  return socket_ && socket_->is_open();
}

std::string stream::peer() const {
  if (!open()) return "closed";
  if (memory_) return "memory";
  if (local_) return "unix socket";
  error_code failure;
  const auto there = socket_->remote_endpoint(failure);
  return failure ? "a peer that is gone" : to_string(there);
}

void stream::cancel() {
  error_code ignored;
  if (memory_) memory_->cancel();
  if (socket_ && socket_->is_open()) socket_->cancel(ignored);
}

void stream::close() {
  if (!open()) return;
  if (tls_) {
    below transport(*this);
    tls_->say_goodbye(transport);
  }
  if (memory_) return memory_->close();
  error_code ignored;
  socket_->shutdown(generic_socket::shutdown_send, ignored);
  swallow_rest(socket_->native_handle());
  socket_->close(ignored);
}

void stream::reset() {
  if (!open()) return;
  if (memory_) return memory_->reset();
  error_code ignored;
  socket_->set_option(asio::socket_base::linger(true, 0), ignored);
  socket_->close(ignored);
}

void tune(generic_socket& socket) {
  const int handle = socket.native_handle();
  const auto set = [handle](int level, int name, int value) {
    ::setsockopt(handle, level, name, &value, sizeof value);
  };
  // Silence is probed after 30 seconds; where TCP_USER_TIMEOUT is set it also ends the probing, so
  // that a peer that is gone is noticed after about a minute, whether or not data is on its way.
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
}

}  // namespace skein::net
