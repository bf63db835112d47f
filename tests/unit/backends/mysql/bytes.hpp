// Packets as tests write them, independent of the writer under test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/login.hpp"

namespace wire {

// The lowest bytes of a number, lowest first.
inline std::string number(std::uint64_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes; ++at)
    out.push_back(static_cast<char>((value >> (8 * at)) & 0xff));
  return out;
}

// A string literal with its zeros: text("a\0b").
template <std::size_t size>
std::string text(const char (&literal)[size]) {
  return {literal, size - 1};
}

inline std::string packet(std::uint8_t number_of_it, std::string_view body) {
  return number(body.size(), 3) + static_cast<char>(number_of_it) + std::string(body);
}

inline skein::byte_view bytes(std::string_view all) {
  return std::as_bytes(std::span(all));
}

// Of the first packet.
inline std::string body_of(std::string_view packets) {
  if (packets.size() < 4) return "(nothing)";
  const std::size_t size = static_cast<unsigned char>(packets[0]) |
                           std::size_t{static_cast<unsigned char>(packets[1])} << 8;
  return std::string(packets.substr(4, size));
}
inline int number_of(std::string_view packets) {
  return packets.size() < 4 ? -1 : static_cast<unsigned char>(packets[3]);
}

// "1045 28000 text" of an ERR.
inline std::string error_in(std::string_view packets) {
  const auto body = body_of(packets);
  if (body.size() < 9 || body[0] != '\xff') return "(no error)";
  const int code = static_cast<unsigned char>(body[1]) | static_cast<unsigned char>(body[2]) << 8;
  return std::to_string(code) + " " + body.substr(4, 5) + " " + body.substr(9);
}

// Advances a login by what was written; `left` is what it did not take.
template <typename Login>
skein::login_want feed(Login& login, std::string_view written, std::string& left) {
  auto input = bytes(written);
  const auto want = login.advance(input);
  left = written.substr(written.size() - input.size());
  return want;
}

}  // namespace wire
