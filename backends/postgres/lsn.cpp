#include "backends/postgres/lsn.hpp"

#include <charconv>

namespace skein::postgres {

std::optional<std::uint64_t> parse_lsn(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::uint32_t high = 0;
  std::uint32_t low = 0;
  const char* const middle = text.data() + slash;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), middle, high, 16);
  const auto second = std::from_chars(middle + 1, end, low, 16);
  if (first.ec != std::errc{} || first.ptr != middle) return std::nullopt;
  if (second.ec != std::errc{} || second.ptr != end) return std::nullopt;
  return (std::uint64_t{high} << 32) | low;
}

position make_position(std::uint64_t timeline, std::string_view lsn) {
  const auto rank = parse_lsn(lsn);
  if (!rank) return {timeline, 0, "nowhere"};
  return {timeline, *rank, std::string(lsn)};
}

}  // namespace skein::postgres
