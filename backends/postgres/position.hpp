// Log positions, and the answer of a server to the observer's one question, as values: apart from
// the connection, so that tables of texts test it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/error.hpp"
#include "backends/members.hpp"

namespace skein::postgres {

// "16/B374D848": two hexadecimal halves of 64 bits.
std::optional<std::uint64_t> parse_lsn(std::string_view text);

// One statement, one round trip, PostgreSQL 10 and newer, no privilege needed. The columns are
// those of `observation_row`.
extern const char* const observation_query;

struct observation_row {
  std::string_view in_recovery;    // t or f
  std::string_view inserted;       // leader: end of its log
  std::string_view file;           // leader: name of its file, and how far into it: "(0000...,40)"
  std::string_view page_bytes;     // of its log
  std::string_view flushed;        // leader
  std::string_view received;       // follower; empty when nothing was streamed
  std::string_view replayed;       // follower
  std::string_view timeline;       // follower: received; empty: no receiver runs, 0: it is hidden
  std::string_view replay_age;     // follower: seconds since the commit that was replayed last
  std::string_view started_at_us;  // epoch microseconds
  std::string_view server_version;
};
inline constexpr int observation_columns = 11;

// Where a follower stood when its timeline was last told: while it stands there it is still on it.
struct known_timeline {
  std::int64_t started_at_us = 0;
  std::uint64_t replayed = 0;
  std::uint32_t timeline = 0;  // 0: never told
};

// `round_trip` is left for the caller to fill in; `known` is of this server alone.
result<observation> read_observation(const observation_row& row, known_timeline& known);

}  // namespace skein::postgres
