#include "net/blocking_stream.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <system_error>

#include "net/lookup.hpp"
#include "net/stream.hpp"

namespace skein::net {

namespace {

attempt outcome_of(ssize_t size) {
  if (size >= 0) return {.bytes = static_cast<std::size_t>(size)};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {.blocked = true};
  return {.failure = error_code(errno, asio::error::get_system_category())};
}

}  // namespace

struct blocking_stream::below final : tls_session::transport {
  explicit below(int handle) : socket(handle) {}
  attempt read_now(std::span<std::byte> into) override {
    return outcome_of(::recv(socket, into.data(), into.size(), 0));
  }
  attempt write_now(std::span<const std::byte> from) override {
    return outcome_of(::send(socket, from.data(), from.size(), MSG_NOSIGNAL));
  }
  int socket;
};

blocking_stream::blocking_stream() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_.get() < 0) throw std::system_error(errno, std::system_category(), "eventfd");
}

blocking_stream::~blocking_stream() {
  close();
}

void blocking_stream::interrupt() {
  interrupted_ = true;
  eventfd_write(wake_.get(), 1);
}

void blocking_stream::close() {
  if (tls_ && open()) {
    below socket(socket_.get());
    tls_->say_goodbye(socket);
  }
  tls_.reset();
  socket_ = owned_handle(-1);
}

error_code blocking_stream::wait(direction where) {
  for (;;) {
    if (interrupted_) return asio::error::operation_aborted;
    const auto left = until_ == steady_time::max() ? std::chrono::milliseconds{60'000}
                                                   : std::chrono::ceil<std::chrono::milliseconds>(
                                                         until_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) return asio::error::timed_out;
    pollfd watched[] = {
        {socket_.get(), static_cast<short>(where == direction::read ? POLLIN : POLLOUT), 0},
        {wake_.get(), POLLIN, 0}};
    const auto longest = std::min<std::int64_t>(left.count(), 60'000);
    const int ready = ::poll(watched, 2, static_cast<int>(longest));
    if (ready < 0 && errno != EINTR) return {errno, asio::error::get_system_category()};
    if (ready > 0 && watched[0].revents != 0 && !interrupted_) return {};
  }
}

error_code blocking_stream::connect(const endpoint& where) {
  close();
  if (where.host.empty()) return connect_to(address_of(where.unix_path));
  const lookup_result found = look_up(where.host, where.port);
  if (!found) return found.error();
  error_code failed = asio::error::host_not_found;
  for (const auto& each : *found) {
    failed = connect_to(each);
    if (!failed || failed == asio::error::timed_out) return failed;
  }
  return failed;
}

error_code blocking_stream::connect_to(const socket_address& to) {
  const auto failure = [&]() -> error_code {
    const error_code why(errno, asio::error::get_system_category());
    socket_ = owned_handle(-1);
    return why;
  };
  socket_ =
      owned_handle(::socket(to.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket_.get() < 0) return failure();
  if (to.protocol().family() != AF_UNIX) tune(socket_.get());
  if (::connect(socket_.get(), to.data(), static_cast<socklen_t>(to.size())) == 0) return {};
  if (errno != EINPROGRESS) return failure();
  if (const error_code late = wait(direction::write)) {
    socket_ = owned_handle(-1);
    return late;
  }
  int refused = 0;
  socklen_t size = sizeof refused;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &refused, &size);
  if (refused == 0) return {};
  errno = refused;
  return failure();
}

error_code blocking_stream::handshake(const tls_context& context, const std::string& host) {
  tls_ = std::make_unique<tls_session>(context, tls_role::client, host);
  below socket(socket_.get());
  for (;;) {
    const attempt step = tls_->handshake(socket);
    if (step.failure) return step.failure;
    if (!step.blocked) return {};
    if (const error_code late = wait(tls_->blocked_on(direction::read))) return late;
  }
}

attempt blocking_stream::read_now(std::span<std::byte> into) {
  below socket(socket_.get());
  return tls_ ? tls_->read_now(into, socket) : socket.read_now(into);
}

attempt blocking_stream::write_now(std::span<const std::byte> from) {
  below socket(socket_.get());
  return tls_ ? tls_->write_now(from, socket) : socket.write_now(from);
}

std::pair<error_code, std::size_t> blocking_stream::read_some(std::span<std::byte> into) {
  for (;;) {
    const attempt step = read_now(into);
    if (step.failure) return {step.failure, 0};
    if (step.bytes != 0) return {{}, step.bytes};
    if (!step.blocked) return {asio::error::eof, 0};
    const auto until = tls_ ? tls_->blocked_on(direction::read) : direction::read;
    if (const error_code late = wait(until)) return {late, 0};
  }
}

error_code blocking_stream::write_all(std::span<const std::byte> from) {
  while (!from.empty()) {
    const attempt step = write_now(from);
    if (step.failure) return step.failure;
    from = from.subspan(step.bytes);
    if (!step.blocked) continue;
    const auto until = tls_ ? tls_->blocked_on(direction::write) : direction::write;
    if (const error_code late = wait(until)) return late;
  }
  return {};
}

}  // namespace skein::net
