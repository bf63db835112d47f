// What kind of value a key holds, and its default as text: for the schema and the reference.
#pragma once

#include <optional>
#include <string>

#include "conf/keys.hpp"

namespace skein::conf {

// Nothing where an empty default stands for "left out".
inline std::optional<std::string> default_text(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}
inline std::optional<std::string> default_text(const endpoint& where) {
  if (where == endpoint{}) return std::nullopt;
  return to_string(where);
}
inline std::optional<std::string> default_text(const secret& /*none*/) {
  return std::nullopt;
}
inline std::optional<std::string> default_text(const std::filesystem::path& /*none*/) {
  return std::nullopt;
}
inline std::optional<std::string> default_text(const network& /*anywhere*/) {
  return std::nullopt;
}
inline std::optional<std::string> default_text(unsigned number) {
  return std::to_string(number);
}
inline std::optional<std::string> default_text(duration time) {
  return to_string(time);
}
inline std::optional<std::string> default_text(byte_size size) {
  return to_string(size);
}
inline std::optional<std::string> default_text(thread_count threads) {
  return to_string(threads);
}
template <worded E>
std::optional<std::string> default_text(E value) {
  return std::string(to_string(value));
}

template <typename T>
inline constexpr bool is_list_of_structs = false;
template <described T>
inline constexpr bool is_list_of_structs<std::vector<T>> = true;

}  // namespace skein::conf
