#include "backends/mysql/outline.hpp"

namespace skein::mysql {

outline::outline(std::string_view text, const reading_rules& rules) : rules_(rules) {
  lexer tokens(text, rules);
  std::size_t taken = 0;
  for (token one = tokens.next(); one.kind != token_kind::end; one = tokens.next()) {
    const std::size_t end = tokens.at();
    const std::size_t whole = one.text.size();
    const bool number =
        one.kind == token_kind::number && text_with_gaps::number_at(one.text) == whole;
    const bool string =
        one.kind == token_kind::string && text_with_gaps::string_at(one.text) == whole;
    if (!number && !string) continue;
    const std::size_t begin = end - whole;
    text_.add(text.substr(taken, begin - taken),
              number ? text_with_gaps::literal::number : text_with_gaps::literal::string);
    taken = end;
  }
  text_.end(text.substr(taken));
}

}  // namespace skein::mysql
