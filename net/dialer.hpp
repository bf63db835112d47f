// How connections come to be at our end (acceptor.hpp: at theirs). An interface, so that tests dial
// scripted servers in memory.
#pragma once

#include "net/deadline.hpp"
#include "net/endpoint.hpp"
#include "net/stream.hpp"

namespace skein::net {

class dialer {
 public:
  virtual ~dialer() = default;
  // Tries each address that a name resolves to, within `limit` in all (timed_out).
  virtual awaitable<std::pair<error_code, stream>> dial(endpoint where,
                                                        std::chrono::milliseconds limit) = 0;
};

// Must outlive the calls under way, as must the wheel.
class socket_dialer final : public dialer {
 public:
  socket_dialer(executor where, deadline_wheel& wheel) : where_(where), wheel_(wheel) {}
  awaitable<std::pair<error_code, stream>> dial(endpoint where,
                                                std::chrono::milliseconds limit) override;

 private:
  executor where_;
  deadline_wheel& wheel_;
};

}  // namespace skein::net
