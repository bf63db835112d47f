// What each byte is to MySQL's lexer, where a token begins or goes on.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace skein::mysql {

enum byte_class : std::uint8_t {
  blank = 1,
  word_start = 2,  // letters, underscore, $, all that is not ASCII
  digit = 4,
  word_part = 8,            // word_start, digit
  comment_part = 16,        // that a comment may begin with, or one that is executed end
  user_variable_part = 32,  // of its name without quotes
  control = 64,             // with the blanks that are
  beyond_ascii = 128,
};

constexpr auto byte_classes = [] {
  std::array<std::uint8_t, 256> of{};
  for (const char c : std::string_view(" \t\n\r\f\v")) of[static_cast<unsigned char>(c)] |= blank;
  for (int c = 'a'; c <= 'z'; ++c) of[c] |= word_start;
  for (int c = 'A'; c <= 'Z'; ++c) of[c] |= word_start;
  for (int c = 0x80; c <= 0xff; ++c) of[c] |= word_start | beyond_ascii;
  of['_'] |= word_start;
  of['$'] |= word_start;
  for (int c = '0'; c <= '9'; ++c) of[c] |= digit;
  for (auto& each : of)
    if ((each & (word_start | digit)) != 0) each |= word_part | user_variable_part;
  of['.'] |= user_variable_part;
  for (const char c : std::string_view("-/#*")) of[static_cast<unsigned char>(c)] |= comment_part;
  for (int c = 0; c < 0x20; ++c) of[c] |= control;
  of[0x7f] |= control;
  return of;
}();

constexpr bool is(char c, int kinds) {
  return (byte_classes[static_cast<unsigned char>(c)] & kinds) != 0;
}

}  // namespace skein::mysql
