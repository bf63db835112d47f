// A message's statements as `effects` reads them: token by token, each statement up to its
// semicolon. One behind parentheses ends none: CREATE RULE has a list of statements in them.
#pragma once

#include "backends/postgres/effects.hpp"
#include "backends/postgres/lexer.hpp"

namespace skein::postgres {

class catalog;

// What the text is: a function's body in PL/pgSQL has key words of its own.
enum class wording : std::uint8_t { sql, procedure };

class statement_cursor {
 public:
  statement_cursor(std::string_view text, bool standard_strings, const catalog* known = nullptr,
                   wording in = wording::sql)
      : text_(text),
        behind_(text, standard_strings),
        now_(behind_.next()),
        known_(known),
        wording_(in) {}

  // What the database defines; null: nothing is known of it.
  const catalog* known() const { return known_; }
  bool in_procedure() const { return wording_ == wording::procedure; }

  const token& now() const { return now_; }
  bool is(token_kind kind) const { return now_.kind == kind; }
  bool is(std::string_view lower) const { return is_word(now_, lower); }
  bool ended() const {
    return is(token_kind::end) || is(token_kind::broken) ||
           (is(token_kind::semicolon) && depth_ == 0);
  }
  // How many parentheses are open in front of the token in hand.
  std::size_t depth() const { return depth_; }
  text_range place() const {
    const auto begin = static_cast<std::uint32_t>(now_.text.data() - text_.data());
    return {begin, begin + static_cast<std::uint32_t>(now_.text.size())};
  }
  // A copy, to look further without moving.
  lexer behind() const { return behind_; }
  token following() const { return behind().next(); }

  void advance() {
    if (is(token_kind::open)) ++depth_;
    if (is(token_kind::close) && depth_ > 0) --depth_;
    now_ = behind_.next();
  }
  bool pass(std::string_view lower) {
    if (!is(lower)) return false;
    advance();
    return true;
  }
  // From an opening parenthesis to behind its closing one.
  void pass_parentheses() {
    const auto outside = depth_;
    do advance();
    while (!ended() && depth_ > outside);
  }
  void pass_statement() {
    while (!ended()) advance();
  }
  // To the next statement that is not empty; false: there is none.
  bool begin_statement() {
    while (is(token_kind::semicolon)) advance();
    depth_ = 0;
    return !is(token_kind::end) && !is(token_kind::broken);
  }

 private:
  std::string_view text_;
  lexer behind_;
  token now_;
  std::size_t depth_ = 0;
  const catalog* known_;
  wording wording_;
};

}  // namespace skein::postgres
