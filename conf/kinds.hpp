// What kind of value a key holds, and its default as text: for the schema and the reference.
#pragma once

#include <optional>
#include <string>
#include <vector>

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
inline std::optional<std::string> default_text(bool yes) {
  return yes ? "true" : "false";
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
inline std::optional<std::string> default_text(share of) {
  return to_string(of);
}
template <worded E>
std::optional<std::string> default_text(E value) {
  return std::string(to_string(value));
}
template <typename T>
std::optional<std::string> default_text(const std::optional<T>& value) {
  return value ? default_text(*value) : std::nullopt;
}
inline std::string to_string(const std::string& text) {
  return text;
}
// One value, or several of which any will do.
template <typename T>
std::optional<std::string> default_text(const std::vector<T>& all) {
  std::string text;
  for (const T& each : all) text += (text.empty() ? "" : ", ") + to_string(each);
  return text.empty() ? std::nullopt : std::optional(text);
}

template <typename T>
inline constexpr bool is_list_of_structs = false;
template <described T>
inline constexpr bool is_list_of_structs<std::vector<T>> = true;

template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;

}  // namespace skein::conf
