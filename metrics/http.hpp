// HTTP/1.1 as bytes in, bytes out: one connection's exchange without its socket. Beast parses and
// serializes; this class adds limits, keep-alive and answers for what is malformed. admin_server
// carries the bytes; tests feed them split at every position.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "metrics/routes.hpp"

namespace skein::metrics {

inline constexpr std::size_t http_header_bytes_max = 8UL * 1024;
inline constexpr std::size_t http_body_bytes_max = 1024UL * 1024;

class http_exchange {
 public:
  explicit http_exchange(const routes& paths);
  ~http_exchange();

  // Ignored once `finished`.
  void receive(std::span<const std::byte> bytes);
  // The bytes to send for what has been received; nullopt: more is needed. Requests that came
  // together are answered one a call, so that what waits to be sent stays small.
  std::optional<std::string> next_response();
  // What a client hears whose request did not end in time; empty where it had not begun one.
  std::string time_out();

  bool finished() const;  // close the connection once all is sent
  bool refused() const;   // it finished because of a bad request, of which more may be on its way
  bool waiting() const;   // between requests: nothing half received

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace skein::metrics
