#include "net/socket.hpp"

#include <sys/socket.h>

namespace skein::net {

namespace {

// An awaitable begins when it is awaited: by then the socket may be closed, and its place taken.
struct begin_wait {
  template <typename Handler>
  void operator()(Handler&& handler, poller* home, watched_socket* at, std::uint32_t generation,
                  direction where) const {
    if (at->generation == generation) {
      home->begin(home->waiting_for(*at, where), std::forward<Handler>(handler));
    } else {
      home->begin(home->ready(), std::forward<Handler>(handler)).aborted = true;
    }
  }
};

awaitable<std::tuple<error_code>> not_open() {
  co_return error_code(asio::error::bad_descriptor);
}

}  // namespace

std::expected<socket, error_code> socket::adopt(executor where, owned_handle from,
                                                bool connecting) {
  poller& home = poller::of(where);
  watched_socket* at = home.kernel().add(from.get(), connecting);
  if (!at) return std::unexpected(error_code(errno, boost::system::system_category()));
  from.release();
  return socket(home, *at);
}

socket::socket(socket&& other) noexcept
    : home_(other.home_), at_(std::exchange(other.at_, nullptr)) {}

socket& socket::operator=(socket&& other) noexcept {
  if (this == &other) return *this;
  close();
  home_ = other.home_;
  at_ = std::exchange(other.at_, nullptr);
  return *this;
}

error_code socket::connect_result() const {
  int number = 0;
  socklen_t size = sizeof number;
  ::getsockopt(handle(), SOL_SOCKET, SO_ERROR, &number, &size);
  return {number, boost::system::system_category()};
}

awaitable<std::tuple<error_code>> socket::wait(direction where) {
  if (!open()) return not_open();
  return asio::async_initiate<decltype(use_result), void(error_code)>(
      begin_wait(), use_result, home_, at_, at_->generation, where);
}

void socket::cancel() {
  if (open()) home_->abort_all(*at_);
}

void socket::close() {
  if (!open()) return;
  cancel();
  const owned_handle closed(at_->handle);
  home_->kernel().remove(*std::exchange(at_, nullptr));
}

owned_handle socket::release() {
  if (!open()) return owned_handle(-1);
  cancel();
  owned_handle kept(at_->handle);
  home_->kernel().forget(*at_);
  home_->kernel().remove(*std::exchange(at_, nullptr));
  return kept;
}

}  // namespace skein::net
