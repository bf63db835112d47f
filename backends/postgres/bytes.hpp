// What each byte is to PostgreSQL's lexer, where a token begins or goes on.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace skein::postgres {

enum byte_class : std::uint8_t {
  blank = 1,       // \v too: servers before 16 refuse it
  word_start = 2,  // letters, underscore, all that is not ASCII
  digit = 4,
  operator_part = 8,
  word_part = 16,      // word_start, digit, $
  comment_part = 32,   // that a comment may begin with
  number_part = 64,    // of a number as people write it
  own_operator = 128,  // that no operator of the SQL standard has
};

constexpr auto byte_classes = [] {
  std::array<std::uint8_t, 256> of{};
  for (const char c : std::string_view(" \t\n\r\f\v")) of[static_cast<unsigned char>(c)] |= blank;
  for (int c = 'a'; c <= 'z'; ++c) of[c] |= word_start;
  for (int c = 'A'; c <= 'Z'; ++c) of[c] |= word_start;
  for (int c = 0x80; c <= 0xff; ++c) of[c] |= word_start;
  of['_'] |= word_start;
  for (int c = '0'; c <= '9'; ++c) of[c] |= digit;
  for (const char c : std::string_view("~!@#^&|`?+-*/%<>="))
    of[static_cast<unsigned char>(c)] |= operator_part;
  for (const char c : std::string_view("~!@#^&|`?%"))
    of[static_cast<unsigned char>(c)] |= own_operator;
  for (auto& each : of)
    if ((each & (word_start | digit)) != 0) each |= word_part;
  of['$'] |= word_part;
  of['-'] |= comment_part;
  of['/'] |= comment_part;
  for (const char c : std::string_view("0123456789.eE+-"))
    of[static_cast<unsigned char>(c)] |= number_part;
  return of;
}();

constexpr bool is(char c, int kinds) {
  return (byte_classes[static_cast<unsigned char>(c)] & kinds) != 0;
}

}  // namespace skein::postgres
