// MySQL's and MariaDB's lexical rules over a statement's bytes, exact and without copies: what is a
// word, a string, a comment, and which comments the server executes. A text that the server's own
// lexer would refuse, or that two releases read differently, yields one `broken` token and then the
// end. The bytes must be in UTF-8 or ASCII: in SJIS, GBK, BIG5 and the like a quote may be the
// second byte of a character, and in latin1 one that is not ASCII may be a blank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/lexing.hpp"
#include "backends/mysql/bytes.hpp"
#include "backends/mysql/flavour.hpp"
#include "backends/mysql/sql_mode.hpp"

namespace skein::mysql {

enum class token_kind : std::uint8_t {
  end,
  word,         // an identifier or a key word, unquoted
  quoted_word,  // `...`, and "..." with ANSI_QUOTES
  string,       // '...', "...", N'...', X'...', B'...'; those that the server joins stay apart
  number,       // 0x1F and 0b11 are numbers too
  parameter,    // ?
  semicolon,
  open,   // (
  close,  // )
  comma,
  dot,
  other,            // an operator, a brace, a colon: `text` is the whole operator
  broken,           // unterminated, or a byte that no token begins with: `text` is all the rest
  user_variable,    // @a, @'a', @`a`
  system_variable,  // @@a; of @@global.a what stands before the dot
};

struct token {
  token_kind kind = token_kind::end;
  std::string_view text = {};  // as it stands in the statement, quotes included
};

// What decides how a text is read.
struct reading_rules {
  sql_mode mode = {};
  flavour of = flavour::mysql;
  std::uint32_t version = 80000;  // 8.0.36 is 80036, 10.11.6 is 101106
  bool operator==(const reading_rules&) const = default;
};

class lexer {
 public:
  lexer(std::string_view statement, const reading_rules& rules) : text_(statement), rules_(rules) {}
  // Comments and white space are passed over, but what stands in a comment that this server
  // executes is read like the rest.
  token next();
  // The place behind the last token, as an offset into the statement.
  std::size_t at() const { return at_; }
  // What the last comment says, of those passed so far between tokens, that begins with `skein:`:
  // without that word and the blanks around it. Empty: there was none.
  std::string_view hint() const { return hint_; }

 private:
  std::size_t end_of_blank(std::size_t at);
  std::size_t end_of_slash_comment(std::size_t begin);
  void note_comment(std::string_view inside);
  token cut(token_kind kind, std::size_t end);
  token cut_word(token_kind kind, std::size_t begin, std::size_t part);
  token next_letter(std::size_t begin);
  token next_number(std::size_t begin);
  token next_quoted(std::size_t begin);
  token next_variable(std::size_t begin);
  token next_sign(std::size_t begin);
  std::size_t end_of_quoted(std::size_t quote) const;

  std::string_view text_;
  std::string_view hint_ = {};
  std::size_t at_ = 0;
  std::size_t dot_at_ = std::string_view::npos;   // of one right behind a word, and in front of one
  std::size_t name_at_ = std::string_view::npos;  // behind it: whatever stands here is a name
  reading_rules rules_;
  bool executed_ = false;  // in a comment that the server executes
};

// A word or a quoted word as it is written, without quotes, doubled quotes made single.
std::string name_of(const token& word);
// Compares without copying; `lower` is in lower case. False for a quoted word.
inline bool is_word(const token& token, std::string_view lower) {
  return token.kind == token_kind::word && is_in_any_case(token.text, lower);
}

}  // namespace skein::mysql
