// How connections come to be: dial an address, or listen on one. An interface, so that tests dial
// scripted servers in memory.
#pragma once

#include "net/deadline.hpp"
#include "net/stream.hpp"

namespace skein::net {

// "host:port", "[v6]:port" or "unix:/path".
struct endpoint {
  std::string host = {};  // empty: a unix socket
  std::string unix_path = {};
  std::uint16_t port = 0;
};
std::string to_string(const endpoint& where);
std::expected<endpoint, std::string> parse_endpoint(std::string_view text);

class dialer {
 public:
  virtual ~dialer() = default;
  // Tries each address that a name resolves to, within `limit` in all (timed_out).
  virtual awaitable<std::pair<error_code, stream>> dial(endpoint where,
                                                        std::chrono::milliseconds limit) = 0;
};

class socket_dialer final : public dialer {
 public:
  socket_dialer(executor where, deadline_wheel& wheel) : where_(where), wheel_(wheel) {}
  awaitable<std::pair<error_code, stream>> dial(endpoint where,
                                                std::chrono::milliseconds limit) override;

 private:
  executor where_;
  deadline_wheel& wheel_;
};

// A listening socket; several may share a port (SO_REUSEPORT), one a core. A unix socket cannot be
// shared that way: its first listener takes it.
class acceptor {
 public:
  // The error is a sentence that names the address and says what to do.
  static std::expected<acceptor, std::string> listen(executor where, const endpoint& on);
  acceptor(acceptor&&) noexcept;
  acceptor& operator=(acceptor&&) noexcept;
  ~acceptor();
  awaitable<std::pair<error_code, stream>> accept();
  std::uint16_t port() const;  // the one chosen where 0 was asked
  void close();

 private:
  struct state;
  explicit acceptor(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace skein::net
