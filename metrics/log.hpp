// Log lines for people and for machines: one event a line, a sentence and its fields. A line is one
// write(2), so lines of several threads do not mix. Values are made safe (no control characters, no
// broken UTF-8), and a field whose name says that it is a secret prints *** whatever it holds.
//
//   log::write(log::level::warn, "member is unreachable", {{"member", name}, {"error", text}});
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace skein::metrics::log {

enum class level : std::uint8_t { debug, info, warn, error };
enum class format : std::uint8_t { logfmt, json };
std::string_view to_string(level which);

// Borrows its text: a field lives as long as the call that it stands in.
struct field {
  using content =
      std::variant<std::string_view, std::int64_t, double, bool, std::chrono::nanoseconds>;

  field(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  field(std::string_view name, std::string_view text) : key(name), value(text) {}
  field(std::string_view name, const std::string& text)
      : key(name), value(std::string_view(text)) {}
  field(std::string_view name, std::chrono::nanoseconds took) : key(name), value(took) {}
  template <typename T>
    requires std::is_arithmetic_v<T>
  field(std::string_view name, T number) : key(name) {
    if constexpr (std::is_same_v<T, bool>) {
      value = number;
    } else if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<double>(number);
    } else {
      value = static_cast<std::int64_t>(number);
    }
  }

  std::string_view key;
  content value;
};
using fields = std::initializer_list<field>;

struct settings {
  int descriptor = 2;
  log::format format = log::format::logfmt;
  level least = level::info;
};

// At the start and by a reload. Until then lines go to stderr as logfmt, from info on.
void configure(const settings& how);
bool enabled(level which);
void write(level which, std::string_view message, fields more = {});
// Lines that could not be written (a full pipe, a full disk).
std::uint64_t lines_lost();

// The line, newline included; `write` sends it. Apart, so that it can be tested with a time.
std::string render(format how, std::chrono::system_clock::time_point when, level which,
                   std::string_view message, fields more);

// Keeps a line that may repeat a thousand times a second to one each `every`. Owned by the thing
// that the line is about; any thread may use it. Suppressed lines are counted and the next line
// that passes says how many there were, in the field `suppressed`.
class repeat_limit {
 public:
  explicit repeat_limit(std::chrono::nanoseconds every) : every_(every) {}
  // nullopt: stay silent; else how many were suppressed since the last line.
  std::optional<std::uint64_t> pass(std::chrono::steady_clock::time_point now);

 private:
  std::chrono::nanoseconds every_;
  std::atomic<std::int64_t> next_ns_{INT64_MIN};
  std::atomic<std::uint64_t> suppressed_{0};
};

void write_limited(repeat_limit& limit, level which, std::string_view message, fields more = {});

}  // namespace skein::metrics::log
