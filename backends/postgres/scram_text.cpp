#include "backends/postgres/scram_text.hpp"

#include <algorithm>

namespace skein::postgres {

std::optional<std::string_view> take_attribute(std::string_view& text, char name) {
  if (text.size() < 2 || text[0] != name || text[1] != '=') return std::nullopt;
  const auto end = std::min(text.find(','), text.size());
  const auto value = text.substr(2, end - 2);
  text.remove_prefix(std::min(end + 1, text.size()));
  return value;
}

bool is_nonce(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != ','; });
}

sha256_digest exclusive_or(const sha256_digest& one, std::string_view other) {
  sha256_digest mixed = one;
  for (std::size_t i = 0; i < std::min(mixed.size(), other.size()); ++i)
    mixed.at(i) ^= static_cast<unsigned char>(other[i]);
  return mixed;
}

}  // namespace skein::postgres
