// Ranges of addresses, as people write them: 10.0.0.0/8, 2001:db8::/32, 192.0.2.1, unix.
#include <arpa/inet.h>

#include <array>

#include "conf/values.hpp"

namespace skein::conf {

std::string to_string(const network& where) {
  switch (where.of) {
    case network::kind::any:
      return "anywhere";
    case network::kind::local:
      return "unix";
    case network::kind::ip4:
    case network::kind::ip6:
      break;
  }
  return where.address + "/" + std::to_string(where.bits);
}

parsed<network> parse_network(std::string_view text) {
  if (text == "unix") return network{.of = network::kind::local};
  const auto slash = text.find('/');
  network found{.address = std::string(text.substr(0, slash))};
  std::array<unsigned char, 16> bytes = {};
  unsigned most = 32;
  if (inet_pton(AF_INET, found.address.c_str(), bytes.data()) == 1) {
    found.of = network::kind::ip4;
  } else if (inet_pton(AF_INET6, found.address.c_str(), bytes.data()) == 1) {
    if (IN6_IS_ADDR_V4MAPPED(bytes.data())) {
      return std::unexpected(shown(text) + " is an IPv4 address in IPv6's form; write it as IPv4");
    }
    found.of = network::kind::ip6;
    most = 128;
  } else {
    return std::unexpected(shown(text) +
                           " is no address; write 10.0.0.0/8, 2001:db8::/32, 192.0.2.1 or unix");
  }
  found.bits = most;
  if (slash == std::string_view::npos) return found;
  const auto bits = parse_integer(text.substr(slash + 1));
  if (!bits || *bits < 0 || *bits > most) {
    return std::unexpected("has no prefix length from 0 to " + std::to_string(most) +
                           " behind the slash");
  }
  found.bits = static_cast<unsigned>(*bits);
  return found;
}

}  // namespace skein::conf
