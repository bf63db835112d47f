#include "backends/mysql/gtid_set.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace skein::mysql {

namespace {

constexpr std::size_t tag_max = 32;

char lower_of(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
}
bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
bool is_tag_start(char byte) {
  return (lower_of(byte) >= 'a' && lower_of(byte) <= 'z') || byte == '_';
}
int hexadecimal(char byte) {
  if (is_digit(byte)) return byte - '0';
  const char lower = lower_of(byte);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_uuid(std::string& to, const gtid_source& of) {
  static constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t at = 0; at < of.uuid.size(); ++at) {
    if (at == 4 || at == 6 || at == 8 || at == 10) to += '-';
    to += digits[of.uuid[at] >> 4];
    to += digits[of.uuid[at] & 15];
  }
}

}  // namespace

// Takes the parts of a text off its front; white space may stand around each.
class gtid_set::reader {
 public:
  explicit reader(std::string_view text) : rest_(text) { pass_blanks(); }

  bool ended() const { return rest_.empty(); }
  bool pass(char sign) {
    if (rest_.empty() || rest_.front() != sign) return false;
    take(1);
    return true;
  }

  std::optional<gtid_source> source() {
    static constexpr std::size_t size = 36;
    if (rest_.size() < size) return std::nullopt;
    gtid_source made;
    std::size_t at = 0;
    for (std::size_t byte = 0; byte < made.uuid.size(); ++byte) {
      if ((byte == 4 || byte == 6 || byte == 8 || byte == 10) && rest_[at++] != '-')
        return std::nullopt;
      const int high = hexadecimal(rest_[at]);
      const int low = hexadecimal(rest_[at + 1]);
      if (high < 0 || low < 0) return std::nullopt;
      made.uuid[byte] = static_cast<std::uint8_t>(high << 4 | low);
      at += 2;
    }
    take(size);
    return made;
  }

  // Empty: none stands here.
  std::string tag() {
    std::string made;
    if (rest_.empty() || !is_tag_start(rest_.front())) return made;
    std::size_t size = 0;
    for (; size < rest_.size() && size <= tag_max; ++size) {
      if (!is_tag_start(rest_[size]) && !is_digit(rest_[size])) break;
      made += lower_of(rest_[size]);
    }
    take(size);
    return made.size() > tag_max ? std::string() : made;
  }

