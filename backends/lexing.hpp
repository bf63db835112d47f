// What the lexers of all dialects share: letters without their case, and what a comment has to say
// to us. Inlined into each.
#pragma once

#include <cstddef>
#include <string_view>

namespace skein {

constexpr char lower_of(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
}

// Compares without copying; `lower` is in lower case.
constexpr bool is_in_any_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (lower_of(text[at]) != lower[at]) return false;
  return true;
}

// Into `hint`, what is `inside` a comment that begins with `skein:`, without that word and the
// blanks around it. Of any other nothing.
template <typename Is>
void note_hint(std::string_view inside, Is is_blank, std::string_view& hint) {
  static constexpr std::string_view mark = "skein:";
  const auto trim_front = [&] {
    while (!inside.empty() && is_blank(inside.front())) inside.remove_prefix(1);
  };
  trim_front();
  if (!inside.starts_with(mark)) return;
  inside.remove_prefix(mark.size());
  trim_front();
  while (!inside.empty() && is_blank(inside.back())) inside.remove_suffix(1);
  hint = inside;
}

}  // namespace skein
