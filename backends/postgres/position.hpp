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
  std::string_view received;       // follower; empty when nothing was streamed
  std::string_view replayed;       // follower
  std::string_view receiving;      // follower: t while its receiver runs
  std::string_view replay_age;     // follower: seconds since the commit that was replayed last
  std::string_view timeline;       // decimal
  std::string_view started_at_us;  // epoch microseconds
  std::string_view server_version;
};
inline constexpr int observation_columns = 9;

// `round_trip` is left for the caller to fill in.
result<observation> read_observation(const observation_row& row);

}  // namespace skein::postgres
