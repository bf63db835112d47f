// PostgreSQL's lexical rules over a statement's bytes, exact and without copies: what is a word, a
// string, a comment, where a statement ends. `effects` stands on it; routing's fingerprints will.
// A text that the server's own lexer would refuse yields one `broken` token and then the end, or
// is read more leniently: nothing of such a message is executed. The bytes must be in an encoding
// that keeps ASCII to itself, as all of the server's own do (SJIS, BIG5, GBK and the like do not).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/lexing.hpp"

namespace skein::postgres {

enum class token_kind : std::uint8_t {
  end,
  word,         // an identifier or a key word, unquoted
  quoted_word,  // "..." or U&"..."
  string,       // '...', E'...', U&'...', B'...', X'...', N'...', $tag$...$tag$
  number,
  parameter,  // $1
  semicolon,
  open,   // (
  close,  // )
  comma,
  dot,
  other,   // an operator, a bracket, a colon: `text` is the whole operator
  broken,  // unterminated, or a byte that no token begins with: `text` is all the rest
};

struct token {
  token_kind kind = token_kind::end;
  std::string_view text = {};  // as it stands in the statement, quotes included
};

class lexer {
 public:
  // `standard_strings`: the session's standard_conforming_strings; off, a backslash in '...'
  // escapes.
  explicit lexer(std::string_view statement, bool standard_strings = true)
      : text_(statement), standard_strings_(standard_strings) {}
  // Comments and white space are passed over. Strings that the server joins, because only white
  // space with a line's end stands between them, are one token.
  token next();
  // The place behind the last token, as an offset into the statement.
  std::size_t at() const { return at_; }
  // What the last comment says, of those passed so far between tokens, that begins with `skein:`:
  // without that word and the blanks around it. Empty: there was none.
  std::string_view hint() const { return hint_; }

 private:
  std::size_t end_of_blank(std::size_t at);
  void note_comment(std::string_view inside);
  token cut(token_kind kind, std::size_t end);
  token next_letter(std::size_t begin);
  token next_dollar(std::size_t begin);
  token next_sign(std::size_t begin);

  std::string_view text_;
  std::string_view hint_ = {};
  std::size_t at_ = 0;
  bool standard_strings_;
};

// A name as the server keeps it. It cuts longer ones, so that none needs an allocation.
class short_name {
 public:
  static constexpr std::size_t bytes_max = 63;

  std::string_view view() const { return {bytes_.data(), size_}; }
  void append(char byte) {
    if (size_ < bytes_.size()) bytes_[size_++] = byte;
  }
  void cut_to_limit();  // at the end of a whole character of UTF-8

 private:
  std::array<char, bytes_max + 1> bytes_;  // one more, to see what a cut would divide
  std::size_t size_ = 0;
};

// A word or a quoted word as the server names the thing: folded to lower case (ASCII only, as the
// server does for a multi-byte encoding), quotes taken off, doubled quotes made single. Nothing for
// U&"...": what its escapes mean may stand in a UESCAPE behind it.
std::optional<short_name> name_of(const token& word);
// Compares without copying; `lower` is in lower case. False for a quoted word.
inline bool is_word(const token& token, std::string_view lower) {
  return token.kind == token_kind::word && is_in_any_case(token.text, lower);
}
// The value of a string literal that stands in one piece and has no escapes but doubled quotes;
// nothing for any other, nor for one with a backslash: what it means is the session's to say.
std::optional<std::string> plain_string(const token& literal);

}  // namespace skein::postgres
