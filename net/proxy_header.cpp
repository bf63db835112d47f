#include "net/proxy_header.hpp"

#include <charconv>

#include "net/endpoint.hpp"

namespace skein::net {

namespace {

using outcome = std::expected<proxy_header, std::string>;

constexpr std::string_view text_mark = "PROXY ";
constexpr std::string_view binary_mark("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view line_end = "\r\n";
constexpr std::size_t shortest_text = 15;  // PROXY UNKNOWN and the end of its line
constexpr std::size_t fixed_bytes = 16;    // of the binary header, before addresses
constexpr unsigned char checksum_type = 3;

std::unexpected<std::string> wrong(std::string what) {
  return std::unexpected("its PROXY header " + std::move(what));
}

std::uint16_t u16(std::string_view at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(at[0]) << 8 |
                                    static_cast<unsigned char>(at[1]));
}

// Of a text without signs and leading zeros.
std::optional<std::uint16_t> port_of(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool all = failed == std::errc() && end == digits.data() + digits.size();
  if (!all || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  return port;
}

std::string_view next_word(std::string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

outcome read_line(std::string_view line) {
  std::string_view rest = line.substr(text_mark.size());
  const auto family = next_word(rest);
  if (family == "UNKNOWN") return proxy_header{};
  if (family != "TCP4" && family != "TCP6") return wrong("names no family that is known");
  std::array<asio::ip::address, 2> hosts;
  for (auto& host : hosts) {
    error_code failed;
    host = asio::ip::make_address(std::string(next_word(rest)), failed);
    if (failed || host.is_v4() != (family == "TCP4")) return wrong("has a bad address");
    if (host.is_v6() && host.to_v6().scope_id() != 0) return wrong("has a bad address");
  }
  const auto from = port_of(next_word(rest));
  const auto to = port_of(rest);
  if (!from || !to) return wrong("has a bad port");
  return proxy_header{0, to_string(address_of(hosts[0], *from))};
}

outcome read_text(std::string_view bytes) {
  const auto end = bytes.find('\r');
  if (end == bytes.npos || end + 1 == bytes.size()) {
    const std::size_t least = end == bytes.npos ? 2 : 1;
    if (bytes.size() + least > proxy_text_max) return wrong("is a line without an end");
    return proxy_header{std::max(least, shortest_text - std::min(shortest_text, bytes.size()))};
  }
  if (bytes.substr(end) != line_end) return wrong("has a line that ends in its middle");
  return read_line(bytes.substr(0, end));
}

// CRC32c of the header, with zeros where the checksum itself stands.
std::uint32_t checksum(std::string_view bytes, std::size_t own_place) {
  std::uint32_t crc = ~0U;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool own = i >= own_place && i < own_place + 4;
    crc ^= own ? 0U : static_cast<unsigned char>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

// Type, length and value, one behind the other to the very end.
outcome check_extras(std::string_view whole, std::size_t at, std::string peer) {
  while (at < whole.size()) {
    if (whole.size() - at < 3) return wrong("has half a field");
    const auto type = static_cast<unsigned char>(whole[at]);
    const std::size_t length = u16(whole.substr(at + 1));
    at += 3;
    if (length > whole.size() - at) return wrong("has a field that is longer than the header");
    if (type == checksum_type) {
      if (length != 4) return wrong("has a bad checksum");
      const std::uint32_t said =
          static_cast<std::uint32_t>(u16(whole.substr(at))) << 16 | u16(whole.substr(at + 2));
      if (said != checksum(whole, at)) return wrong("has a bad checksum");
    }
    at += length;
  }
  return proxy_header{0, std::move(peer)};
}

template <typename Address>
std::string peer_in(std::string_view whole) {
  typename Address::bytes_type raw;
  std::memcpy(raw.data(), whole.data() + fixed_bytes, raw.size());
  return to_string(address_of(Address(raw), u16(whole.substr(fixed_bytes + 2 * raw.size()))));
}

outcome read_body(std::string_view whole, unsigned family) {
  constexpr std::array<std::size_t, 4> address_bytes = {0, 12, 36, 216};
  if (family == 0) return proxy_header{};  // a connection of a kind that has no name
  const std::size_t wanted = address_bytes[family];
  if (whole.size() - fixed_bytes < wanted) return wrong("is too short for its addresses");
  std::string peer;
  if (family == 1) peer = peer_in<asio::ip::address_v4>(whole);
  if (family == 2) peer = peer_in<asio::ip::address_v6>(whole);
  return check_extras(whole, fixed_bytes + wanted, std::move(peer));
}

outcome read_binary(std::string_view bytes) {
  if (bytes.size() < fixed_bytes) return proxy_header{fixed_bytes - bytes.size()};
  const auto version = static_cast<unsigned char>(bytes[12]);
  const auto family = static_cast<unsigned char>(bytes[13]);
  if (version != 0x20 && version != 0x21) return wrong("is of an unknown version or command");
  const std::size_t length = u16(bytes.substr(14));
  if (length > proxy_body_max) return wrong("is too long");
  const bool local = version == 0x20;  // such as a health check
  const bool named = family >> 4 > 0 && family >> 4 <= 3 && (family & 15) == 1;
  if (!local && !named && family != 0) return wrong("is of an unknown kind of connection");
  if (bytes.size() < fixed_bytes + length) {
    return proxy_header{fixed_bytes + length - bytes.size()};
  }
  return local ? proxy_header{} : read_body(bytes, family >> 4);
}

bool may_be(std::string_view bytes, std::string_view mark) {
  return bytes.starts_with(mark.substr(0, bytes.size()));
}

}  // namespace

std::expected<proxy_header, std::string> read_proxy_header(std::span<const std::byte> so_far) {
  const std::string_view bytes(reinterpret_cast<const char*>(so_far.data()), so_far.size());
  if (bytes.empty()) return proxy_header{shortest_text};
  if (may_be(bytes, text_mark)) return read_text(bytes);
  if (may_be(bytes, binary_mark)) return read_binary(bytes);
  return wrong("is missing");
}

}  // namespace skein::net
