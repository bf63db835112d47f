#include "backends/postgres/outline.hpp"

#include "backends/postgres/bytes.hpp"
#include "backends/postgres/lexer.hpp"

namespace skein::postgres {

namespace {

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

// How much of the text is one number; 0: it begins with none.
std::size_t number_at(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  return size;
}

// Likewise. It ends at the next quote: without backslashes what it says cannot change that.
std::size_t string_at(std::string_view text) {
  if (!text.starts_with('\'')) return 0;
  const std::size_t end = text.find('\'', 1);
  if (end == std::string_view::npos || text.substr(0, end).contains('\\')) return 0;
  return end + 1;
}

}  // namespace

// What UESCAPE names is a part of what it stands behind. Digits that letters follow are refused by
// newer servers, and two tokens for older ones.
outline::outline(std::string_view text, bool standard_strings)
    : standard_strings_(standard_strings) {
  lexer tokens(text, standard_strings);
  std::size_t taken = 0;
  bool escapes = false;
  for (token one = tokens.next(); one.kind != token_kind::end; one = tokens.next()) {
    const std::size_t end = tokens.at();
    const bool goes_on = end < text.size() && is(text[end], word_start | digit);
    const std::size_t whole = one.text.size();
    const bool number = one.kind == token_kind::number && number_at(one.text) == whole && !goes_on;
    const bool string = one.kind == token_kind::string && string_at(one.text) == whole && !escapes;
    if (number || string) {
      const std::size_t begin = end - whole;
      fixed_.append(text.substr(taken, begin - taken));
      gaps_.push_back({fixed_.size(), number ? literal::number : literal::string});
      taken = end;
    }
    escapes = is_word(one, "uescape");
  }
  fixed_.append(text.substr(taken));
}

bool outline::fits(std::string_view text, bool standard_strings) const {
  if (standard_strings != standard_strings_) return false;
  const std::string_view fixed = fixed_;
  std::size_t done = 0;
  for (const gap& each : gaps_) {
    const std::size_t size = each.at - done;
    if (text.substr(0, size) != fixed.substr(done, size)) return false;
    text.remove_prefix(size);
    const std::size_t taken = each.takes == literal::number ? number_at(text) : string_at(text);
    if (taken == 0) return false;
    text.remove_prefix(taken);
    done = each.at;
  }
  return text == fixed.substr(done);
}

}  // namespace skein::postgres
