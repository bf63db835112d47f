// A statement's tokens, to look ahead and behind in: for those who scan them. Of rows of literals
// the first alone is left, for there may be thousands.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/mysql/lexer.hpp"

namespace skein::mysql {

class statement_tokens {
 public:
  statement_tokens(std::string_view text, const reading_rules& rules) {
    lexer from(text, rules);
    do take(from.next());
    while (all_.back().kind != token_kind::end && all_.back().kind != token_kind::broken);
    broken_ = all_.back().kind == token_kind::broken;
    all_.back().kind = token_kind::end;
  }

  // Some of another's, from `begin` up to `end`.
  statement_tokens(const statement_tokens& from, std::size_t begin, std::size_t end) {
    while (begin < end && !from.is(begin, token_kind::end)) all_.push_back(from.at(begin++));
    all_.push_back({.kind = token_kind::end, .text = {}});
  }

  bool broken() const { return broken_; }
  // Behind the last there are ends.
  const token& at(std::size_t place) const {
    return place < all_.size() ? all_[place] : all_.back();
  }
  bool is(std::size_t place, token_kind kind) const { return at(place).kind == kind; }
  bool is(std::size_t place, std::string_view lower) const { return is_word(at(place), lower); }
  bool is_sign(std::size_t place, std::string_view sign) const {
    return is(place, token_kind::other) && at(place).text == sign;
  }
  bool is_any(std::size_t place, std::initializer_list<std::string_view> words) const {
    for (const auto each : words)
      if (is(place, each)) return true;
    return false;
  }
  bool is_name(std::size_t place) const {
    return is(place, token_kind::word) || is(place, token_kind::quoted_word);
  }
  bool ended(std::size_t place) const {
    return is(place, token_kind::end) || is(place, token_kind::semicolon);
  }
  // Of the bytes between two tokens there are some.
  bool is_apart(std::size_t place) const {
    const auto& before = at(place).text;
    return before.data() + before.size() != at(place + 1).text.data();
  }

  // "s.t" from `place` on, which is moved behind it; empty: none stands here.
  std::string take_name(std::size_t& place) const {
    std::string name;
    if (!is_name(place)) return name;
    name = name_of(at(place++));
    while (is(place, token_kind::dot) && is_name(place + 1)) {
      (name += '.') += name_of(at(place + 1));
      place += 2;
    }
    return name;
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  void take(const token& one) {
    all_.push_back(one);
    switch (one.kind) {
      case token_kind::open:
        row_ = all_.size() - 1;
        return;
      case token_kind::number:
      case token_kind::string:
      case token_kind::parameter:
      case token_kind::comma:
        return;
      case token_kind::word:
        if (is_word(one, "null") || is_word(one, "default")) return;
        break;
      case token_kind::close:
        // Behind another row and a comma.
        if (last_row_ != 0 && row_ == last_row_ + 1 && all_[row_ - 1].kind == token_kind::comma) {
          all_.resize(row_ - 1);
          row_ = none;
        } else if (row_ != none) {
          last_row_ = all_.size();
        }
        break;
      default:
        break;
    }
    row_ = none;
  }

  std::vector<token> all_ = {};
  std::size_t row_ = none;    // where one begins that may be of literals alone
  std::size_t last_row_ = 0;  // behind one; 0: there was none
  bool broken_ = false;
};

inline std::string in_lower_case(std::string_view text) {
  std::string lower;
  for (const char each : text) lower += lower_of(each);
  return lower;
}
inline std::string in_capitals(std::string_view text) {
  std::string upper;
  for (const char each : text)
    upper += each >= 'a' && each <= 'z' ? static_cast<char>(each - ('a' - 'A')) : each;
  return upper;
}

// Of a variable, without its marks and quotes.
inline std::string variable_name(const token& one) {
  std::string_view text = one.text;
  while (text.starts_with('@')) text.remove_prefix(1);
  if (text.size() > 1 && !is(text.front(), user_variable_part))
    return in_lower_case(name_of({token_kind::quoted_word, text}));
  return in_lower_case(text);
}

}  // namespace skein::mysql
