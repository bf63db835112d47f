// What a server answers to the observer's questions, as values: apart from the connection, so that
// tables of texts test it. A position is what GTIDs say; where a server of MySQL has none, a place
// in the binary log of who leads.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "backends/error.hpp"
#include "backends/members.hpp"
#include "backends/mysql/flavour.hpp"
#include "backends/mysql/gtid_position.hpp"

namespace skein::mysql {

// A row of an answer, by names in lower case; none: NULL.
using status_row = std::map<std::string, std::optional<std::string>, std::less<>>;

// The questions. What shows whom a server follows has two names in MySQL, the older one behind it;
// MariaDB's tells of every connection that it follows by. Whoever looks needs REPLICATION CLIENT,
// or REPLICA MONITOR in MariaDB.
std::string_view state_question(flavour of);
std::span<const std::string_view> following_questions(flavour of);
extern const std::span<const std::string_view> log_end_questions;  // MySQL alone

struct observation_rows {
  flavour of = flavour::mysql;
  const status_row& state;
  std::span<const status_row> following = {};
  const status_row* log_end = nullptr;  // of a leader that wants it
};
// Whether the place where its binary log ends must be asked for, as nothing else tells how far the
// leader is.
bool wants_log_end(const observation_rows& told);

// Start and round trip are left for the caller to fill in.
observation read_observation(const observation_rows& told);

std::shared_ptr<const extent> extent_of(gtid_position at);
// Who can be led on by that log covers, by that alone.
std::shared_ptr<const extent> extent_of(domain_log log);
// Ranks by how many transactions there are in it: who covers another has no fewer.
position place_of(gtid_position at);

// One line, of a length that fits into a sentence.
std::string first_line(std::string_view text);

std::string_view value_of(const status_row& from, std::string_view name);
std::optional<double> number_in(std::string_view text);

}  // namespace skein::mysql
