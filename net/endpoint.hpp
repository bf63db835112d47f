// Where a party listens, as people write it: "host:port", "[v6]:port" or "unix:/path".
#pragma once

#include "net/asio.hpp"

namespace skein::net {

struct endpoint {
  std::string host = {};  // empty: a unix socket
  std::string unix_path = {};
  std::uint16_t port = 0;
  bool operator==(const endpoint&) const = default;
};
std::string to_string(const endpoint& where);
std::expected<endpoint, std::string> parse_endpoint(std::string_view text);

// A socket address of any family, and the protocol that goes with it.
using socket_address = asio::generic::stream_protocol::endpoint;
socket_address address_of(const asio::ip::address& host, std::uint16_t port);
socket_address address_of(const std::string& unix_path);  // no longer than a parsed endpoint's
std::string to_string(const socket_address& where);       // "192.0.2.1:4711", "unix socket"

}  // namespace skein::net
