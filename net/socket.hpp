// A connected or listening descriptor on a core's poller: attempts that never wait, and waits that
// need no system call. What net/stream, net/acceptor and net/dialer stand on.
#pragma once

#include "net/handle.hpp"
#include "net/poller.hpp"

namespace skein::net {

class socket {
 public:
  socket() = default;  // closed
  // Takes the descriptor, which must not block; closes it if the kernel will not watch it.
  // `connecting`: wait for the write direction, then ask connect_result.
  static std::expected<socket, error_code> adopt(executor where, owned_handle from,
                                                 bool connecting = false);
  socket(socket&& other) noexcept;
  socket& operator=(socket&& other) noexcept;
  ~socket() { close(); }

  bool open() const { return at_ != nullptr; }
  int handle() const { return at_ ? at_->handle : -1; }
  // Of an open socket.
  attempt receive(std::span<std::byte> into) { return home_->kernel().receive(*at_, into); }
  attempt send(std::span<const std::byte> from) { return home_->kernel().send(*at_, from); }
  // What was sent in this turn goes now. Without it that happens at the end of the turn.
  void flush() { home_->kernel().flush(); }
  // The kernel has not taken all of what was sent: wait for the write direction.
  bool choked() const { return at_ && at_->choked; }
  // An attempt by the owner's own system call (accept) found nothing.
  void blocked(direction where) { home_->kernel().blocked(*at_, where); }
  error_code connect_result() const;

  auto wait(direction where) { return wait_in_frame(*this, where); }
  template <typename Handler>
  void begin(Handler&& handler, direction where);
  // Something has come, or the end, since a read found no more.
  bool readable() const { return at_ && at_->readable; }
  void cancel();  // waits under way end with operation_aborted
  void close();   // and so do they now
  // The same, but the descriptor lives on: passed on, or adopted on another core, which finds what
  // came meanwhile.
  owned_handle release();

 private:
  socket(poller& home, watched_socket& at) : home_(&home), at_(&at) {}
  poller* home_ = nullptr;
  watched_socket* at_ = nullptr;
};

template <typename Handler>
void socket::begin(Handler&& handler, direction where) {
  if (open()) {
    home_->begin(home_->waiting_for(*at_, where), std::forward<Handler>(handler));
    return;
  }
  const auto home = asio::get_associated_executor(handler);
  asio::post(home, [call = std::forward<Handler>(handler)]() mutable {
    std::move(call)(error_code(asio::error::bad_descriptor));
  });
}

}  // namespace skein::net
