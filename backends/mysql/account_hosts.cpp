#include "backends/mysql/account_hosts.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <tuple>

#include "backends/login_rules.hpp"

namespace skein::mysql {

namespace {

constexpr std::string_view wild = "%_";

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// As LIKE: each % for any number of letters.
bool is_like(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t in = 0;
  std::size_t after_wild = std::string_view::npos;
  std::size_t tried = 0;
  while (in < text.size()) {
    if (at < pattern.size() && pattern[at] == '%') {
      after_wild = ++at;
      tried = in;
    } else if (at < pattern.size() &&
               (pattern[at] == '_' || lower(pattern[at]) == lower(text[in]))) {
      ++at;
      ++in;
    } else if (after_wild != std::string_view::npos) {
      at = after_wild;
      in = ++tried;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '%') ++at;
  return at == pattern.size();
}

// "255.255.255.0", or "24"; nothing: it is neither.
std::optional<unsigned> bits_in(std::string_view mask) {
  unsigned bits = 0;
  const auto read = std::from_chars(mask.data(), mask.data() + mask.size(), bits);
  if (read.ec == std::errc() && read.ptr == mask.data() + mask.size()) return bits;
  const auto address = read_address(mask);
  if (!address || address->of != network::family::ip4) return std::nullopt;
  bits = 0;
  for (const auto each : std::span(address->bytes).first<4>())
    bits += static_cast<unsigned>(std::popcount(each));
  return bits;
}

bool is_within(std::string_view pattern, std::size_t slash, std::string_view place) {
  auto range = read_address(pattern.substr(0, slash));
  const auto bits = bits_in(pattern.substr(slash + 1));
  const auto from = read_address(place);
  if (!range || !bits || !from || *bits > range->bits) return false;
  range->bits = *bits;
  return range->holds(*from);
}

// In the server's order: without wild cards first, then by how late the first of them stands.
auto rank_of(std::string_view pattern) {
  const bool exact = !pattern.empty() && pattern.find_first_of(wild) == std::string_view::npos;
  const bool range = pattern.contains('/');
  return std::tuple(
      exact && !range, exact,
      pattern.empty() ? 0 : 1 + std::min(pattern.find_first_of(wild), pattern.size()));
}

}  // namespace

bool host_fits(std::string_view pattern, std::string_view place) {
  if (pattern.empty()) return true;
  const auto slash = pattern.find('/');
  return slash == std::string_view::npos ? is_like(pattern, place)
                                         : is_within(pattern, slash, place);
}

std::optional<std::size_t> account_for(std::span<const std::string> hosts, std::string_view place) {
  if (hosts.size() == 1) return 0;
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (!host_fits(hosts[i], place)) continue;
    if (!best || rank_of(hosts[i]) > rank_of(hosts[*best])) best = i;
  }
  return best;
}

}  // namespace skein::mysql
