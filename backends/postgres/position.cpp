#include "backends/postgres/position.hpp"

#include <algorithm>
#include <charconv>

namespace skein::postgres {

// Replay is read before receive, as it can only be behind it. The timeline of a follower is that
// of what it receives; the checkpoint's, which may be older, where that is hidden from this user or
// nothing is received. pg_walfile_name is refused in recovery: CASE keeps it away.
const char* const observation_query =
    "SELECT r.f,"
    " CASE WHEN NOT r.f THEN pg_current_wal_insert_lsn() END,"
    " CASE WHEN r.f THEN pg_last_wal_receive_lsn() END,"
    " r.replayed,"
    " EXISTS (SELECT FROM pg_stat_wal_receiver),"
    " CASE WHEN r.f THEN extract(epoch FROM clock_timestamp()"
    " - pg_last_xact_replay_timestamp()) END,"
    " CASE WHEN r.f THEN coalesce((SELECT received_tli FROM pg_stat_wal_receiver),"
    " (SELECT timeline_id FROM pg_control_checkpoint()))"
    " ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END,"
    " (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,"
    " current_setting('server_version')"
    " FROM (SELECT pg_is_in_recovery() AS f, CASE WHEN pg_is_in_recovery()"
    " THEN pg_last_wal_replay_lsn() END AS replayed OFFSET 0) r";

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

}  // namespace

std::optional<std::uint64_t> parse_lsn(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto high = parse<std::uint32_t>(text.substr(0, slash), 16);
  const auto low = parse<std::uint32_t>(text.substr(slash + 1), 16);
  if (!high || !low) return std::nullopt;
  return (std::uint64_t{*high} << 32) | *low;
}

result<observation> read_observation(const observation_row& row) {
  observation seen;
  const auto timeline = parse<std::uint32_t>(row.timeline);
  const auto started = parse<std::int64_t>(row.started_at_us);
  if (!timeline || !started) return strange("timeline or start time");
  seen.server_version = row.server_version;
  seen.started_at_us = *started;
  const auto at = [&](std::uint64_t lsn) { return position{*timeline, lsn, written_lsn(lsn)}; };

  if (row.in_recovery == "f") {
    const auto inserted = parse_lsn(row.inserted);
    if (!inserted) return strange("position of a leader");
    seen.role = member_role::leader;
    seen.written = at(*inserted);
    return seen;
  }
  if (row.in_recovery != "t") return strange("role");
  // Nothing is replayed yet where recovery has only begun: zero, the oldest position there is.
  const auto replayed = parse_lsn(row.replayed).value_or(0);
  // After a restart the receiver counts from the start of a segment, behind what is replayed.
  const auto received = std::max(parse_lsn(row.received).value_or(0), replayed);
  seen.role = member_role::follower;
  seen.written = at(received);
  seen.applied = at(replayed);
  // All that came is applied: no lag while something can come, and no word on it otherwise.
  if (received != replayed) {
    seen.lag_seconds = parse_seconds(row.replay_age);
  } else if (row.receiving == "t") {
    seen.lag_seconds = 0.0;
  }
  return seen;
}

}  // namespace skein::postgres
