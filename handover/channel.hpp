// The messages of a takeover on their way over a unix socket, with the descriptors that they bring.
// Both ends have one, on the control core: one coroutine hears, one at a time says.
#pragma once

#include "handover/message.hpp"
#include "net/core.hpp"
#include "net/passing.hpp"
#include "net/socket.hpp"

namespace skein::handover {

// The error is a sentence; the channel is of no more use then.
template <typename T>
using outcome = std::expected<T, std::string>;

class channel {
 public:
  channel(net::core& on, net::socket connected);
  channel(const channel&) = delete;

  net::peer_process peer() const { return peer_; }
  bool from_own_user() const;

  net::awaitable<outcome<message>> hear(net::steady_time::duration patience);
  // The descriptor of the door that was heard of last; -1 inside: it brought none.
  net::owned_handle take_handle();
  net::awaitable<outcome<void>> say(message what, net::steady_time::duration patience,
                                    int handle = -1);
  bool hung_up() const { return hung_up_; }  // hear: the other end has gone
  // Who hears or says is told that it is over.
  void close();

 private:
  struct limit;
  net::core& on_;
  net::socket socket_;
  net::peer_process peer_ = {};
  std::string heard_ = {};  // and not decoded yet
  std::deque<net::owned_handle> handles_ = {};
  bool hung_up_ = false;
  bool closed_ = false;
};

}  // namespace skein::handover
