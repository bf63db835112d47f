// What a plain socket, TLS over one and a memory pipe have in common, and the cold paths.
#include "net/stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cassert>

#include "net/endpoint.hpp"

namespace skein::net {

namespace {

// Read in a row, whatever there is: then everybody else who is ready has a turn.
constexpr std::uint32_t unbroken_max = 64U * 1024;

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

struct stream::below_layer final : tls_session::transport {
  explicit below_layer(stream& over) : over_(over) {}
  // It may read on without giving anything to who waits for it: that has its bound here.
  attempt read_now(std::span<std::byte> into) override {
    if (over_.drained_ && !over_.socket_.readable()) return {.blocked = true};
    if (over_.unbroken_ >= unbroken_max) {
      over_.deferred_ = true;
      return {.blocked = true, .deferred = true};
    }
    const attempt made = over_.read_below_layer(into);
    over_.unbroken_ += static_cast<std::uint32_t>(made.bytes);
    return made;
  }
  attempt write_now(std::span<const std::byte> from) override {
    return over_.write_below_layer(from);
  }

 private:
  stream& over_;
};

stream::stream(socket connected) : socket_(std::move(connected)) {
  sockaddr_storage here = {};
  socklen_t size = sizeof here;
  ::getsockname(socket_.handle(), reinterpret_cast<sockaddr*>(&here), &size);
  local_ = here.ss_family == AF_UNIX;
}

stream::stream(memory_end end) : memory_(std::make_unique<memory_end>(std::move(end))) {}

stream& stream::operator=(stream&& other) noexcept {
  if (this == &other) return *this;
  close();
  socket_ = std::move(other.socket_);
  memory_ = std::move(other.memory_);
  coats_ = std::move(other.coats_);
  drained_ = other.drained_;
  deferred_ = other.deferred_;
  unbroken_ = other.unbroken_;
  local_ = other.local_;
  return *this;
}

attempt stream::read_plain(std::span<std::byte> into) {
  if (memory_) return memory_->read_now(into);
  if (!open()) return {.failure = asio::error::bad_descriptor};
  return socket_.receive(into);
}

attempt stream::write_plain(std::span<const std::byte> from) {
  if (memory_) return memory_->write_now(from);
  if (!open()) return {.failure = asio::error::bad_descriptor};
  return socket_.send(from);
}

attempt stream::read_now(std::span<std::byte> into) {
  assert(!into.empty());
  if (drained()) return {.blocked = true};
  if (unbroken_ >= unbroken_max) {
    deferred_ = true;
    return {.blocked = true, .deferred = true};
  }
  const attempt made = coats_ ? read_coated(into) : read_bare(into);
  unbroken_ += static_cast<std::uint32_t>(made.bytes);
  return made;
}

attempt stream::read_bare(std::span<std::byte> into) {
  const attempt made = read_plain(into);
  drained_ = socket_.open() && (made.blocked || (made.bytes > 0 && made.bytes < into.size()));
  return made;
}

attempt stream::read_coated(std::span<std::byte> into) {
  if (!coats_->top) return read_below_layer(into);
  below_layer transport(*this);
  return coats_->top->read_now(into, transport);
}

attempt stream::read_below_layer(std::span<std::byte> into) {
  if (!coats_->tls) return read_bare(into);
  below transport(*this);
  return coats_->tls->read_now(into, transport);
}

bool stream::quiet() {
  std::array<std::byte, 1> unwanted;
  drained_ = false;
  unbroken_ = 0;
  return read_now(unwanted).blocked && layer_rests();
}

attempt stream::write_now(std::span<const std::byte> from) {
  return coats_ ? write_coated(from) : write_plain(from);
}

attempt stream::write_coated(std::span<const std::byte> from) {
  if (!coats_->top) return write_below_layer(from);
  below_layer transport(*this);
  return coats_->top->write_now(from, transport);
}

attempt stream::write_below_layer(std::span<const std::byte> from) {
  if (!coats_->tls) return write_plain(from);
  below transport(*this);
  return coats_->tls->write_now(from, transport);
}

void stream::put_above(std::unique_ptr<layer> coder) {
  if (!coats_) coats_ = std::make_unique<coats>();
  coats_->top = std::move(coder);
}

direction stream::waits_for(direction where) {
  if (where == direction::read) unbroken_ = 0;
  return tls() ? coats_->tls->blocked_on(where) : where;
}

std::optional<stream::luggage> stream::release() {
  if (!socket_.open()) return std::nullopt;
  return luggage{socket_.release(), std::move(coats_)};
}

std::expected<stream, error_code> stream::adopt(executor where, luggage from) {
  auto adopted = socket::adopt(where, std::move(from.handle));
  if (!adopted) return std::unexpected(adopted.error());
  stream made(std::move(*adopted));
  made.coats_ = std::move(from.worn);
  return made;
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
  flush();
  while (choked()) {
    if (auto [failure] = co_await wait(direction::write); failure) co_return failure;
  }
  co_return error_code();
}

void stream::flush() {
  if (socket_.open()) socket_.flush();
}

awaitable<error_code> stream::write_all(std::string_view from) {
  return write_all(std::as_bytes(std::span(from)));
}

awaitable<error_code> stream::handshake(tls_context context, tls_role role, std::string host,
                                        std::string ahead) {
  drained_ = false;
  if (!coats_) coats_ = std::make_unique<coats>();
  coats_->tls = std::make_unique<tls_session>(context, role, host);
  coats_->tls->put_ahead(ahead);
  below transport(*this);
  while (true) {
    const attempt made = coats_->tls->handshake(transport);
    if (made.failure) co_return made.failure;
    if (!made.blocked) co_return error_code();
    if (auto [failure] = co_await wait(direction::read); failure) co_return failure;
  }
}

bool stream::open() const {
  if (memory_) return memory_->open();
  return socket_.open();
}

bool stream::from_own_user() const {
  ucred who = {};
  socklen_t size = sizeof who;
  return local_ && ::getsockopt(socket_.handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
         who.uid == ::geteuid();
}

std::string stream::peer() const {
  if (!open()) return "closed";
  if (memory_) return "memory";
  if (local_) return "unix socket";
  socket_address there;
  auto size = static_cast<socklen_t>(there.capacity());
  if (::getpeername(socket_.handle(), there.data(), &size) != 0) return "a peer that is gone";
  there.resize(size);
  return to_string(there);
}

void stream::cancel() {
  if (memory_) memory_->cancel();
  socket_.cancel();
}

void stream::close() {
  if (!open()) return;
  if (tls()) {
    below transport(*this);
    coats_->tls->say_goodbye(transport);
  }
  if (memory_) return memory_->close();
  swallow_rest(socket_.handle());
  socket_.close();
}

void stream::reset() {
  if (!open()) return;
  if (memory_) return memory_->reset();
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_.close();
}

void tune(int handle) {
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
