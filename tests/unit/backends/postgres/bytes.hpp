// Messages as tests write them, independent of the writer under test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/login.hpp"

namespace wire {

inline std::string u32(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((value >> shift) & 0xff));
  return out;
}

// A string literal with its zeros: text("a\0b").
template <std::size_t size>
std::string text(const char (&literal)[size]) {
  return {literal, size - 1};
}

inline std::string message(char type, std::string_view body = {}) {
  return std::string(1, type) + u32(static_cast<std::uint32_t>(body.size() + 4)) +
         std::string(body);
}

inline std::string packet(std::uint32_t code, std::string_view body = {}) {
  return u32(static_cast<std::uint32_t>(body.size() + 8)) + u32(code) + std::string(body);
}

inline const std::string tls_request = packet(80877103);
inline const std::string gss_request = packet(80877104);

inline std::string session_start(std::string_view user, std::uint32_t version = 3 << 16) {
  return packet(version, "user" + std::string(1, '\0') + std::string(user) + text("\0\0"));
}

inline std::string query(std::string_view sql) {
  return message('Q', std::string(sql) + text("\0"));
}
inline std::string ready(char status) {
  return message('Z', std::string(1, status));
}
inline std::string complete(std::string_view tag = "SELECT 1") {
  return message('C', std::string(tag) + text("\0"));
}

inline skein::byte_view bytes(std::string_view all) {
  return std::as_bytes(std::span(all));
}

// Advances a login by what was written; `left` is what it did not take.
template <typename Login>
skein::login_want feed(Login& login, std::string_view written, std::string& left) {
  auto input = bytes(written);
  const auto want = login.advance(input);
  left = written.substr(written.size() - input.size());
  return want;
}

// The value of one field of an ErrorResponse at the front of `response`; "(none)" without it.
inline std::string error_field(std::string_view response, char field) {
  if (response.empty() || response.front() != 'E') return "(no error)";
  for (std::size_t at = 5; at < response.size() && response[at] != '\0';) {
    const auto end = response.find('\0', at);
    if (end == std::string_view::npos) break;
    if (response[at] == field) return std::string(response.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return "(none)";
}

}  // namespace wire
