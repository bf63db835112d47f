// What says which statements and how many: shares of the load, regular expressions, fingerprints.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "conf/values.hpp"

namespace skein::conf {

namespace {

constexpr std::size_t fingerprint_digits = 16;

bool is_hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

std::string to_string(share of) {
  std::array<char, 32> digits = {};
  const auto end = std::to_chars(digits.begin(), digits.end(), of.of_load).ptr;
  return {digits.begin(), end};
}

std::string to_string(const pattern& what) {
  return what.text;
}

std::string to_string(fingerprint of) {
  std::array<char, fingerprint_digits> digits = {};
  const auto end = std::to_chars(digits.begin(), digits.end(), of.value, 16).ptr;
  const std::string_view text(digits.begin(), end);
  return std::string(fingerprint_digits - text.size(), '0').append(text);
}

parsed<share> parse_share(std::string_view text) {
  share found;
  const char* const end = std::to_address(text.end());
  const auto [rest, failed] =
      std::from_chars(std::to_address(text.begin()), end, found.of_load, std::chars_format::fixed);
  if (failed != std::errc() || rest != end) {
    return std::unexpected(shown(text) + " is not a number");
  }
  // In this order, because what is no number at all is not above 0 either.
  if (found.of_load > 0 && found.of_load <= share::most) return found;
  return std::unexpected("must be above 0 and at most " + std::to_string(share::most) +
                         ", and this is " + printable(text));
}

parsed<pattern> parse_pattern(std::string_view text) {
  if (text.empty()) return std::unexpected("is empty");
  re2::RE2::Options how;
  how.set_log_errors(false);
  how.set_case_sensitive(false);  // as it will be matched, which takes more memory
  how.set_never_capture(true);
  how.set_max_mem(pattern::bytes_max);
  const re2::RE2 read(re2::StringPiece(text.data(), text.size()), how);
  if (read.ok()) return pattern{std::string(text)};
  return std::unexpected(shown(text) + " is no regular expression: " + printable(read.error()));
}

parsed<fingerprint> parse_fingerprint(std::string_view text) {
  fingerprint found;
  if (text.size() != fingerprint_digits || !std::ranges::all_of(text, is_hexadecimal)) {
    return std::unexpected(shown(text) + " is not 16 hexadecimal digits");
  }
  std::from_chars(std::to_address(text.begin()), std::to_address(text.end()), found.value, 16);
  if (found.value == 0) return std::unexpected("is no statement's");
  return found;
}

}  // namespace skein::conf
