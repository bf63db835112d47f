// Endpoints as people write them: host:port, [ipv6]:port, unix:/path.
#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <ostream>

#include "conf/values.hpp"

namespace skein::conf {
namespace {

constexpr std::size_t host_bytes_max = 253;  // RFC 1035 2.3.4, as text
constexpr std::size_t socket_bytes_max = sizeof(sockaddr_un::sun_path) - 1;  // its final zero

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

parsed<std::string> parse_host(std::string_view text) {
  std::string host(text);
  if (host.empty()) return std::unexpected("has no host; write it as host:port");
  if (host == "*") {
    return std::unexpected("'*' is no host; for every address write 0.0.0.0 or [::]");
  }
  if (host.size() > host_bytes_max || !std::ranges::all_of(host, is_host_character)) {
    return std::unexpected(shown(host) + " is no host name and no address");
  }
  const bool digits = host.find_first_not_of("0123456789.") == std::string::npos;
  if (digits && !is_ipv4(host)) return std::unexpected(shown(host) + " is no IPv4 address");
  return host;
}

parsed<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_integer(text);
  if (!port || *port < 1 || *port > 65535) {
    return std::unexpected("port " + shown(text) + " is not a number from 1 to 65535");
  }
  return static_cast<std::uint16_t>(*port);
}

parsed<endpoint> parse_unix(std::string_view path) {
  if (!path.starts_with('/')) {
    return std::unexpected("wants an absolute path after 'unix:', as in unix:/run/skein.sock");
  }
  if (path.size() > socket_bytes_max) {
    return std::unexpected("is too long: the path of a unix socket has at most " +
                           std::to_string(socket_bytes_max) + " bytes");
  }
  return endpoint{.path = std::string(path)};
}

parsed<endpoint> with_port(parsed<std::string> host, std::string_view port_text) {
  if (!host) return std::unexpected(std::move(host.error()));
  auto port = parse_port(port_text);
  if (!port) return std::unexpected(std::move(port.error()));
  return endpoint{.host = std::move(*host), .port = *port};
}

}  // namespace

parsed<endpoint> parse_endpoint(std::string_view text) {
  // A URL may carry a password, so it is not repeated in the message.
  if (text.contains("://") || text.contains('@')) {
    return std::unexpected("looks like a URL; write it as host:port, and users below 'users'");
  }
  if (text.starts_with("unix:")) return parse_unix(text.substr(5));
  if (text.starts_with('/'))
    return std::unexpected("is a path; write it as unix:" + printable(text));
  if (text.starts_with('[')) {
    const auto end = text.find("]:");
    if (end == text.npos) return std::unexpected("is not of the form [address]:port");
    std::string host(text.substr(1, end - 1));
    if (!is_ipv6(host)) return std::unexpected(shown(host) + " is no IPv6 address");
    return with_port(std::move(host), text.substr(end + 2));
  }
  const auto colon = text.find(':');
  if (colon == text.npos) {
    return std::unexpected(shown(text) + " has no port; write it as host:port");
  }
  if (text.find(':', colon + 1) != text.npos) {
    return std::unexpected(shown(text) +
                           " has several colons; write an IPv6 address as [::1]:6432");
  }
  return with_port(parse_host(text.substr(0, colon)), text.substr(colon + 1));
}

bool endpoint::is_loopback() const {
  return is_unix() || host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && is_ipv4(host));
}

bool endpoint::is_wildcard() const {
  return host == "0.0.0.0" || host == "::";
}

std::string to_string(const endpoint& where) {
  if (where.is_unix()) return "unix:" + where.path;
  const bool brackets = where.host.contains(':');
  return (brackets ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

std::ostream& operator<<(std::ostream& out, const endpoint& where) {
  return out << to_string(where);
}

}  // namespace skein::conf
