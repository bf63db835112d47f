// Durations, sizes, numbers and secrets: parsing and printing.
#include "conf/values.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <ostream>
#include <thread>
#include <utility>

namespace skein::conf {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first: printing takes the first that divides without a rest.
constexpr std::array<unit, 4> duration_units{
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<unit, 7> size_units{{{"GiB", 1ULL << 30},
                                          {"GB", 1'000'000'000},
                                          {"MiB", 1ULL << 20},
                                          {"MB", 1'000'000},
                                          {"KiB", 1ULL << 10},
                                          {"KB", 1'000},
                                          {"B", 1}}};

// Whole numbers only: 1500ms says what 1.5s would, and nobody has to ask how it is rounded.
template <std::size_t N>
parsed<std::uint64_t> parse_with_unit(std::string_view text, const std::array<unit, N>& units,
                                      std::string_view how) {
  std::uint64_t number = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed == std::errc::invalid_argument) {
    return std::unexpected(shown(text) + " is not " + std::string(how));
  }
  const std::string_view name(rest, text.data() + text.size());
  if (failed == std::errc() && name.empty()) {
    return std::unexpected(shown(text) + " has no unit; write " + std::string(how));
  }
  for (const unit& known : units) {
    if (known.name != name) continue;
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (failed != std::errc() || number > most / known.factor) {
      return std::unexpected(shown(text) + " is too large");
    }
    return number * known.factor;
  }
  return std::unexpected(shown(text) + " is not " + std::string(how));
}

template <std::size_t N>
std::string print_with_unit(std::uint64_t number, const std::array<unit, N>& units) {
  for (const unit& known : units) {
    if (number != 0 && number % known.factor == 0) {
      return std::to_string(number / known.factor) + std::string(known.name);
    }
  }
  return std::to_string(number) + std::string(units.back().name);
}

}  // namespace

std::string to_string(const secret& /*hidden*/) {
  return "***";
}
std::ostream& operator<<(std::ostream& out, const secret& hidden) {
  return out << to_string(hidden);
}

unsigned thread_count::resolve() const {
  return count != 0 ? count : std::max(1U, std::thread::hardware_concurrency());
}

std::string to_string(duration time) {
  return print_with_unit(static_cast<std::uint64_t>(time.count()), duration_units);
}
std::string to_string(byte_size size) {
  return print_with_unit(size.bytes, size_units);
}
std::string to_string(thread_count threads) {
  return threads.count == 0 ? "auto" : std::to_string(threads.count);
}

parsed<duration> parse_duration(std::string_view text) {
  const auto time = parse_with_unit(text, duration_units,
                                    "a whole number and a unit (ms, s, m, h), as in 200ms or 5s");
  if (!time) return std::unexpected(time.error());
  return duration(static_cast<std::int64_t>(*time));
}

parsed<byte_size> parse_size(std::string_view text) {
  const auto size = parse_with_unit(
      text, size_units, "a whole number and a unit (B, KB, MB, GB, KiB, MiB, GiB), as in 64MiB");
  if (!size) return std::unexpected(size.error());
  return byte_size{*size};
}

parsed<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = std::to_address(text.end());
  const auto [rest, failed] = std::from_chars(std::to_address(text.begin()), end, number);
  if (failed == std::errc::result_out_of_range && rest == end) {
    return std::unexpected(shown(text) + " is too large");
  }
  if (failed != std::errc() || rest != end) {
    return std::unexpected(shown(text) + " is not a whole number");
  }
  return number;
}

parsed<thread_count> parse_threads(std::string_view text) {
  if (text == "auto") return thread_count{};
  const auto number = parse_integer(text);
  if (!number || *number < 1 || *number > thread_count::most) {
    return std::unexpected(shown(text) + " is neither 'auto' nor a number from 1 to " +
                           std::to_string(thread_count::most));
  }
  return thread_count{static_cast<unsigned>(*number)};
}

std::string printable(std::string_view text) {
  constexpr std::size_t bytes_max = 60;
  std::string clean;
  for (const char c : text.substr(0, bytes_max)) {
    clean += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? '?' : c;
  }
  return text.size() > bytes_max ? clean + "..." : clean;
}

std::string shown(std::string_view text) {
  return "'" + printable(text) + "'";
}

}  // namespace skein::conf
