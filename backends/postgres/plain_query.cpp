#include "backends/postgres/plain_query.hpp"

#include "backends/postgres/bytes.hpp"
#include "backends/postgres/catalog.hpp"
#include "backends/postgres/lexer.hpp"

namespace skein::postgres {

namespace {

constexpr std::size_t none = std::string_view::npos;

class scanner {
 public:
  scanner(std::string_view text, bool standard_strings, const catalog* known)
      : text_(text), known_(known), standard_strings_(standard_strings) {}

  plain_query look() {
    pass(blank);
    const std::string_view verb = word();
    auto found = plain_query::none;
    if (is(verb, "select")) found = plain_query::reads;
    if (is(verb, "update") || is(verb, "delete")) found = plain_query::writes;
    if (found == plain_query::none) return found;
    updates_ = is(verb, "update");
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
    if (postgres::is(first, word_start)) return pass_word();
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

  // What a quote right behind it makes of it, a word does not say. What is written to pg_settings
  // is set.
  bool pass_word() {
    const std::string_view name = word();
    if (known_ && known_->may_matter(name)) return false;
    return !is(name, "into") && byte(at_) != '\'' && !(updates_ && is(name, "pg_settings"));
  }

  bool pass_number() {
    pass(digit);
    return !postgres::is(byte(at_), word_start);
  }

  // U& in front of a quote is left to who knows what it means.
  bool pass_operator(char first) {
    ++at_;
    const char second = byte(at_);
    if (known_ && known_->has_operators()) return false;
    if (first == '&') return second != '\'' && second != '"';
    return !(first == '-' && second == '-') && !(first == '/' && second == '*');
  }

  // To behind the quote that is not doubled. What a doubled one makes of a name is left to others.
  bool pass_quoted(char quote) {
    const std::size_t begin = at_;
    do {
      at_ = text_.find(quote, at_ + 1);
      if (at_ == none) return at_ = text_.size(), false;
      ++at_;
    } while (byte(at_) == quote);
    if (quote == '\'') return true;
    const std::string_view name = text_.substr(begin + 1, at_ - begin - 2);
    if (updates_ && name == "pg_settings") return false;
    return !known_ || !(known_->may_matter(name) || name.contains('"'));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  const catalog* known_;  // null where no name of it matters
  bool standard_strings_;
  bool updates_ = false;
};

}  // namespace

plain_query look_for_plain_query(std::string_view text, bool standard_strings,
                                 const catalog* known) {
  if (known && known->everywhere()) return plain_query::none;
  return scanner(text, standard_strings, known && !known->quiet() ? known : nullptr).look();
}

}  // namespace skein::postgres
