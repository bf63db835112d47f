#include "net/socket.hpp"

#include <sys/socket.h>

namespace skein::net {

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
