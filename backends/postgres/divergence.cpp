#include "backends/postgres/divergence.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "backends/postgres/position.hpp"

namespace skein::postgres {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

// Takes one line off the front.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

template <typename N>
std::optional<N> number(std::string_view text) {
  N out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::optional<std::string_view> value_of(std::string_view text, std::string_view label) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with(label) && line.size() > label.size() && line[label.size()] == ':')
      return trimmed(line.substr(label.size() + 1));
  }
  return std::nullopt;
}

}  // namespace

std::optional<control_data> read_control_data(std::string_view text) {
  const auto said = [&](std::string_view label) { return value_of(text, label).value_or(""); };
  control_data out;
  out.identity = said("Database system identifier");
  out.state = said("Database cluster state");
  const auto timeline = number<std::uint32_t>(said("Latest checkpoint's TimeLineID"));
  const auto checkpoint = parse_lsn(said("Latest checkpoint location"));
  const auto minimum = parse_lsn(said("Minimum recovery ending location"));
  const auto minimum_timeline = number<std::uint32_t>(said("Min recovery ending loc's timeline"));
  const auto bytes = number<std::uint64_t>(said("Bytes per WAL segment"));
  if (out.identity.empty() || out.state.empty() || !timeline || !checkpoint || !minimum ||
      !minimum_timeline || !bytes || *bytes == 0)
    return std::nullopt;
  out.timeline = *timeline;
  out.checkpoint = *checkpoint;
  out.minimum_end = *minimum;
  out.minimum_timeline = *minimum_timeline;
  out.segment_bytes = *bytes;
  out.checksums = number<unsigned>(said("Data page checksum version")).value_or(0) != 0;
  out.hints = said("wal_log_hints setting") == "on";
  return out;
}

// "1<tab>0/3000148<tab>no recovery target specified", and comments.
std::optional<std::vector<timeline_span>> read_history(std::string_view history,
                                                       std::uint32_t timeline) {
  std::vector<timeline_span> out;
  while (!history.empty()) {
    const std::string_view line = trimmed(take_line(history));
    if (line.empty() || line.starts_with('#')) continue;
    const auto first = line.find_first_of(" \t");
    if (first == line.npos) return std::nullopt;
    const std::string_view rest = trimmed(line.substr(first));
    const auto number_of = number<std::uint32_t>(line.substr(0, first));
    const auto end = parse_lsn(rest.substr(0, rest.find_first_of(" \t")));
    if (!number_of || !end || *number_of >= timeline) return std::nullopt;
    if (!out.empty() && *number_of <= out.back().timeline) return std::nullopt;
    out.push_back({*number_of, *end});
  }
  out.push_back({timeline, std::nullopt});
  return out;
}

std::optional<divergence> find_divergence(const std::vector<timeline_span>& one,
                                          const std::vector<timeline_span>& other) {
  std::optional<divergence> out;
  for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i) {
    const timeline_span& mine = one[i];
    const timeline_span& theirs = other[i];
    if (mine.timeline != theirs.timeline) break;
    divergence found{.timeline = mine.timeline};
    found.same_line = !mine.end && !theirs.end;
    found.at = std::min(mine.end.value_or(~0ULL), theirs.end.value_or(~0ULL));
    out = found;
    if (mine.end != theirs.end) break;
  }
  return out;
}

std::string lsn_text(std::uint64_t lsn) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%X/%X", static_cast<unsigned>(lsn >> 32),
                static_cast<unsigned>(lsn));
  return text.data();
}

std::string segment_name(std::uint32_t timeline, std::uint64_t lsn, std::uint64_t segment_bytes) {
  const std::uint64_t number_of = lsn / segment_bytes;
  const std::uint64_t in_each = 0x100000000ULL / segment_bytes;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%08X%08X%08X", timeline,
                static_cast<unsigned>(number_of / in_each),
                static_cast<unsigned>(number_of % in_each));
  return text.data();
}

}  // namespace skein::postgres
