#include "backends/mysql/lexer.hpp"

#include <algorithm>
#include <utility>

namespace skein::mysql {

namespace {

constexpr std::size_t none = std::string_view::npos;

// A text that may be asked for a byte behind its end.
struct source {
  std::string_view text;

  char operator[](std::size_t at) const { return at < text.size() ? text[at] : '\0'; }
  std::size_t size() const { return text.size(); }
};

bool is_hexadecimal(char c) {
  return is(c, digit) || (lower_of(c) >= 'a' && lower_of(c) <= 'f');
}
bool is_binary(char c) {
  return c == '0' || c == '1';
}

// A zero byte ends such a comment too, and is then read as what it is: no token's.
std::size_t end_of_line(source in, std::size_t at) {
  return std::min(in.text.find_first_of(std::string_view("\n\0", 2), at), in.size());
}

bool begins_line_comment(source in, std::size_t at) {
  return in[at] == '-' && in[at + 1] == '-' &&
         (at + 2 >= in.size() || is(in[at + 2], blank | control));
}

// `at` stands inside. Comments do not nest, but for one level in those that are executed elsewhere.
std::size_t end_of_comment(source in, std::size_t at, bool nests) {
  for (;; ++at) {
    at = in.text.find_first_of("*/", at);
    if (at == none) return none;
    if (in[at] == '*' && in[at + 1] == '/') return at + 2;
    if (!nests || in[at] != '/' || in[at + 1] != '*') continue;
    at = end_of_comment(in, at + 2, false);
    if (at == none) return none;
    --at;
  }
}

// An optimizer hint has names of its own, which may be quoted. One that holds the comment's end
// would end the hint elsewhere.
bool has_open_quote(std::string_view hint) {
  while (!hint.empty()) {
    const auto quote = hint.find_first_of("`\"'");
    if (quote == none) return false;
    const auto closing = hint.find(hint[quote], quote + 1);
    if (closing == none) return true;
    hint.remove_prefix(closing + 1);
  }
  return false;
}

// The number in front of what is executed from some release on.
struct comment_version {
  std::uint32_t number = 0;  // 0: there is none, or it is of every release
  std::size_t digits = 0;
};
comment_version version_at(source in, std::size_t at, const reading_rules& rules) {
  comment_version found;
  while (found.digits < 6 && is(in[at + found.digits], digit)) ++found.digits;
  if (found.digits < 5) return {};
  // MySQL has five digits; from 8.1 on six where a blank is behind them.
  const bool six =
      rules.of == flavour::mariadb || (rules.version >= 80100 && is(in[at + 6], blank));
  if (!six) found.digits = 5;
  for (std::size_t i = 0; i < found.digits; ++i)
    found.number = found.number * 10 + static_cast<std::uint32_t>(in[at + i] - '0');
  return found;
}

// MariaDB went its own way at MySQL 5.7: what is for later releases of MySQL is not for it.
bool executes(const comment_version& from, bool for_mariadb, const reading_rules& rules) {
  const bool of_mysql_alone =
      rules.of == flavour::mariadb && !for_mariadb && from.number >= 50700 && from.number <= 99999;
  return from.number <= rules.version && !of_mysql_alone;
}

// Of the character whose first byte is not ASCII; 0: it is none of UTF-8.
std::size_t size_of_character(source in, std::size_t at) {
  const auto first = static_cast<unsigned char>(in[at]);
  std::size_t size = 0;
  if (first >= 0xc2 && first <= 0xdf) size = 2;
  if (first >= 0xe0 && first <= 0xef) size = 3;
  if (first >= 0xf0 && first <= 0xf4) size = 4;
  for (std::size_t i = 1; i < size; ++i)
    if ((static_cast<unsigned char>(in[at + i]) & 0xc0) != 0x80) return 0;
  return size;
}

// `none`: a byte in it is not UTF-8.
std::size_t end_of_word(source in, std::size_t at, int part) {
  while (is(in[at], part)) {
    if (!is(in[at], beyond_ascii)) {
      ++at;
      continue;
    }
    const std::size_t size = size_of_character(in, at);
    if (size == 0) return none;
    at += size;
  }
  return at;
}

std::size_t end_of_digits(source in, std::size_t at) {
  while (is(in[at], digit)) ++at;
  return at;
}

// X'1f' and B'01': nothing else may stand in them.
template <typename Is>
std::size_t end_of_bits(source in, std::size_t quote, Is is_digit) {
  std::size_t at = quote + 1;
  while (is_digit(in[at])) ++at;
  return in[at] == '\'' ? at + 1 : none;
}

// 0x1F and 0b11, in this case alone; `none`: it is something else.
std::size_t end_of_prefixed(source in, std::size_t at) {
  std::size_t end = at + 2;
  if (in[at + 1] == 'x')
    while (is_hexadecimal(in[end])) ++end;
  else if (in[at + 1] == 'b')
    while (is_binary(in[end])) ++end;
  return end == at + 2 || is(in[end], word_part) ? none : end;
}

// Where the digits of an exponent begin; `none`: what stands here is not one.
std::size_t exponent_at(source in, std::size_t at) {
  if (lower_of(in[at]) != 'e') return none;
  const std::size_t digits = at + (in[at + 1] == '+' || in[at + 1] == '-' ? 2 : 1);
  return is(in[digits], digit) ? digits : none;
}

// From the point on. An exponent without digits is refused.
std::size_t end_of_fraction(source in, std::size_t point) {
  const std::size_t end = end_of_digits(in, point + 1);
  if (lower_of(in[end]) != 'e') return end;
  const auto digits = exponent_at(in, end);
  return digits == none ? none : end_of_digits(in, digits);
}

std::size_t size_of_operator(std::string_view text) {
  static constexpr std::string_view longer[] = {
      "<=>", "->>", "<=", ">=", "<>", "!=", "<<", ">>", "&&", "||", ":=", "->"};
  for (const auto each : longer)
    if (text.starts_with(each)) return each.size();
  return 1;
}

}  // namespace

// To `end`; broken if that is `none`.
token lexer::cut(token_kind kind, std::size_t end) {
  const auto begin = at_;
  at_ = end == none ? text_.size() : end;
  if (end == none) executed_ = false;  // one broken token, and then the end
  return {end == none ? token_kind::broken : kind, text_.substr(begin, at_ - begin)};
}

// A name, whatever it begins with. One that a dot and a name follow with nothing between is
// followed by a name, though that begins like a number.
token lexer::cut_word(token_kind kind, std::size_t begin, std::size_t part) {
  const source in{text_};
  const std::size_t end = end_of_word(in, part, word_part);
  if (end != none && in[end] == '.' && is(in[end + 1], word_part)) dot_at_ = end;
  // Newer releases of MySQL have strings between such: which do is not asked. Their own client
  // asks, by `select $$`, each time it connects: there either way nothing is left to be read
  // otherwise.
  const bool asks = end == text_.size() && end - begin == 2;
  if (end != none && in[begin] == '$' && rules_.of == flavour::mysql && !asks &&
      text_.substr(begin + 1, end - begin - 1).contains('$'))
    return cut(kind, none);
  return cut(kind, end);
}

// White space and comments; `none`: a comment that does not end.
std::size_t lexer::end_of_blank(std::size_t at) {
  const source in{text_};
  for (;;) {
    while (is(in[at], blank)) ++at;
    const std::size_t begin = at;
    if (in[at] == '#' || begins_line_comment(in, at)) {
      const std::size_t mark = in[at] == '#' ? 1 : 2;
      at = end_of_line(in, at);
      note_comment(text_.substr(begin + mark, at - begin - mark));
    } else if (in[at] == '/' && in[at + 1] == '*') {
      at = end_of_slash_comment(begin);
      if (at == none) return none;
    } else if (executed_ && in[at] == '*' && in[at + 1] == '/') {
      executed_ = false;
      at += 2;
    } else {
      return at;
    }
  }
}

// Of one that is executed: the end of what begins it. They do not nest: the first end ends all.
std::size_t lexer::end_of_slash_comment(std::size_t begin) {
  const source in{text_};
  const std::size_t inside = begin + 2;
  const bool for_mariadb =
      rules_.of == flavour::mariadb && in[inside] == 'M' && in[inside + 1] == '!';
  if (for_mariadb || in[inside] == '!') {
    const std::size_t behind = inside + (for_mariadb ? 2 : 1);
    const auto from = version_at(in, behind, rules_);
    if (!executes(from, for_mariadb, rules_)) return end_of_comment(in, behind, true);
    executed_ = true;
    return behind + from.digits;
  }
  const std::size_t end = end_of_comment(in, inside, false);
  if (end == none) return none;
  const auto said = text_.substr(inside, end - inside - 2);
  if (said.starts_with('+') && has_open_quote(said)) return none;
  note_comment(said);
  return end;
}

void lexer::note_comment(std::string_view inside) {
  note_hint(inside, [](char c) { return is(c, blank); }, hint_);
}

token lexer::next() {
  std::size_t begin = at_;
  // As a rule one blank stands before a token, and no comment.
  if (begin < text_.size() && text_[begin] == ' ') ++begin;
  if (begin < text_.size() && is(text_[begin], blank | comment_part)) {
    begin = end_of_blank(begin);
    if (begin == none) return cut(token_kind::broken, none);
  }
  const bool is_name = begin == name_at_;
  at_ = begin;
  if (begin == text_.size()) return executed_ ? cut(token_kind::broken, none) : token{};
  if (is_name) return cut_word(token_kind::word, begin, begin);
  const char first = text_[begin];
  if (is(first, word_start)) return next_letter(begin);
  if (is(first, digit)) return next_number(begin);
  switch (first) {
    case '(':
      return cut(token_kind::open, begin + 1);
    case ')':
      return cut(token_kind::close, begin + 1);
    case ',':
      return cut(token_kind::comma, begin + 1);
    case ';':
      return cut(token_kind::semicolon, begin + 1);
    case '?':
      return cut(token_kind::parameter, begin + 1);
    case '\'':
    case '"':
    case '`':
      return next_quoted(begin);
    case '@':
      return next_variable(begin);
    default:
      return next_sign(begin);
  }
}

// A word, or what a letter and a quote begin together.
token lexer::next_letter(std::size_t begin) {
  const source in{text_};
  if (in[begin + 1] == '\'') {
    const char letter = lower_of(in[begin]);
    if (letter == 'n') return cut(token_kind::string, end_of_quoted(begin + 1));
    if (letter == 'x') return cut(token_kind::string, end_of_bits(in, begin + 1, is_hexadecimal));
    if (letter == 'b') return cut(token_kind::string, end_of_bits(in, begin + 1, is_binary));
  }
  return cut_word(token_kind::word, begin, begin);
}

// Or a word: a name may begin with digits.
token lexer::next_number(std::size_t begin) {
  const source in{text_};
  if (in[begin] == '0')
    if (const auto end = end_of_prefixed(in, begin); end != none)
      return cut(token_kind::number, end);
  const std::size_t end = end_of_digits(in, begin);
  if (const auto digits = exponent_at(in, end); digits != none)
    return cut(token_kind::number, end_of_digits(in, digits));
  if (is(in[end], word_part)) return cut_word(token_kind::word, begin, end);
  return cut(token_kind::number, in[end] == '.' ? end_of_fraction(in, end) : end);
}

// Behind the closing quote, or `none`. A doubled quote is one of the text.
std::size_t lexer::end_of_quoted(std::size_t quote) const {
  const source in{text_};
  const char mark = in[quote];
  const bool escapes =
      rules_.mode.backslash_escapes && (mark == '\'' || (mark == '"' && !rules_.mode.ansi_quotes));
  const char stops[] = {mark, '\\'};
  for (std::size_t at = quote + 1;; ++at) {
    at = text_.find_first_of(std::string_view(stops, escapes ? 2 : 1), at);
    if (at == none) return none;
    if (in[at] == mark && in[at + 1] != mark) return at + 1;
    if (++at >= in.size()) return none;
  }
}

token lexer::next_quoted(std::size_t begin) {
  const bool name = text_[begin] == '`' || (text_[begin] == '"' && rules_.mode.ansi_quotes);
  return cut(name ? token_kind::quoted_word : token_kind::string, end_of_quoted(begin));
}

token lexer::next_variable(std::size_t begin) {
  const source in{text_};
  const auto is_quote = [](char c) { return c == '\'' || c == '"' || c == '`'; };
  if (in[begin + 1] == '@') {
    if (in[begin + 2] == '`') return cut(token_kind::system_variable, end_of_quoted(begin + 2));
    if (!is(in[begin + 2], word_part)) return cut(token_kind::broken, none);
    return cut_word(token_kind::system_variable, begin, begin + 2);
  }
  if (is_quote(in[begin + 1])) return cut(token_kind::user_variable, end_of_quoted(begin + 1));
  return cut(token_kind::user_variable, end_of_word(in, begin + 1, user_variable_part));
}

token lexer::next_sign(std::size_t begin) {
  const source in{text_};
  const char first = in[begin];
  if (first == '.') {
    if (begin == dot_at_) {
      name_at_ = begin + 1;
    } else if (is(in[begin + 1], digit)) {
      return cut(token_kind::number, end_of_fraction(in, begin));
    }
    return cut(token_kind::dot, begin + 1);
  }
  if (first == '\\' && in[begin + 1] == 'N' && rules_.of == flavour::mariadb)
    return cut(token_kind::word, begin + 2);
  if (!std::string_view("+-*/%=<>!~^&|:{}").contains(first)) return cut(token_kind::broken, none);
  return cut(token_kind::other, begin + size_of_operator(text_.substr(begin, 3)));
}

std::string name_of(const token& word) {
  if (word.kind != token_kind::quoted_word) return std::string(word.text);
  const char mark = word.text.front();
  std::string name;
  for (std::size_t at = 1; at + 1 < word.text.size(); ++at) {
    name += word.text[at];
    if (word.text[at] == mark) ++at;
  }
  return name;
}

}  // namespace skein::mysql
