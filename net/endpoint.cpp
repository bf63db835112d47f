// Reading and writing addresses.
#include "net/endpoint.hpp"

#include <sys/un.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <charconv>

namespace skein::net {

namespace {

constexpr std::string_view unix_mark = "unix:";
constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

std::unexpected<std::string> mistake(std::string_view text, std::string_view what) {
  return std::unexpected("\"" + std::string(text) + "\" is no address: " + std::string(what));
}

std::expected<endpoint, std::string> parse_unix(std::string_view text) {
  const std::string_view path = text.substr(unix_mark.size());
  if (path.empty() || path.front() != '/' || path.find('\0') != path.npos) {
    return mistake(text, "after unix: an absolute path is wanted, such as unix:/run/skein.sock");
  }
  if (path.size() > longest_path) {
    return mistake(text, "a unix socket's path has at most " + std::to_string(longest_path) +
                             " characters, this one " + std::to_string(path.size()));
  }
  return endpoint{.unix_path = std::string(path)};
}

std::string with_port(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != host.npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

// Asio asks inet_ntop, which prints: a fiftieth of what a login costs.
std::string dotted(const asio::ip::address_v4& host) {
  std::string out;
  for (const unsigned byte : host.to_bytes()) out.append(std::to_string(byte)).push_back('.');
  out.pop_back();
  return out;
}

}  // namespace

std::string to_string(const endpoint& where) {
  if (where.host.empty()) return std::string(unix_mark) + where.unix_path;
  return with_port(where.host, where.port);
}

std::expected<endpoint, std::string> parse_endpoint(std::string_view text) {
  if (text.starts_with(unix_mark)) return parse_unix(text);
  const auto colon = text.rfind(':');
  if (colon == text.npos) return mistake(text, "the port is missing, write host:port");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    error_code failure;
    asio::ip::make_address_v6(std::string(host), failure);
    if (failure) return mistake(text, "what stands in brackets is no IPv6 address");
  } else if (host.find_first_of("[]:") != host.npos) {
    return mistake(text, "an IPv6 address stands in brackets, write [::1]:5432");
  }
  if (host.empty()) return mistake(text, "the host is missing, write host:port");
  if (host.find_first_of(std::string_view(" \t\r\n/\0", 6)) != host.npos) {
    return mistake(text, "a host has no spaces and no slashes");
  }
  endpoint made{.host = std::string(host)};
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), made.port);
  if (failure != std::errc() || end != digits.data() + digits.size()) {
    return mistake(text, "the port is a number from 0 to 65535");
  }
  return made;
}

socket_address address_of(const asio::ip::address& host, std::uint16_t port) {
  return asio::ip::tcp::endpoint(host, port);
}

socket_address address_of(const std::string& unix_path) {
  return asio::local::stream_protocol::endpoint(unix_path.substr(0, longest_path));
}

std::string to_string(const socket_address& where) {
  if (where.protocol().family() == AF_UNIX) return "unix socket";
  asio::ip::tcp::endpoint known;
  if (where.size() > known.capacity()) return "an unknown kind of address";
  std::memcpy(known.data(), where.data(), where.size());
  const asio::ip::address host = known.address();
  return with_port(host.is_v4() ? dotted(host.to_v4()) : host.to_string(), known.port());
}

}  // namespace skein::net
