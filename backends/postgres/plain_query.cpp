#include "backends/postgres/plain_query.hpp"

#include "backends/postgres/bytes.hpp"
#include "backends/postgres/lexer.hpp"

namespace skein::postgres {

namespace {

constexpr std::size_t none = std::string_view::npos;

class scanner {
 public:
  scanner(std::string_view text, bool standard_strings)
      : text_(text), standard_strings_(standard_strings) {}

  plain_query look() {
    pass(blank);
    const std::string_view verb = word();
    auto found = plain_query::none;
    if (is(verb, "select")) found = plain_query::reads;
    if (is(verb, "update") || is(verb, "delete")) found = plain_query::writes;
    if (found == plain_query::none) return found;
    while (at_ < text_.size()) {
      if (!pass_token()) return plain_query::none;
    }
    return found;
  }

 private:
  static bool is(std::string_view word, std::string_view lower) {
    return is_word({token_kind::word, word}, lower);
  }
  char byte(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  void pass(int kinds) {
    while (at_ < text_.size() && postgres::is(text_[at_], kinds)) ++at_;
  }
  std::string_view word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (postgres::is(text_[at_], word_start | digit) || text_[at_] == '$')) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  bool pass_token() {
    const char first = text_[at_];
    if (postgres::is(first, blank)) return pass(blank), true;
    // What a quote right behind it makes of it, a word does not say.
    if (postgres::is(first, word_start)) return !is(word(), "into") && byte(at_) != '\'';
    if (postgres::is(first, digit)) return pass_number();
    if (postgres::is(first, operator_part)) return pass_operator(first);
    switch (first) {
      case ',':
      case '[':
      case ']':
      case ':':
        ++at_;
        return true;
      case '\'':
        return standard_strings_ && pass_quoted('\'');
      case '"':
        return pass_quoted('"');
      case '$':
        ++at_;
        return postgres::is(byte(at_), digit) && pass_number();
      case ';':
        ++at_;
        pass(blank);
        return at_ == text_.size();
      default:
        return false;
    }
  }

  bool pass_number() {
    pass(digit);
    return !postgres::is(byte(at_), word_start);
  }

  // U& in front of a quote is left to who knows what it means.
  bool pass_operator(char first) {
    ++at_;
    const char second = byte(at_);
    if (first == '&') return second != '\'' && second != '"';
    return !(first == '-' && second == '-') && !(first == '/' && second == '*');
  }

  // To behind the quote that is not doubled.
  bool pass_quoted(char quote) {
    do {
      at_ = text_.find(quote, at_ + 1);
      if (at_ == none) return at_ = text_.size(), false;
      ++at_;
    } while (byte(at_) == quote);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool standard_strings_;
};

}  // namespace

plain_query look_for_plain_query(std::string_view text, bool standard_strings) {
  return scanner(text, standard_strings).look();
}

}  // namespace skein::postgres
