#include "backends/postgres/outline.hpp"

#include "backends/postgres/bytes.hpp"
#include "backends/postgres/lexer.hpp"

namespace skein::postgres {

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
    const bool number =
        one.kind == token_kind::number && text_with_gaps::number_at(one.text) == whole && !goes_on;
    const bool string =
        one.kind == token_kind::string && text_with_gaps::string_at(one.text) == whole && !escapes;
    if (number || string) {
      const std::size_t begin = end - whole;
      text_.add(text.substr(taken, begin - taken),
                number ? text_with_gaps::literal::number : text_with_gaps::literal::string);
      taken = end;
    }
    escapes = is_word(one, "uescape");
  }
  text_.end(text.substr(taken));
}

}  // namespace skein::postgres
