// RFC 4648 section 4, strictly: padding where it belongs, no bits left over.
#include <algorithm>
#include <array>

#include "coordination/etcd_messages.hpp"

namespace skein::coordination {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int value_of(char letter) {
  const auto at = alphabet.find(letter);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t here = std::min<std::size_t>(3, bytes.size() - at);
    unsigned group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < here ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out += i <= here ? alphabet[group >> (18 - 6 * i) & 63U] : '=';
  }
  return out;
}

std::expected<std::string, std::string> from_base64(std::string_view text) {
  const auto bad = [] { return std::unexpected(std::string("is not base64")); };
  if (text.size() % 4 != 0) return bad();
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::string_view letters = text.substr(at, 4);
    if (at + 4 == text.size()) {
      if (letters.ends_with('=')) letters.remove_suffix(1);
      if (letters.ends_with('=')) letters.remove_suffix(1);
    }
    if (letters.size() < 2) return bad();
    unsigned group = 0;
    for (const char letter : letters) {
      const int bits = value_of(letter);
      if (bits < 0) return bad();
      group = group << 6 | static_cast<unsigned>(bits);
    }
    const std::size_t bytes = letters.size() * 6 / 8;
    const std::size_t over = letters.size() * 6 % 8;
    if ((group & ((1U << over) - 1)) != 0) return bad();
    group >>= over;
    for (std::size_t i = bytes; i > 0; --i) out += static_cast<char>(group >> (8 * (i - 1)) & 255U);
  }
  return out;
}

std::string end_of_prefix(std::string prefix) {
  while (!prefix.empty()) {
    const auto last = static_cast<unsigned char>(prefix.back());
    if (last < 0xff) {
      prefix.back() = static_cast<char>(last + 1);
      return prefix;
    }
    prefix.pop_back();
  }
  return std::string(1, '\0');  // all keys behind it
}

}  // namespace skein::coordination
