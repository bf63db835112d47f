// A connection: TCP, unix socket, TLS over either, or an in-memory pipe in tests. The hot path
// makes non-blocking attempts and waits only when one blocks, so that a warm exchange costs one
// receive and one send a hop and a waiting connection needs no buffer. The coroutines serve cold
// paths.
#pragma once

#include "net/asio.hpp"
#include "net/direction.hpp"
#include "net/layer.hpp"
#include "net/memory_pipe.hpp"
#include "net/socket.hpp"
#include "net/tls.hpp"

namespace skein::net {

class stream {
 public:
  stream() = default;  // closed
  explicit stream(socket connected);
  stream(socket connected, bool local) : socket_(std::move(connected)), local_(local) {}
  explicit stream(memory_end end);
  stream(stream&&) noexcept = default;
  stream& operator=(stream&& other) noexcept;
  ~stream() { close(); }

  // The span is never empty. After a short read of a plain socket the next one is `blocked` until
  // the kernel has told of more; so is one that finds more and more until somebody has waited:
  // others of the core come first.
  attempt read_now(std::span<std::byte> into);
  // After a blocked write the next one must begin with the same bytes and be no shorter (TLS has
  // them in a record already, a layer in its code).
  attempt write_now(std::span<const std::byte> from);
  // Taken is not sent yet: `flush` sends what this turn has so far, else its end does; `choked`
  // then tells that the kernel has not taken all of it, and the write direction waits for that.
  void flush();
  bool choked() const { return socket_.choked(); }
  // The last read emptied the socket, and the kernel has told of nothing since, nor of an end.
  bool drained() const { return drained_ && !socket_.readable() && layer_rests(); }
  // Whether nothing waits to be read and the peer is still there, as the kernel knows it now.
  // Otherwise the stream is of no more use: what was there is lost.
  bool quiet();
  // Until a blocked attempt is worth repeating; operation_aborted after `cancel` or `close`.
  auto wait(direction where) { return wait_in_frame(*this, where); }
  template <typename Handler>
  void begin(Handler&& handler, direction where);

  // To another core: released on the thread of the one, adopted on that of the other, while nobody
  // waits. What has come meanwhile is found there. A pipe in memory has no way to leave.
  // What bytes go through on their way: apart, since most streams have neither.
  struct coats {
    std::unique_ptr<tls_session> tls = {};
    std::unique_ptr<layer> top = {};
  };
  struct luggage {
    owned_handle handle;
    std::unique_ptr<coats> worn = {};
  };
  std::optional<luggage> release();
  static std::expected<stream, error_code> adopt(executor where, luggage from);

  // At least one byte; a closed peer is asio::error::eof.
  awaitable<std::pair<error_code, std::size_t>> read_some(std::span<std::byte> into);
  awaitable<error_code> write_all(std::span<const std::byte> from);
  awaitable<error_code> write_all(std::string_view from);

  // TLS from here on. A client names the host that it expects (SNI, and the check of verify_full).
  // After a failure tls()->failure() has the words.
  // `ahead`: what of the peer's handshake has been read already.
  awaitable<error_code> handshake(tls_context context, tls_role role, std::string host = {},
                                  std::string ahead = {});
  const tls_session* tls() const { return coats_ ? coats_->tls.get() : nullptr; }
  // From here on all goes through it, which stands above TLS where there is any. Once.
  void put_above(std::unique_ptr<layer> coder);

  bool open() const;
  bool local() const { return local_; }  // a unix socket: who connects is on this machine
  // Over a unix socket, from a process of our own user id.
  bool from_own_user() const;
  std::string peer() const;  // "192.0.2.1:4711", "unix socket", "memory", "closed"

  void cancel();  // waits under way end with operation_aborted
  void close();   // in good order: TLS says close_notify if that needs no waiting
  // What it stands on, for who has other means to talk by it; closed from here on. Not of TLS.
  socket take_socket() { return std::move(socket_); }
  void reset();  // so that the peer sees a reset (a unix socket's peer sees an end)

 private:
  struct below;        // what TLS stands on
  struct below_layer;  // what a layer stands on
  direction waits_for(direction where);
  attempt read_coated(std::span<std::byte> into);
  attempt write_coated(std::span<const std::byte> from);
  attempt read_below_layer(std::span<std::byte> into);
  attempt write_below_layer(std::span<const std::byte> from);
  attempt read_bare(std::span<std::byte> into);
  bool layer_rests() const { return !coats_ || !coats_->top || coats_->top->at_rest(); }
  bool layer_readable() const { return coats_ && coats_->top && coats_->top->readable(); }
  attempt read_plain(std::span<std::byte> into);
  attempt write_plain(std::span<const std::byte> from);

  socket socket_ = {};
  std::unique_ptr<memory_end> memory_ = {};
  std::unique_ptr<coats> coats_ = {};  // as a rule it wears none
  // A short read emptied the socket: another would only cost a system call to say so.
  bool drained_ = false;
  bool local_ = false;
  bool deferred_ = false;       // the wait is for the others' turn
  std::uint32_t unbroken_ = 0;  // bytes read since somebody has waited
};

template <typename Handler>
void stream::begin(Handler&& handler, direction where) {
  const bool now =
      where == direction::read && (std::exchange(deferred_, false) || layer_readable());
  where = waits_for(where);
  if (now) {
    poller& home = poller::of(asio::get_associated_executor(handler));
    home.begin(home.ready(), std::forward<Handler>(handler));
  } else if (memory_) {
    memory_->begin(std::forward<Handler>(handler), where);
  } else {
    socket_.begin(std::forward<Handler>(handler), where);
  }
}

// How a listener and a dialer make sockets fit for a proxy: no delay, keep-alive within about a
// minute, and an end to what a dead peer leaves unacknowledged. What a listening socket is told
// holds for those that it accepts. A unix socket needs none of it.
void tune(int handle);

}  // namespace skein::net
