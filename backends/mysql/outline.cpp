#include "backends/mysql/outline.hpp"

namespace skein::mysql {

namespace {

// Behind the mark of a comment that is executed digits may be a release, or become one.
bool may_be_release(std::string_view text, std::size_t number) {
  return number > 0 && (text[number - 1] == '!' || is(text[number - 1], digit));
}

}  // namespace

outline::outline(std::string_view text, const reading_rules& rules) : rules_(rules) {
  lexer tokens(text, rules);
  std::size_t taken = 0;
  for (token one = tokens.next(); one.kind != token_kind::end; one = tokens.next()) {
    const std::size_t end = tokens.at();
    const std::size_t whole = one.text.size();
    const std::size_t begin = end - whole;
    const bool number = one.kind == token_kind::number &&
                        text_with_gaps::number_at(one.text) == whole &&
                        !may_be_release(text, begin);
    const bool string =
        one.kind == token_kind::string && text_with_gaps::string_at(one.text) == whole;
    if (!number && !string) continue;
    text_.add(text.substr(taken, begin - taken),
              number ? text_with_gaps::literal::number : text_with_gaps::literal::string);
    taken = end;
  }
  text_.end(text.substr(taken));
}

}  // namespace skein::mysql
