// Who a client is, in the words of the load balancer that it came by: the header of the PROXY
// protocol, as text (version 1) or binary (version 2), which stands before all else that comes over
// a connection. Pure; proxy/announcement reads it from a stream.
#pragma once

#include "net/asio.hpp"

namespace skein::net {

inline constexpr std::size_t proxy_text_max = 107;   // of version 1, with its end of line
inline constexpr std::size_t proxy_body_max = 2048;  // of version 2: addresses and what follows

struct proxy_header {
  std::size_t more = 0;   // so many bytes still belong to it for sure; 0: it is complete
  std::string peer = {};  // as a stream calls it; empty: who sent it speaks for itself
};
// `so_far`: all that has come, and no more than was asked for. The unexpected value says what is
// wrong, as soon as it shows.
std::expected<proxy_header, std::string> read_proxy_header(std::span<const std::byte> so_far);

}  // namespace skein::net
