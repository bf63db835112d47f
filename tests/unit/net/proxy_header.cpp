// The PROXY protocol's header, as it stands in its specification, split at every byte; what is
// wrong with a bad one shows as soon as it can.
#include "net/proxy_header.hpp"

#include <doctest/doctest.h>

using namespace skein::net;
using namespace std::string_literals;

namespace {

std::expected<proxy_header, std::string> read(std::string_view text) {
  return read_proxy_header(std::as_bytes(std::span(text)));
}

// Gives it what it asks for, `step` bytes at most: "192.0.2.1:1" or "wrong: ..."; `taken`: of text.
std::string carried(std::string_view text, std::size_t step, std::size_t& taken) {
  taken = 0;
  for (;;) {
    const auto now = read(text.substr(0, taken));
    if (!now) return "wrong: " + now.error();
    if (now->more == 0) return now->peer.empty() ? "itself" : now->peer;
    if (taken == text.size()) return "unfinished";
    taken += std::min({step, now->more, text.size() - taken});
  }
}

const std::string mark("\r\n\r\n\0\r\nQUIT\n", 12);

std::string number(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 255)};
}
std::string binary(char version, char family, const std::string& body) {
  return mark + version + family + number(body.size()) + body;
}
const std::string v4("\xc0\x00\x02\x01\xc0\x00\x02\x02\x12\x67\x19\x20", 12);
std::string v6() {
  std::string one("\x20\x01\x0d\xb8", 4);
  one += std::string(11, '\0') + '\x01';
  return one + one + number(4711) + number(6432);
}
std::string field(char type, const std::string& value) {
  return type + number(value.size()) + value;
}

}  // namespace

TEST_CASE("a good header names the client, however it is split, and not a byte too many is read") {
  const std::vector<std::pair<std::string, std::string>> good = {
      {"PROXY TCP4 192.0.2.1 192.0.2.2 4711 6432\r\n", "192.0.2.1:4711"},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535"},
      {"PROXY TCP6 2001:db8::1 2001:db8::2 0 6432\r\n", "[2001:db8::1]:0"},
      {"PROXY UNKNOWN\r\n", "itself"},
      {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
       "itself"},
      {binary(0x21, 0x11, v4), "192.0.2.1:4711"},
      {binary(0x21, 0x21, v6()), "[2001:db8::1]:4711"},
      {binary(0x21, 0x11, v4 + field(1, "h2") + field(4, "")), "192.0.2.1:4711"},
      {binary(0x21, 0x31, std::string(216, 'x')), "itself"},
      {binary(0x21, 0x00, ""), "itself"},
      {binary(0x20, 0x00, ""), "itself"},
      {binary(0x20, 0x11, "whatever"), "itself"},
      {binary(0x21, 0x11, v4 + field(9, std::string(proxy_body_max - 15, 'x'))), "192.0.2.1:4711"},
  };
  for (const auto& [text, peer] : good) {
    CAPTURE(text);
    for (const std::size_t step : {1UZ, 2UZ, 7UZ, 10000UZ}) {
      std::size_t taken = 0;
      CHECK(carried(text + "\0\0\0\x08the login"s, step, taken) == peer);
      CHECK(taken == text.size());
    }
    for (std::size_t size = 0; size < text.size(); ++size) {
      const auto part = read(text.substr(0, size));
      REQUIRE(part.has_value());
      CHECK(part->more > 0);
      CHECK(part->more <= text.size() - size);
    }
  }
}

TEST_CASE("a bad header is refused, and so is none") {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"\0\0\0\x08\x04\xd2\x16\x2f"s, "is missing"},
      {"GET / HTTP/1.1\r\n", "is missing"},
      {"PROXZ TCP4", "is missing"},
      {"\r\n\r\n\r", "is missing"},
      {"PROXY TCP5 192.0.2.1 192.0.2.2 4711 6432\r\n", "no family"},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 4711\r\n", "bad port"},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 4711 6432 1\r\n", "bad port"},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 65536 6432\r\n", "bad port"},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 047 6432\r\n", "bad port"},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 -1 6432\r\n", "bad port"},
      {"PROXY TCP4 2001:db8::1 192.0.2.2 1 6432\r\n", "bad address"},
      {"PROXY TCP6 fe80::1%1 fe80::2 1 6432\r\n", "bad address"},
      {"PROXY TCP4 host 192.0.2.2 1 6432\r\n", "bad address"},
      {"PROXY TCP4 192.0.2.1  192.0.2.2 1 6432\r\n", "bad address"},
      {"PROXY UNKNOWN\rx", "ends in its middle"},
      {"PROXY UNKNOWN " + std::string(200, 'x'), "without an end"},
      {binary(0x11, 0x11, v4), "version"},
      {binary(0x22, 0x11, v4), "version"},
      {binary(0x21, 0x12, v4), "kind of connection"},
      {binary(0x21, 0x41, v4), "kind of connection"},
      {binary(0x21, 0x11, v4.substr(1)), "too short"},
      {binary(0x21, 0x21, v4), "too short"},
      {binary(0x21, 0x11, v4 + "\x01\x00"s), "half a field"},
      {binary(0x21, 0x11, v4 + "\x01\x00\x02x"s), "longer than the header"},
      {binary(0x21, 0x11, v4 + field(3, "abc")), "checksum"},
      {binary(0x21, 0x11, v4 + field(3, "abcd")), "checksum"},
      {mark + "\x21\x11\x08\x01"s, "too long"},
  };
  for (const auto& [text, why] : bad) {
    CAPTURE(text);
    std::size_t taken = 0;
    const std::string told = carried(text, 10000, taken);
    CHECK_MESSAGE(told.starts_with("wrong: its PROXY header"), told);
    CHECK_MESSAGE(told.contains(why), told);
  }
}

// Worked out by hand from the polynomial, as other programs send it.
TEST_CASE("a checksum that is right is taken") {
  const std::string head = binary(0x21, 0x11, v4 + field(3, std::string(4, '\0')));
  std::uint32_t crc = ~0U;
  for (const char each : head) {
    crc ^= static_cast<unsigned char>(each);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78U : crc >> 1;
  }
  crc = ~crc;
  const std::string right =
      head.substr(0, head.size() - 4) + number(crc >> 16) + number(crc & 65535);
  std::size_t taken = 0;
  CHECK(carried(right, 3, taken) == "192.0.2.1:4711");
}