  std::optional<std::uint64_t> number() {
    std::uint64_t value = 0;
    if (rest_.empty() || !is_digit(rest_.front())) return std::nullopt;
    const auto [end, mistake] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (mistake != std::errc() || value == 0 || value > gtid::number_max) return std::nullopt;
    take(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  std::optional<interval> run() {
    const auto first = number();
    if (!first) return std::nullopt;
    if (!pass('-')) return interval{*first, *first};
    const auto last = number();
    if (!last || *last < *first) return std::nullopt;
    return interval{*first, *last};
  }

  // One source and all behind it, up to the comma.
  bool source_and_runs(std::map<gtid_source, intervals_of_one>& into) {
    auto of = source();
    if (!of) return false;
    intervals_of_one* to = nullptr;
    while (pass(':')) {
      if (auto named = tag(); !named.empty()) {
        of->tag = std::move(named);
        to = nullptr;
        if (!pass(':')) return false;
      }
      const auto found = run();
      if (!found) return false;
      if (!to) to = &into[*of];
      to->push_back(*found);
    }
    return to != nullptr;
  }

 private:
  void take(std::size_t size) {
    rest_.remove_prefix(size);
    pass_blanks();
  }
  void pass_blanks() {
    const auto first = rest_.find_first_not_of(" \t\n\r\f\v");
    rest_.remove_prefix(std::min(first, rest_.size()));
  }

  std::string_view rest_;
};

std::optional<gtid_set> gtid_set::parse(std::string_view text) {
  if (text.size() > text_max) return std::nullopt;
  reader from(text);
  gtid_set made;
  if (from.ended()) return made;
  std::map<gtid_source, intervals_of_one> read;
  do {
    if (!from.source_and_runs(read)) return std::nullopt;
  } while (from.pass(','));
  if (!from.ended()) return std::nullopt;
  made.tidy(read);
  if (made.intervals_ > intervals_max) return std::nullopt;
  return made;
}

// Runs in any order, which may meet.
void gtid_set::tidy(std::map<gtid_source, intervals_of_one>& runs) {
  for (auto& [source, of_one] : runs) {
    std::ranges::sort(of_one, {}, &interval::first);
    intervals_of_one joined;
    for (const interval& each : of_one) put(joined, each);
    intervals_ += joined.size();
    of_one = std::move(joined);
  }
  runs_ = std::move(runs);
}

// Behind all that begin before it. True: it is a run of its own.
bool gtid_set::put(intervals_of_one& to, interval added) {
  if (!to.empty() && added.first <= to.back().last + 1) {
    to.back().last = std::max(to.back().last, added.last);
    return false;
  }
  to.push_back(added);
  return true;
}

std::string gtid_set::text() const {
  std::string made;
  const gtid_source* last = nullptr;
  for (const auto& [source, runs] : runs_) {
    if (!last || last->uuid != source.uuid) {
      if (last) made += ',';
      append_uuid(made, source);
    }
    if (!source.tag.empty()) (made += ':') += source.tag;
    for (const auto& [from, to] : runs) {
      (made += ':') += std::to_string(from);
      if (to != from) (made += '-') += std::to_string(to);
    }
    last = &source;
  }
  return made;
}

bool gtid_set::add(const gtid& one) {
  if (one.number == 0 || one.number > gtid::number_max) return false;
  const auto found = runs_.find(one.source);
  if (found == runs_.end()) {
    if (intervals_ == intervals_max) return false;
    runs_[one.source] = {{one.number, one.number}};
    ++intervals_;
    return true;
  }
  intervals_of_one& runs = found->second;
  // The first that begins behind it. As a rule there is none, and the last run goes on.
  const auto behind = std::ranges::upper_bound(runs, one.number, {}, &interval::first);
  const bool meets_behind = behind != runs.end() && behind->first == one.number + 1;
  if (behind != runs.begin()) {
    interval& before = *std::prev(behind);
    if (before.last >= one.number) return true;
    if (before.last + 1 == one.number) {
      before.last = meets_behind ? behind->last : one.number;
      if (meets_behind) {
        runs.erase(behind);
        --intervals_;
      }
      return true;
    }
  }
  if (meets_behind) {
    behind->first = one.number;
    return true;
  }
  if (intervals_ == intervals_max) return false;
  runs.insert(behind, {one.number, one.number});
  ++intervals_;
  return true;
}

bool gtid_set::add(const gtid_set& other) {
  std::map<gtid_source, intervals_of_one> changed;
  std::size_t count = intervals_;
  for (const auto& [source, runs] : other.runs_) {
    const auto found = runs_.find(source);
    auto made = found == runs_.end() ? runs : joined(found->second, runs);
    count += made.size();
    if (found != runs_.end()) count -= found->second.size();
    changed.emplace(source, std::move(made));
  }
  if (count > intervals_max) return false;
  for (auto& [source, runs] : changed) runs_[source] = std::move(runs);
  intervals_ = count;
  return true;
}

void gtid_set::subtract(const gtid_set& other) {
  for (const auto& [source, runs] : other.runs_) {
    const auto found = runs_.find(source);
    if (found == runs_.end()) continue;
    intervals_ -= found->second.size();
    found->second = without(found->second, runs);
    intervals_ += found->second.size();
    if (found->second.empty()) runs_.erase(found);
  }
}

gtid_set::intervals_of_one gtid_set::joined(const intervals_of_one& one,
                                            const intervals_of_one& other) {
  intervals_of_one all;
  all.reserve(one.size() + other.size());
  std::ranges::merge(one, other, std::back_inserter(all), {}, &interval::first, &interval::first);
  intervals_of_one made;
  for (const interval& each : all) put(made, each);
  return made;
}

gtid_set::intervals_of_one gtid_set::without(const intervals_of_one& one,
                                             const intervals_of_one& other) {
  intervals_of_one made;
  auto hole = other.begin();
  for (interval left : one) {
    while (hole != other.end() && hole->last < left.first) ++hole;
    auto next = hole;
    for (; next != other.end() && next->first <= left.last; ++next) {
      if (next->first > left.first) made.push_back({left.first, next->first - 1});
      left.first = next->last + 1;
      if (left.first > left.last) break;
    }
    if (left.first <= left.last) made.push_back(left);
    hole = next;
  }
  return made;
}

bool gtid_set::covers(const intervals_of_one& one, const intervals_of_one& other) {
  auto at = one.begin();
  for (const interval& each : other) {
    while (at != one.end() && at->last < each.last) ++at;
    if (at == one.end() || at->first > each.first) return false;
  }
  return true;
}

bool gtid_set::contains(const gtid& one) const {
  const auto found = runs_.find(one.source);
  return found != runs_.end() && covers(found->second, {{one.number, one.number}});
}

bool gtid_set::contains(const gtid_set& other) const {
  return std::ranges::all_of(other.runs_, [this](const auto& each) {
    const auto found = runs_.find(each.first);
    return found != runs_.end() && covers(found->second, each.second);
  });
}

std::optional<gtid> parse_gtid(std::string_view text) {
  const auto set = gtid_set::parse(text);
  return set ? set->only_one() : std::nullopt;
}

std::optional<gtid> gtid_set::only_one() const {
  if (intervals_ != 1) return std::nullopt;
  const auto& [source, runs] = *runs_.begin();
  if (runs.front().first != runs.front().last) return std::nullopt;
  return gtid{source, runs.front().first};
}

std::string to_string(const gtid& one) {
  gtid_set set;
  return set.add(one) ? set.text() : std::string();
}

std::uint64_t gtid_set::transactions() const {
  std::uint64_t all = 0;
  for (const auto& [source, runs] : runs_)
    for (const auto& each : runs) all += each.last - each.first + 1;
  return all;
}

}  // namespace skein::mysql
