#include "backends/postgres/lexer.hpp"

#include <algorithm>
#include <utility>

#include "backends/postgres/bytes.hpp"

namespace skein::postgres {

namespace {

constexpr std::size_t none = std::string_view::npos;

bool is_hexadecimal(char c) {
  return is(c, digit) || (lower_of(c) >= 'a' && lower_of(c) <= 'f');
}

// A text that may be asked for a byte behind its end.
struct source {
  std::string_view text;

  char operator[](std::size_t at) const { return at < text.size() ? text[at] : '\0'; }
  std::size_t size() const { return text.size(); }
};

std::size_t end_of_line(source in, std::size_t at) {
  return std::min(in.text.find_first_of("\n\r", at), in.size());
}

// Comments nest. `none`: it does not end.
std::size_t end_of_comment(source in, std::size_t at) {
  std::size_t depth = 0;
  for (; at < in.size(); ++at) {
    if (in[at] == '/' && in[at + 1] == '*') {
      ++depth;
      ++at;
    } else if (in[at] == '*' && in[at + 1] == '/') {
      ++at;
      if (--depth == 0) return at + 1;
    }
  }
  return none;
}

enum class string_rule : std::uint8_t {
  doubled,    // '' is a quote: '...' and U&'...'
  backslash,  // and \ takes the next byte with it: E'...'
  undoubled,  // neither: B'...' and X'...'
};

// Of one piece whose opening quote stands at `at`.
std::size_t end_of_piece(source in, std::size_t at, string_rule rule) {
  const std::string_view stops = rule == string_rule::backslash ? "'\\" : "'";
  for (++at;; ++at) {
    at = in.text.find_first_of(stops, at);
    if (at == none) return none;
    if (in[at] == '\\') {
      if (++at >= in.size()) return none;
    } else if (rule == string_rule::undoubled || in[at + 1] != '\'') {
      return at + 1;
    } else {
      ++at;
    }
  }
}

// A string goes on behind white space with a line's end in it, and so behind comments of a line, by
// the rule it began with.
std::size_t end_of_string(source in, std::size_t quote, string_rule rule) {
  for (;;) {
    const std::size_t end = end_of_piece(in, quote, rule);
    if (end == none) return none;
    bool line_ended = false;
    for (quote = end;;) {
      if (is(in[quote], blank)) {
        line_ended |= in[quote] == '\n' || in[quote] == '\r';
        ++quote;
      } else if (in[quote] == '-' && in[quote + 1] == '-') {
        quote = end_of_line(in, quote);
      } else {
        break;
      }
    }
    if (!line_ended || in[quote] != '\'') return end;
  }
}

std::size_t end_of_quoted_word(source in, std::size_t quote) {
  for (std::size_t at = quote + 1;; at += 2) {
    at = in.text.find('"', at);
    if (at == none || in[at + 1] != '"') return at == none ? none : at + 1;
  }
}

// Digits, between which newer servers let single underscores stand.
template <typename Is>
std::size_t end_of_digits(source in, std::size_t at, Is is_digit) {
  while (is_digit(in[at]) || (in[at] == '_' && is_digit(in[at + 1]))) ++at;
  return at;
}

bool is_decimal(char c) {
  return is(c, digit);
}

// 0x1F, 0o17, 0b11 of newer servers. Not one of these: the 0 alone.
std::size_t end_of_prefixed(source in, std::size_t at) {
  const std::size_t digits = at + 2;
  std::size_t end = digits;
  switch (lower_of(in[at + 1])) {
    case 'x':
      end = end_of_digits(in, digits, is_hexadecimal);
      break;
    case 'o':
      end = end_of_digits(in, digits, [](char c) { return c >= '0' && c <= '7'; });
      break;
    case 'b':
      end = end_of_digits(in, digits, [](char c) { return c == '0' || c == '1'; });
      break;
    default:
      return none;
  }
  return end == digits ? none : end;
}

// A word right behind a number is a token of its own to older servers; newer ones refuse it.
std::size_t end_of_number(source in, std::size_t at) {
  if (in[at] == '0')
    if (const auto end = end_of_prefixed(in, at); end != none) return end;
  if (in[at] != '.') at = end_of_digits(in, at, is_decimal);
  // 1..10 is a range of two numbers.
  if (in[at] == '.' && in[at + 1] != '.') {
    ++at;
    if (is_decimal(in[at])) at = end_of_digits(in, at, is_decimal);
  }
  if (lower_of(in[at]) != 'e') return at;
  const std::size_t digits = at + (in[at + 1] == '+' || in[at + 1] == '-' ? 2 : 1);
  return is_decimal(in[digits]) ? end_of_digits(in, digits, is_decimal) : at;
}

// An operator stops where a comment begins. One of several bytes ends in + or - only if it holds a
// byte that no operator of the SQL standard has: `=-1` is two operators.
std::size_t end_of_operator(source in, std::size_t begin) {
  std::size_t end = begin;
  bool extended = false;
  for (; is(in[end], operator_part); ++end) {
    if ((in[end] == '-' && in[end + 1] == '-') || (in[end] == '/' && in[end + 1] == '*')) break;
    extended |= is(in[end], own_operator);
  }
  while (!extended && end - begin > 1 && (in[end - 1] == '+' || in[end - 1] == '-')) --end;
  return end;
}

}  // namespace

// To `end`; broken if that is `none`.
token lexer::cut(token_kind kind, std::size_t end) {
  const auto begin = at_;
  at_ = end == none ? text_.size() : end;
  return {end == none ? token_kind::broken : kind, text_.substr(begin, at_ - begin)};
}

// White space and comments; `none`: a comment that does not end.
std::size_t lexer::end_of_blank(std::size_t at) {
  const source in{text_};
  for (;;) {
    while (is(in[at], blank)) ++at;
    const std::size_t begin = at;
    if (in[at] == '-' && in[at + 1] == '-') {
      at = end_of_line(in, at);
      note_comment(text_.substr(begin + 2, at - begin - 2));
    } else if (in[at] == '/' && in[at + 1] == '*') {
      at = end_of_comment(in, at);
      if (at == none) return none;
      note_comment(text_.substr(begin + 2, at - begin - 4));
    } else {
      return at;
    }
  }
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
  at_ = begin;
  if (begin == text_.size()) return {};
  const source in{text_};
  const char first = in[begin];
  if (is(first, word_start)) return next_letter(begin);
  if (is(first, digit) || (first == '.' && is(in[begin + 1], digit)))
    return cut(token_kind::number, end_of_number(in, begin));
  switch (first) {
    case '(':
      return cut(token_kind::open, begin + 1);
    case ')':
      return cut(token_kind::close, begin + 1);
    case ',':
      return cut(token_kind::comma, begin + 1);
    case ';':
      return cut(token_kind::semicolon, begin + 1);
    case '"':
      return cut(token_kind::quoted_word, end_of_quoted_word(in, begin));
    case '\'':
      return cut(token_kind::string,
                 end_of_string(in, begin,
                               standard_strings_ ? string_rule::doubled : string_rule::backslash));
    case '$':
      return next_dollar(begin);
    default:
      return next_sign(begin);
  }
}

// A word, or what a letter and a quote begin together.
token lexer::next_letter(std::size_t begin) {
  const source in{text_};
  const auto plain = standard_strings_ ? string_rule::doubled : string_rule::backslash;
  const char letter = lower_of(in[begin]);
  if (is(in[begin + 1], word_part)) {
    // The usual case: a word, for none of the others has a second letter.
  } else if (in[begin + 1] == '\'') {
    if (letter == 'e')
      return cut(token_kind::string, end_of_string(in, begin + 1, string_rule::backslash));
    if (letter == 'b' || letter == 'x')
      return cut(token_kind::string, end_of_string(in, begin + 1, string_rule::undoubled));
    if (letter == 'n') return cut(token_kind::string, end_of_string(in, begin + 1, plain));
  } else if (letter == 'u' && in[begin + 1] == '&') {
    if (in[begin + 2] == '"')
      return cut(token_kind::quoted_word, end_of_quoted_word(in, begin + 2));
    if (in[begin + 2] == '\'')
      // Without standard_conforming_strings the server refuses these.
      return cut(token_kind::string,
                 standard_strings_ ? end_of_string(in, begin + 2, string_rule::doubled) : none);
  }
  const char* const text_end = text_.data() + text_.size();
  const char* end = text_.data() + begin + 1;
  while (end != text_end && is(*end, word_part)) ++end;
  return cut(token_kind::word, static_cast<std::size_t>(end - text_.data()));
}

token lexer::next_dollar(std::size_t begin) {
  const source in{text_};
  std::size_t end = begin + 1;
  if (is(in[end], digit)) {
    while (is(in[end], digit)) ++end;
    return cut(token_kind::parameter, end);
  }
  if (is(in[end], word_start))
    while (is(in[end], word_start | digit)) ++end;
  if (in[end] != '$') return cut(token_kind::broken, none);
  const auto mark = text_.substr(begin, end + 1 - begin);
  const std::size_t closing = text_.find(mark, end + 1);
  return cut(token_kind::string, closing == none ? none : closing + mark.size());
}

token lexer::next_sign(std::size_t begin) {
  const source in{text_};
  const char first = in[begin];
  const char second = in[begin + 1];
  if (is(first, operator_part)) return cut(token_kind::other, end_of_operator(in, begin));
  if (first == '.')
    return second == '.' ? cut(token_kind::other, begin + 2) : cut(token_kind::dot, begin + 1);
  if (first == ':')
    return cut(token_kind::other, second == ':' || second == '=' ? begin + 2 : begin + 1);
  if (first == '[' || first == ']') return cut(token_kind::other, begin + 1);
  return cut(token_kind::broken, none);
}

void short_name::cut_to_limit() {
  if (size_ <= bytes_max) return;
  size_ = bytes_max;
  while (size_ > 0 && (static_cast<unsigned char>(bytes_[size_]) & 0xc0) == 0x80) --size_;
}

std::optional<short_name> name_of(const token& word) {
  std::optional<short_name> name(std::in_place);
  if (word.kind == token_kind::word) {
    for (const char c : word.text) name->append(lower_of(c));
  } else if (word.kind == token_kind::quoted_word && word.text.front() == '"') {
    for (std::size_t at = 1; at + 1 < word.text.size(); ++at) {
      name->append(word.text[at]);
      if (word.text[at] == '"') ++at;
    }
  } else {
    return std::nullopt;
  }
  name->cut_to_limit();
  return name;
}

std::optional<std::string> plain_string(const token& literal) {
  if (literal.kind != token_kind::string) return std::nullopt;
  std::string_view text = literal.text;
  if (text.front() == '$') {
    const auto mark = text.find('$', 1) + 1;
    return std::string(text.substr(mark, text.size() - 2 * mark));
  }
  const char prefix = lower_of(text.front());
  if (prefix == 'e' || prefix == 'n') text.remove_prefix(1);
  if (text.front() != '\'' || text.contains('\\')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string value;
  value.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    value += text[at];
    // A quote that stands alone here is where two pieces meet.
    if (text[at] != '\'') continue;
    ++at;
    if (at == text.size() || text[at] != '\'') return std::nullopt;
  }
  return value;
}

}  // namespace skein::postgres
