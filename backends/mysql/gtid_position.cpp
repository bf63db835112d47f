#include "backends/mysql/gtid_position.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

namespace skein::mysql {

namespace {

constexpr std::size_t one_max = 10 + 1 + 10 + 1 + 20;

std::string_view without_blanks(std::string_view text) {
  static constexpr std::string_view blanks = " \t\n\r\f\v";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

template <typename number>
bool take(std::string_view& text, number& value) {
  const auto [end, mistake] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (mistake != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_dash(std::string_view& text) {
  if (!text.starts_with('-')) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::vector<domain_gtid>> parse_list(std::string_view text, std::size_t most) {
  if (text.size() > most * (one_max + 2)) return std::nullopt;
  std::vector<domain_gtid> all;
  text = without_blanks(text);
  if (text.empty()) return all;
  for (bool goes_on = true; goes_on;) {
    const auto comma = std::min(text.find(','), text.size());
    const auto one = parse_domain_gtid(without_blanks(text.substr(0, comma)));
    if (!one || all.size() == most) return std::nullopt;
    all.push_back(*one);
    goes_on = comma < text.size();
    text.remove_prefix(goes_on ? comma + 1 : comma);
  }
  return all;
}

}  // namespace

std::optional<domain_gtid> parse_domain_gtid(std::string_view text) {
  domain_gtid one;
  const bool whole = take(text, one.domain) && take_dash(text) && take(text, one.server) &&
                     take_dash(text) && take(text, one.sequence) && text.empty();
  return whole ? std::optional(one) : std::nullopt;
}

std::string to_string(const domain_gtid& one) {
  return std::to_string(one.domain) + '-' + std::to_string(one.server) + '-' +
         std::to_string(one.sequence);
}

std::optional<domain_position> domain_position::parse(std::string_view text) {
  auto all = parse_list(text, domains_max);
  if (!all) return std::nullopt;
  domain_position made;
  made.last_ = std::move(*all);
  std::ranges::sort(made.last_, {}, &domain_gtid::domain);
  if (std::ranges::adjacent_find(made.last_, {}, &domain_gtid::domain) != made.last_.end())
    return std::nullopt;
  return made;
}

std::string domain_position::text() const {
  std::string made;
  for (const domain_gtid& each : last_) {
    if (!made.empty()) made += ',';
    made += to_string(each);
  }
  return made;
}

bool domain_position::advance(const domain_gtid& to) {
  const auto at = std::ranges::lower_bound(last_, to.domain, {}, &domain_gtid::domain);
  if (at != last_.end() && at->domain == to.domain) {
    if (at->sequence < to.sequence) *at = to;
    return true;
  }
  if (last_.size() == domains_max) return false;
  last_.insert(at, to);
  return true;
}

bool domain_position::covers(const domain_gtid& one) const {
  const auto at = std::ranges::lower_bound(last_, one.domain, {}, &domain_gtid::domain);
  return at != last_.end() && at->domain == one.domain && at->sequence >= one.sequence;
}

bool domain_position::covers(const domain_position& other) const {
  return std::ranges::all_of(other.last_, [this](const auto& each) { return covers(each); });
}

bool domain_position::parted_from(const domain_position& other) const {
  return std::ranges::any_of(other.last_, [this](const domain_gtid& each) {
    const auto at = std::ranges::lower_bound(last_, each.domain, {}, &domain_gtid::domain);
    return at != last_.end() && at->domain == each.domain && at->sequence == each.sequence &&
           at->server != each.server;
  });
}

bool domain_position::advance(const domain_position& to) {
  return std::ranges::all_of(to.last_, [this](const auto& each) { return advance(each); });
}

std::optional<domain_log> domain_log::parse(std::string_view state, std::string_view taken) {
  constexpr std::size_t writers_max = 65536;
  auto all = parse_list(state, writers_max);
  auto from_others = domain_position::parse(taken);
  if (!all || !from_others) return std::nullopt;
  domain_log made;
  made.last_ = std::move(*all);
  made.taken_ = std::move(*from_others);
  std::ranges::sort(made.last_, {}, [](const domain_gtid& one) {
    return std::tuple(one.domain, one.server, one.sequence);
  });
  return made;
}

bool domain_log::has(const domain_gtid& one) const {
  const auto same = [&](const domain_gtid& each) {
    return each.domain == one.domain && each.server == one.server && each.sequence >= one.sequence;
  };
  return std::ranges::any_of(last_, same) || std::ranges::any_of(taken_.last(), same);
}

// A domain that it knows nothing of is another's to serve.
bool domain_log::leads_on_from(const domain_position& at) const {
  return std::ranges::all_of(at.last(), [this](const domain_gtid& each) {
    const auto in_it = [&](const domain_gtid& one) { return one.domain == each.domain; };
    const bool knows =
        std::ranges::any_of(last_, in_it) || std::ranges::any_of(taken_.last(), in_it);
    return !knows || has(each);
  });
}

std::optional<gtid_position> gtid_position::parse(flavour of, std::string_view text) {
  if (of == flavour::mysql) {
    if (auto set = gtid_set::parse(text)) return gtid_position(std::move(*set));
  } else if (auto position = domain_position::parse(text)) {
    return gtid_position(std::move(*position));
  }
  return std::nullopt;
}

bool gtid_position::advance(std::string_view one) {
  if (auto* const set = std::get_if<gtid_set>(&held_)) {
    const auto added = parse_gtid(one);
    return added && set->add(*added);
  }
  const auto to = parse_domain_gtid(one);
  return to && std::get<domain_position>(held_).advance(*to);
}

bool gtid_position::advance_all(flavour of, std::string_view position) {
  const auto more = parse(of, position);
  if (!more || more->held_.index() != held_.index()) return false;
  if (auto* const set = std::get_if<gtid_set>(&held_))
    return set->add(std::get<gtid_set>(more->held_));
  return std::get<domain_position>(held_).advance(std::get<domain_position>(more->held_));
}

bool gtid_position::parted_from(const gtid_position& other) const {
  const auto* const one = std::get_if<domain_position>(&held_);
  const auto* const another = std::get_if<domain_position>(&other.held_);
  return one && another && one->parted_from(*another);
}

std::string gtid_position::text() const {
  return std::visit([](const auto& held) { return held.text(); }, held_);
}

bool gtid_position::covers(const gtid_position& other) const {
  if (held_.index() != other.held_.index()) return false;
  if (const auto* const set = std::get_if<gtid_set>(&held_))
    return set->contains(std::get<gtid_set>(other.held_));
  return std::get<domain_position>(held_).covers(std::get<domain_position>(other.held_));
}

std::uint64_t domain_position::transactions() const {
  std::uint64_t all = 0;
  for (const auto& each : last_) all += each.sequence;
  return all;
}

std::uint64_t gtid_position::transactions() const {
  return std::visit([](const auto& held) { return held.transactions(); }, held_);
}

}  // namespace skein::mysql
