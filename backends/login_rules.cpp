#include "backends/login_rules.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace skein {

namespace {

constexpr std::array<std::uint8_t, 12> ip4_in_ip6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool fits(const login_rule& rule, const newcomer& who) {
  return rule.from.holds(who.from) && (rule.user.empty() || rule.user == who.user) &&
         (rule.database.empty() || rule.database == who.database) &&
         (rule.tls == rule_tls::any || (rule.tls == rule_tls::required) == who.encrypted);
}

}  // namespace

bool network::holds(const network& place) const {
  if (of == family::any) return true;
  if (of != place.of) return false;
  for (unsigned at = 0; at < bits; ++at) {
    const auto mask = static_cast<std::uint8_t>(0x80 >> at % 8);
    if (((bytes.at(at / 8) ^ place.bytes.at(at / 8)) & mask) != 0) return false;
  }
  return true;
}

std::optional<network> read_address(std::string_view text) {
  const std::string words(text);
  network found;
  if (inet_pton(AF_INET, words.c_str(), found.bytes.data()) == 1) {
    found.of = network::family::ip4;
    found.bits = 32;
    return found;
  }
  // Link-local addresses name their interface behind a percent sign.
  if (inet_pton(AF_INET6, words.substr(0, words.find('%')).c_str(), found.bytes.data()) != 1)
    return std::nullopt;
  found.of = network::family::ip6;
  found.bits = 128;
  if (!std::ranges::equal(ip4_in_ip6, std::span(found.bytes).first<12>())) return found;
  std::ranges::rotate(found.bytes, found.bytes.begin() + 12);
  std::ranges::fill(std::span(found.bytes).subspan<4>(), 0);
  found.of = network::family::ip4;
  found.bits = 32;
  return found;
}

const login_rule* first_fit(std::span<const login_rule> rules, const newcomer& who) {
  const auto found =
      std::ranges::find_if(rules, [&](const login_rule& each) { return fits(each, who); });
  return found == rules.end() ? nullptr : &*found;
}

bool names_user(const login_rule& rule, const std::string& common_name, std::string_view user) {
  if (common_name.empty()) return false;
  if (rule.users_by_name.empty()) return common_name == user;
  const auto [first, last] = rule.users_by_name.equal_range(common_name);
  return std::any_of(first, last, [&](const auto& each) { return each.second == user; });
}

}  // namespace skein
