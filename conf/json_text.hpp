// Writes indented JSON, piece by piece; just enough of it for the schema.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace skein::conf {

class json_text {
 public:
  void open(std::string_view key = {}) { begin(key, '{'); }
  void close() { end('}'); }
  void open_list(std::string_view key) { begin(key, '['); }
  void close_list() { end(']'); }

  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::int64_t value);
  void flag(std::string_view key, bool value);
  void words(std::string_view key, std::span<const std::string_view> values);

  std::string take();  // closed by a newline, as files are

 private:
  void next(std::string_view key);
  void begin(std::string_view key, char bracket);
  void end(char bracket);

  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

}  // namespace skein::conf
