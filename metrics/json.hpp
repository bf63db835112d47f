// Writes JSON: objects, arrays, values; commas and escapes are its business. /status, `--json` and
// the log use it. Text that is no UTF-8 comes out with U+FFFD in place of what is broken.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::metrics {

// The inside of a JSON string: quotes, backslashes, control characters (C1 and DEL too, which
// terminals obey) and what is no UTF-8 made safe. Without quotes around it.
void append_escaped(std::string& out, std::string_view text);
// The shortest decimal that reads back the same; "null" for what is no finite number.
void append_number(std::string& out, double number);

class json_writer {
 public:
  json_writer& begin_object() { return open('{', '}'); }
  json_writer& end_object() { return close(); }
  json_writer& begin_array() { return open('[', ']'); }
  json_writer& end_array() { return close(); }
  json_writer& key(std::string_view name);

  json_writer& value(std::string_view text);
  json_writer& value(const char* text) { return value(std::string_view(text)); }
  json_writer& value(double number);
  json_writer& value(bool flag) { return raw(flag ? "true" : "false"); }
  json_writer& value(std::nullptr_t) { return raw("null"); }
  template <std::integral T>
  json_writer& value(T number) {
    return raw(std::to_string(number));
  }

  template <typename T>
  json_writer& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  // The document so far; complete when all that was begun has ended.
  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  json_writer& open(char opening, char closing);
  json_writer& close();
  json_writer& raw(std::string_view token);
  void separate();

  std::string out_;
  std::vector<char> closers_;  // what ends each level that is open
  bool comma_ = false;         // the next element needs one before it
};

}  // namespace skein::metrics
