// What the forms of all dialects share: of literals that stand in one list the first alone is left,
// and tokens have one blank between them. Templates over a dialect's lexer, meant to be inlined.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/fingerprint.hpp"

namespace skein {

// What one pass over a statement finds.
struct marks {
  fingerprint print = {};
  std::string_view hint = {};  // see lexer; no part of the form
};

enum class unreadable : std::uint8_t { broken, too_long };

// The items of a statement, of which lists of literals are made one. `Source::read` gives the next:
// `what` is the token, `is_literal` whether it is a value.
template <typename Source>
class literal_lists {
 public:
  using item = typename Source::item;

  template <typename... Arguments>
  explicit literal_lists(const Arguments&... arguments) : from_(arguments...) {}

  Source& source() { return from_; }
  const Source& source() const { return from_; }
  item next() { return held_count_ == 0 ? from_.read() : take(); }

  // Behind a literal: all that follow it in its list and are nothing but literals, each with what
  // stands behind it.
  void pass_list() {
    if (held_count_ != 0) return;
    item comma = from_.read();
    while (comma.what.kind == kind::comma) {
      const item sign = from_.read();
      const bool is_signed = is_sign(sign);
      const item value = is_signed ? from_.read() : sign;
      if (!value.is_literal()) return hold_all(comma, sign, is_signed, value);
      const item behind = from_.read();
      if (behind.what.kind != kind::comma && behind.what.kind != kind::close) {
        hold_all(comma, sign, is_signed, value);
        return hold(behind);
      }
      comma = behind;
    }
    hold(comma);
  }

 private:
  using kind = decltype(item{}.what.kind);

  static bool is_sign(const item& one) {
    return one.what.kind == kind::other && (one.what.text == "-" || one.what.text == "+");
  }
  item take() {
    const item first = held_[0];
    --held_count_;
    for (std::size_t at = 0; at < held_count_; ++at) held_[at] = held_[at + 1];
    return first;
  }
  void hold(const item& one) { held_[held_count_++] = one; }
  void hold_all(const item& comma, const item& sign, bool is_signed, const item& value) {
    hold(comma);
    if (is_signed) hold(sign);
    hold(value);
  }

  Source from_;
  std::array<item, 4> held_ = {};
  std::size_t held_count_ = 0;
};

// The text of a form as it is written. Semicolons around all statements are left out.
class form_text {
 public:
  void take_semicolon() { ++semicolons_; }
  // Where the next token is to be appended.
  std::string& behind_last() {
    for (; semicolons_ > 0 && !text_.empty(); --semicolons_) text_ += " ;";
    semicolons_ = 0;
    if (!text_.empty()) text_ += ' ';
    return text_;
  }
  std::string& text() { return text_; }

 private:
  std::string text_ = {};
  std::size_t semicolons_ = 0;  // since the last token, which are left out at the end
};

}  // namespace skein
