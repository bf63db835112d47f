// "did you mean": the candidate that a person most likely meant by a word that is none of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::conf {

// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other;
// upper and lower case are the same, so are '-' and '_'.
std::size_t edit_distance(std::string_view a, std::string_view b);

// Nothing where even the nearest differs in more than about a third of its letters, unless one of
// the two begins the other (warn, warning).
std::optional<std::string_view> nearest(std::string_view word,
                                        const std::vector<std::string_view>& candidates);

// "a, b, c", not at any length.
std::string listed(const std::vector<std::string_view>& words);

// "; did you mean 'size'?" or, with nothing near, "; " + otherwise + " a, b, c".
std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates,
                       std::string_view otherwise);

}  // namespace skein::conf
