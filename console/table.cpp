#include "console/table.hpp"

namespace skein::console {

namespace {

// How many bytes follow this one in a character; 4: it cannot begin one.
unsigned following(unsigned char first) {
  if (first < 0x80) return 0;
  if (first >= 0xc2 && first < 0xe0) return 1;
  if (first >= 0xe0 && first < 0xf0) return 2;
  return first >= 0xf0 && first < 0xf5 ? 3 : 4;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto first = static_cast<unsigned char>(text[at]);
    const unsigned more = following(first);
    if (more == 4 || text.size() - at <= more) return false;
    for (unsigned i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if (next < 0x80 || next > 0xbf) return false;
      // Too long a form, half of a pair of UTF-16, beyond the last character.
      const bool wrong = (first == 0xe0 && next < 0xa0) || (first == 0xed && next > 0x9f) ||
                         (first == 0xf0 && next < 0x90) || (first == 0xf4 && next > 0x8f);
      if (i == 1 && wrong) return false;
    }
    at += more;
  }
  return true;
}

}  // namespace

cell text(std::string_view value) {
  if (value.empty()) return {};
  std::string shown(value);
  if (is_utf8(value)) return shown;
  for (char& each : shown) {
    if (static_cast<unsigned char>(each) >= 0x80) each = '?';
  }
  return shown;
}

// Not in the middle of a character.
std::string beginning_of(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return std::string(text.substr(0, most)) + "...";
}

}  // namespace skein::console
