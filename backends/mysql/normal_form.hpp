// A statement without its literals: what all have in common that differ in values alone. Of a list
// of literals one is left, and of strings that the server joins one. The form is SQL again, and is
// its own form: numbers are 1 in it, strings '?', bits b'1'; comments are left out, and what the
// server executes of them stands like the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "backends/fingerprint.hpp"
#include "backends/form.hpp"
#include "backends/mysql/lexer.hpp"

namespace skein::mysql {

// In one pass and without copies; words count as they are written, so that what differs in case has
// two. Nothing for a text that the lexer cannot read to its end.
using skein::marks;
std::optional<marks> marks_of(std::string_view text, const reading_rules& rules,
                              const fingerprint_seed& seed = {});

struct normal_form {
  std::string text = {};  // words in lower case, one blank between tokens; no semicolons around
  std::size_t tokens = 0;
};
using skein::unreadable;
std::expected<normal_form, unreadable> normal_form_of(std::string_view text,
                                                      const reading_rules& rules,
                                                      std::size_t bytes_max);

}  // namespace skein::mysql
