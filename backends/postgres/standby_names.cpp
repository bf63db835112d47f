#include "backends/postgres/standby_names.hpp"

#include <strings.h>

#include <charconv>

namespace skein::postgres {

namespace {

std::string_view without_blanks(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\n\r\f\v");
  return from == text.npos ? std::string_view() : text.substr(from);
}

bool take_word(std::string_view& text, std::string_view word) {
  const bool there = text.size() > word.size() &&
                     ::strncasecmp(text.data(), word.data(), word.size()) == 0 &&
                     (text[word.size()] == ' ' || text[word.size()] == '\t');
  if (there) text = without_blanks(text.substr(word.size()));
  return there;
}

// The server compares names without their case. A follower says how far it has applied, from its
// first word on; a backup never does, and counts when it says how far it has written, as one does
// that has a slot.
std::string strangers(std::span<const std::string> names, const char* what) {
  std::string all;
  for (const std::string& each : names) {
    all += all.empty() ? "lower('" : ", lower('";
    for (const char c : each) all.append(c == '\'' ? 2 : 1, c);
    all += "' COLLATE \"C\")";
  }
  if (all.empty()) return {};
  return std::string("SELECT ") + what +
         " FROM pg_stat_replication AS r WHERE lower(application_name COLLATE \"C\") IN (" + all +
         ") AND write_lsn IS NOT NULL AND replay_lsn IS NULL AND (flush_lsn IS NOT NULL"
         " OR EXISTS (SELECT FROM pg_replication_slots AS s WHERE s.active_pid = r.pid))";
}

}  // namespace

// "ANY 2 (b, c)", "FIRST 1 (b, c)", "1 (b, c)", or "b, c", which is FIRST 1. A standby may be
// called by a number: only one before a parenthesis counts.
unsigned standbys_that_acknowledge(std::string_view names, std::string_view commit) {
  names = without_blanks(names);
  if (names.empty() || names == fenced_name || commit == "off" || commit == "local") return 0;
  if (!take_word(names, "any")) take_word(names, "first");
  unsigned count = 0;
  const auto [end, mistake] = std::from_chars(names.data(), names.data() + names.size(), count);
  if (mistake != std::errc()) return 1;
  const auto rest = names.substr(static_cast<std::size_t>(end - names.data()));
  return without_blanks(rest).starts_with('(') ? count : 1;
}

std::string any_of(unsigned count, std::span<const std::string> names) {
  std::string out = "ANY " + std::to_string(count) + " (";
  for (const std::string& each : names) {
    out += out.ends_with('(') ? "\"" : ", \"";
    for (const char c : each) out.append(c == '"' ? 2 : 1, c);
    out += '"';
  }
  return out + ")";
}

std::string ask_for_strangers(std::span<const std::string> names) {
  return strangers(
      names,
      "string_agg('a backup (process ' || pid || ') calls itself ' || application_name, ' and ')");
}

std::string end_strangers_among(std::span<const std::string> names) {
  return strangers(names, "pg_terminate_backend(pid)");
}

}  // namespace skein::postgres
