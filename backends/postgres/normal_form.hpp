// A statement without its literals: what all have in common that differ in values alone. Of a list
// of literals one is left, so that an IN list is the same however long it is. The form is SQL
// again, which the grammar reads as it reads the statement, with other values: 1 and '?', which
// stand wherever any number or string does.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "backends/fingerprint.hpp"
#include "backends/form.hpp"

namespace skein::postgres {

// In one pass and without copies; words count as they are written, so that what differs in case has
// two. Nothing for a text that the lexer cannot read to its end.
using skein::marks;
std::optional<marks> marks_of(std::string_view text, bool standard_strings,
                              const fingerprint_seed& seed = {});

struct normal_form {
  std::string text = {};  // words in lower case, one blank between tokens; no semicolons around
  std::size_t tokens = 0;
  std::size_t nesting = 0;  // how deep a tree of it can be, at most
};
// Each level takes some 3 KB of a thread's stack, in the grammar's library and in who walks its
// tree.
constexpr std::size_t nesting_max = 150;

using skein::unreadable;
std::expected<normal_form, unreadable> normal_form_of(std::string_view text, bool standard_strings,
                                                      std::size_t bytes_max);

}  // namespace skein::postgres
