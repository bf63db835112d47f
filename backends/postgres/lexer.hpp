// PostgreSQL's lexical rules over a statement's bytes, exact and without copies: what is a word, a
// string, a comment, where a statement ends. `effects` stands on it; routing's fingerprints will.
// A text that the server's own lexer would refuse yields one `broken` token and then the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skein::postgres {

enum class token_kind : std::uint8_t {
  end,
  word,         // an identifier or a key word, unquoted
  quoted_word,  // "..." or U&"..."
  string,       // '...', E'...', U&'...', B'...', X'...', N'...', $tag$...$tag$
  number,
  parameter,    // $1
  semicolon,
  open,         // (
  close,        // )
  comma,
  dot,
  other,        // an operator, a bracket, a colon: `text` is the whole operator
  broken,       // unterminated, or a byte that no token begins with
};

struct token {
  token_kind kind = token_kind::end;
  std::string_view text = {};  // as it stands in the statement, quotes included
};

// `standard_strings`: the session's standard_conforming_strings; off, a backslash in '...' escapes.
class lexer {
 public:
  explicit lexer(std::string_view statement, bool standard_strings = true)
      : rest_(statement), standard_strings_(standard_strings) {}
  // Comments and white space are passed over.
  token next();
  // The place behind the last token, as an offset into the statement.
  std::size_t at() const { return at_; }

 private:
  std::string_view rest_;  // what has not been read
  std::size_t at_ = 0;
  bool standard_strings_;
};

// A word or a quoted word as the server names the thing: folded to lower case (ASCII only, as the
// server does for a multi-byte encoding), quotes taken off, doubled quotes made single.
std::string name_of(const token& word);
// Compares without copying; `lower` is in lower case. False for a quoted word.
bool is_word(const token& token, std::string_view lower);
// The value of a string literal without escapes; nullopt for one that holds any (E'\n', U&'').
bool plain_string(const token& literal, std::string& value);

}  // namespace skein::postgres
