#include "backends/postgres/position.hpp"

#include <algorithm>
#include <charconv>

namespace skein::postgres {

// Replay is read first: received it can only be ahead, and the timeline that is received later is
// one that all replayed before belongs to, as the receiver is sent to another only when all before
// the fork is replayed. pg_control_checkpoint has none to trust: it is that of the last checkpoint.
// What is refused in recovery, or outside of it, CASE keeps away.
const char* const observation_query =
    "SELECT r.f,"
    " r.inserted,"
    " CASE WHEN NOT r.f THEN pg_walfile_name_offset(r.inserted)::text END,"
    " current_setting('wal_block_size'),"
    " CASE WHEN NOT r.f THEN pg_current_wal_flush_lsn() END,"
    " CASE WHEN r.f THEN pg_last_wal_receive_lsn() END,"
    " r.replayed,"
    " CASE WHEN r.f THEN (SELECT coalesce(received_tli, 0) FROM pg_stat_wal_receiver) END,"
    " CASE WHEN r.f THEN extract(epoch FROM clock_timestamp()"
    " - pg_last_xact_replay_timestamp()) END,"
    " (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,"
    " current_setting('server_version')"
    " FROM (SELECT pg_is_in_recovery() AS f,"
    " CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END AS replayed,"
    " CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() END AS inserted"
    " OFFSET 0) r";

namespace {

template <typename number>
std::optional<number> parse(std::string_view text, int radix = 10) {
  number value = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stopped, mistake] = std::from_chars(begin, end, value, radix);
  if (mistake != std::errc() || stopped != end) return std::nullopt;
  return value;
}

std::optional<double> parse_seconds(std::string_view text) {
  double value = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stopped, mistake] = std::from_chars(begin, end, value);
  if (mistake != std::errc() || stopped != end) return std::nullopt;
  return std::max(value, 0.0);  // clocks of two machines
}

std::unexpected<error> strange(std::string_view what) {
  return failure(error_kind::protocol, fault::server,
                 "the server's answer about its state cannot be read", std::string(what));
}

std::string written_lsn(std::uint64_t lsn) {
  std::array<char, 24> text;
  auto* end = std::to_chars(text.begin(), text.end(), lsn >> 32, 16).ptr;
  *end++ = '/';
  end = std::to_chars(end, text.end(), lsn & 0xffffffff, 16).ptr;
  std::transform(text.begin(), end, text.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  return {text.begin(), end};
}

// The end of the log is told as where the next record will begin: behind the header of its page,
// where the last record ends with the page before. Who replays that is told its end, and would look
// short of a leader that is idle, at the latest after a switch of files. Headers as on every
// machine of 64 bits.
struct place_in_file {
  std::uint32_t timeline = 0;
  std::uint64_t header = 0;  // bytes of it between the last record and the place
};
std::optional<place_in_file> parse_file(std::string_view text, std::string_view page_bytes) {
  constexpr std::uint64_t header = 24;
  constexpr std::uint64_t first_header = 40;  // of a file
  const auto comma = text.find(',');
  if (comma == std::string_view::npos || comma < 9 || !text.ends_with(')')) return std::nullopt;
  const auto timeline = parse<std::uint32_t>(text.substr(1, 8), 16);
  const auto offset = parse<std::uint64_t>(text.substr(comma + 1, text.size() - comma - 2));
  const auto page = parse<std::uint64_t>(page_bytes);
  if (!timeline || !offset || !page || *page == 0) return std::nullopt;
  if (*offset == first_header) return place_in_file{*timeline, first_header};
  return place_in_file{*timeline, *offset % *page == header ? header : 0};
}

// `seen` is a leader's from here on.
bool read_leader(const observation_row& row, observation& seen) {
  const auto inserted = parse_lsn(row.inserted);
  const auto flushed = parse_lsn(row.flushed);
  const auto file = parse_file(row.file, row.page_bytes);
  if (!inserted || !flushed || !file) return false;
  const std::uint64_t end = *inserted - file->header;
  seen.role = member_role::leader;
  // Flushed would not do: with synchronous_commit off a commit is acknowledged before.
  seen.written = {file->timeline, end, written_lsn(end)};
  const std::uint64_t safe = std::min(*flushed, end);
  seen.offered = {file->timeline, safe, written_lsn(safe)};
  return true;
}

// The timeline of what a follower has replayed, or 0 and why.
std::uint32_t timeline_of(const observation_row& row, std::uint64_t replayed, known_timeline& known,
                          observation& seen) {
  if (row.timeline == "0") {
    seen.history_unknown =
        "whose timeline is hidden from the user that looks (GRANT pg_read_all_stats)";
    return 0;
  }
  if (const auto told = parse<std::uint32_t>(row.timeline)) {
    known = {seen.started_at_us, replayed, *told};
    return *told;
  }
  // Without a receiver it may be replaying from an archive, what belongs to anybody.
  if (known.timeline != 0 && known.replayed == replayed &&
      known.started_at_us == seen.started_at_us) {
    return known.timeline;
  }
  seen.history_unknown = "which receives nothing, so that its timeline cannot be told";
  return 0;
}

}  // namespace

std::optional<std::uint64_t> parse_lsn(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto high = parse<std::uint32_t>(text.substr(0, slash), 16);
  const auto low = parse<std::uint32_t>(text.substr(slash + 1), 16);
  if (!high || !low) return std::nullopt;
  return (std::uint64_t{*high} << 32) | *low;
}

result<observation> read_observation(const observation_row& row, known_timeline& known) {
  observation seen;
  const auto started = parse<std::int64_t>(row.started_at_us);
  if (!started) return strange("start time");
  seen.server_version = row.server_version;
  seen.started_at_us = *started;
  if (row.in_recovery == "f") {
    if (!read_leader(row, seen)) return strange("position of a leader");
    return seen;
  }
  if (row.in_recovery != "t") return strange("role");
  if (!row.timeline.empty() && !parse<std::uint32_t>(row.timeline)) return strange("timeline");
  // Nothing is replayed yet where recovery has only begun: zero, the oldest position there is.
  const auto replayed = parse_lsn(row.replayed).value_or(0);
  // After a restart the receiver counts from the start of a segment, behind what is replayed.
  const auto received = std::max(parse_lsn(row.received).value_or(0), replayed);
  const auto timeline = timeline_of(row, replayed, known, seen);
  seen.role = member_role::follower;
  seen.written = {timeline, received, written_lsn(received)};
  seen.applied = {timeline, replayed, written_lsn(replayed)};
  // All that came is applied: no lag while something can come, and no word on it otherwise.
  if (received != replayed) {
    seen.lag_seconds = parse_seconds(row.replay_age);
  } else if (!row.timeline.empty()) {
    seen.lag_seconds = 0.0;
  }
  return seen;
}

}  // namespace skein::postgres
