// The corners of PostgreSQL's lexical syntax, alone, and each behind each other: the lexer and the
// server's own scanner must see the same tokens.
#include <doctest/doctest.h>

#include <array>

#include "tests/unit/backends/postgres/server_scanner.hpp"

namespace {

constexpr auto corners = std::to_array<std::string_view>(
    {// Strings of every prefix, and what only looks like one.
     "''", "'a'", "'a''b'", "''''", "'a\\'", "'a\\b'", "E'a'", "e'a\\'b'", "E'\\\\'", "E'\\n\\101'",
     "E'a''b'", "E'\\\n'", "b'01'", "B''", "b'1''0'", "x'1f'", "X'1F''0'", "n'a'", "N'a''b'",
     "u&'a\\0061'", "U&'a''b'", "U&'a' UESCAPE '!'", "ee'a'", "be'a'", "z'a'", "_'a'", "é'a'",
     "'é'", "'a\n'", "'--'", "'/*'", "'$$'", "'\"'", "'a", "E'a\\'", "x'", "' '", "uescape",
     // Dollar quotes.
     "$$$$", "$$a$$", "$a$b$a$", "$a$ $b$ $a$", "$a$$$a$", "$a$ $a $a$", "$_1$'$_1$", "$é$x$é$",
     "$A$a$A$", "$$'$$", "$$--$$", "$$/*$$", "$1", "$12", "$a", "$", "$1$", "$a1$x$a1$", "$$",
     // Words.
     "a", "A1", "a$b", "a$$b$$", "a$1", "_", "_1", "é", "aé", "select", "SELECT", "e", "E", "b",
     "x", "n", "u", "U", "\"a\"", "\"a\"\"b\"", "\"'\"", "\"--\"", "\"/*\"", "\"a\nb\"", "\"é\"",
     "\"a", "U&\"a\"", "u&\"a\"\"b\"", "u&", "u&a", "\"\"", "nchar", "national",
     // Numbers.
     "0", "1", "123", "1.5", ".5", "5.", "1e5", "1E+5", "1.5e-3", "1.e2", ".5e1", "1..2", "1...2",
     "1.2.3", "1e", "1a", "1_0", "0x1", "00", "1.", "1 .5",
     // Operators and what ends them.
     "+", "-", "*", "/", "<", ">", "=", "~", "!", "@", "#", "%", "^", "&", "|", "`", "?",
     "<=", ">=", "<>", "!=", "=>", "->", "->>", "#>>", "@>", "?|", "?-", "@-", "=-", "+-", "-+",
     "*-1", "<@-", "=+", "!-", "||", "&&", "::", ":", ":=", ":::", "..", ".", ",", ";", "(", ")",
     "[", "]"});

// Comments and white space, with what may hide in them.
constexpr auto between = std::to_array<std::string_view>(
    {"", " ", "\n", "\r\n", "\t\f", "--\n", "-- '\n", "/**/", "/* ' */", "/*/**/*/", " --\r  ",
     "\n--\n --x\n ", "\n/**/\n", "/*--*/"});

// Comments as such, and signs that the scanner lets pass for the grammar to refuse.
constexpr auto rest =
    std::to_array<std::string_view>({"--", "--a", "/*", "/*a", "/*a*/", "/***/", "/*/", "*/",
                                     "/* /* */", "-- a\nb", "\\", "{", "}", "/*/**//**/*/"});

}  // namespace

TEST_CASE("the lexer agrees with the server's scanner in every corner") {
  using server_scanner::agreement;
  std::size_t compared = 0;
  std::size_t refused = 0;
  const auto check = [&](const std::string& text) {
    const agreement found = server_scanner::compare(text);
    found == agreement::refused ? ++refused : ++compared;
    if (found == agreement::no) FAIL_CHECK("the lexer sees other tokens in: " << text);
  };
  std::vector<std::string_view> all(corners.begin(), corners.end());
  all.insert(all.end(), rest.begin(), rest.end());
  for (const auto& one : all) check(std::string(one));
  std::size_t turn = 0;
  for (const auto& first : all) {
    for (const auto& second : all) {
      check(std::string(first) + std::string(second));
      const auto gap = between[turn++ % between.size()];
      check(std::string(first) + std::string(gap) + std::string(second));
    }
  }
  // Else the scanner refused nearly all, and nothing was compared.
  CHECK(compared > 35'000);
  CHECK(refused > 1'000);
}
