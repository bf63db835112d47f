// Where the history of one PostgreSQL server leaves that of another: what pg_controldata prints and
// what timeline history files say, as values. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::postgres {

struct control_data {
  std::string identity = {};  // of all servers that were copied from one
  std::string state = {};     // "in production"
  std::uint32_t timeline = 0;
  std::uint64_t checkpoint = 0;   // where the last one stands in the log
  std::uint64_t minimum_end = 0;  // how far a follower's data was written; 0: it led
  std::uint32_t minimum_timeline = 0;
  std::uint64_t segment_bytes = 0;
  bool checksums = false;
  bool hints = false;  // wal_log_hints

  bool stopped_cleanly() const { return state == "shut down" || state == "shut down in recovery"; }
  // On which it was when it stopped.
  std::uint32_t last_timeline() const {
    return timeline > minimum_timeline ? timeline : minimum_timeline;
  }
};
// Of what the program prints in English; nothing where something is missing.
std::optional<control_data> read_control_data(std::string_view text);

// A timeline and where it ended; the last one, which goes on, has no end.
struct timeline_span {
  std::uint32_t timeline = 0;
  std::optional<std::uint64_t> end = {};
  bool operator==(const timeline_span&) const = default;
};
// `history`: the text of its history file; empty: there is none, for it is the first.
std::optional<std::vector<timeline_span>> read_history(std::string_view history,
                                                       std::uint32_t timeline);

struct divergence {
  std::uint32_t timeline = 0;  // the last that both have been on
  std::uint64_t at = 0;        // there, or the end of the log of who has less
  bool same_line = false;      // neither has left the other's line
};
// Nothing: they have no timeline in common.
std::optional<divergence> find_divergence(const std::vector<timeline_span>& one,
                                          const std::vector<timeline_span>& other);

std::string lsn_text(std::uint64_t lsn);
std::string segment_name(std::uint32_t timeline, std::uint64_t lsn, std::uint64_t segment_bytes);

}  // namespace skein::postgres
