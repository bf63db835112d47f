#include "conf/json_text.hpp"

#include <utility>

namespace skein::conf {
namespace {

// Our own words only: they hold no control characters.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

void json_text::next(std::string_view key) {
  if (depth_ == 0) return;
  out_ += first_ ? "\n" : ",\n";
  out_.append(2 * depth_, ' ');
  if (!key.empty()) out_ += in_quotes(key) + ": ";
  first_ = false;
}

void json_text::begin(std::string_view key, char bracket) {
  next(key);
  out_ += bracket;
  ++depth_;
  first_ = true;
}

void json_text::end(char bracket) {
  --depth_;
  out_ += '\n';
  out_.append(2 * depth_, ' ');
  out_ += bracket;
  first_ = false;
}

void json_text::text(std::string_view key, std::string_view value) {
  next(key);
  out_ += in_quotes(value);
}

void json_text::number(std::string_view key, std::int64_t value) {
  next(key);
  out_ += std::to_string(value);
}

void json_text::flag(std::string_view key, bool value) {
  next(key);
  out_ += value ? "true" : "false";
}

void json_text::words(std::string_view key, std::span<const std::string_view> values) {
  next(key);
  out_ += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    out_ += (i == 0 ? "" : ", ") + in_quotes(values[i]);
  }
  out_ += ']';
}

std::string json_text::take() {
  return std::exchange(out_, {}) + "\n";
}

}  // namespace skein::conf
