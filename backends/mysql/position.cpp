#include "backends/mysql/position.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "backends/mysql/gtid_position.hpp"

namespace skein::mysql {

namespace {

// The status tables of the two have other names. MySQL shows super_read_only from the moment when
// it is asked for, though it does not hold before the last commit has ended, if ever; read_only,
// which comes with it, shows only when it does.
constexpr std::string_view state_of_mysql =
    "select @@global.read_only as guarded, "
    "@@global.gtid_executed as gtid, @@global.gtid_mode as gtid_mode, "
    "@@global.log_bin as logs, @@global.server_uuid as uuid, @@version as version, "
    "unix_timestamp(now(6)) as now, (select variable_value from "
    "performance_schema.global_status where variable_name = 'Uptime') as uptime";
// gtid_current_pos leaves out what the server wrote under another server_id than it has now.
constexpr std::string_view state_of_mariadb =
    "select @@global.read_only as guarded, @@global.gtid_current_pos as gtid, "
    "@@global.gtid_binlog_pos as logged, @@global.gtid_slave_pos as applied, "
    "@@global.log_bin as logs, @@version as version, unix_timestamp(now(6)) as now, "
    "(select variable_value from information_schema.global_status "
    "where variable_name = 'UPTIME') as uptime";

constexpr std::array<std::string_view, 2> following_of_mysql = {"show replica status",
                                                                "show slave status"};
constexpr std::array<std::string_view, 1> following_of_mariadb = {"show all slaves status"};
constexpr std::array<std::string_view, 2> log_ends = {"show binary log status",
                                                      "show master status"};

std::string_view first_of(const status_row& from, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto value = value_of(from, name); !value.empty()) return value;
  return {};
}

class gtid_extent final : public extent {
 public:
  explicit gtid_extent(gtid_position at) : at_(std::move(at)) {}
  bool covers(const extent& other) const override {
    const auto* const same_kind = dynamic_cast<const gtid_extent*>(&other);
    return same_kind && at_.covers(same_kind->at_) && !at_.parted_from(same_kind->at_);
  }
  const gtid_position& at() const { return at_; }

 private:
  gtid_position at_;
};

class log_extent final : public extent {
 public:
  explicit log_extent(domain_log log) : log_(std::move(log)) {}
  bool covers(const extent& other) const override {
    const auto* const place = dynamic_cast<const gtid_extent*>(&other);
    const auto* const at = place ? place->at().domains() : nullptr;
    return at && log_.leads_on_from(*at);
  }

 private:
  domain_log log_;
};

// "binlog.000012" and how far into it, in the log of one server.
class log_place final : public extent {
 public:
  static std::shared_ptr<const log_place> parse(std::string_view server, std::string_view file,
                                                std::string_view offset) {
    log_place made;
    const auto dot = file.rfind('.');
    if (server.empty() || dot == std::string_view::npos) return nullptr;
    if (!whole(file.substr(dot + 1), made.number_) || !whole(offset, made.offset_)) return nullptr;
    made.of_ = std::string(server) + '/' + std::string(file.substr(0, dot));
    return std::make_shared<const log_place>(std::move(made));
  }

  bool covers(const extent& other) const override {
    const auto* const place = dynamic_cast<const log_place*>(&other);
    return place && of_ == place->of_ &&
           std::pair(number_, offset_) >= std::pair(place->number_, place->offset_);
  }
  // FNV-1a of whose log it is. 0 is the history of who has GTIDs.
  std::uint64_t history() const {
    std::uint64_t mixed = 0xcbf29ce484222325;
    for (const char each : of_) mixed = (mixed ^ static_cast<unsigned char>(each)) * 0x100000001b3;
    return mixed == 0 || mixed == position::nobodys ? 1 : mixed;
  }
  // Files have 31 bits of a number; one is longer than 8 GB only by a single transaction.
  std::uint64_t rank() const {
    constexpr int offset_bits = 33;
    constexpr std::uint64_t offset_max = (std::uint64_t{1} << offset_bits) - 1;
    return number_ << offset_bits | std::min(offset_, offset_max);
  }

 private:
  static bool whole(std::string_view text, std::uint64_t& number) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
  }

  std::string of_ = {};
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;
};

position place_of(const std::shared_ptr<const log_place>& at, std::string_view file,
                  std::string_view offset) {
  return {.history = at->history(),
          .rank = at->rank(),
          .text = std::string(file) + ':' + std::string(offset),
          .exact = at};
}

void nobody_covers(observation& seen, std::string why) {
  seen.written = {.history = position::nobodys, .rank = 0, .text = {}, .exact = {}};
  seen.history_unknown = std::move(why);
}

bool has_gtids(const observation_rows& told) {
  return told.of == flavour::mariadb || value_of(told.state, "gtid_mode") == "ON";
}

// A group's channels stand among the others, stopped as a rule, and are no servers to follow.
std::vector<const status_row*> connections_of(const observation_rows& told) {
  std::vector<const status_row*> all;
  for (const status_row& each : told.following)
    if (!value_of(each, "channel_name").starts_with("group_replication_")) all.push_back(&each);
  return all;
}

bool is_guarded(const observation_rows& told) {
  return value_of(told.state, "guarded") != "0";
}
bool leads(const observation_rows& told) {
  return !is_guarded(told) && connections_of(told).empty();
}

std::string_view receiver_of(const status_row& row) {
  return first_of(row, {"replica_io_running", "slave_io_running"});
}

std::string why_stopped(const observation_rows& told, const status_row& row) {
  const bool applies = first_of(row, {"replica_sql_running", "slave_sql_running"}) != "No";
  const bool receives = receiver_of(row) != "No";
  if (applies && receives) return {};
  auto mistake = value_of(row, applies ? "last_io_error" : "last_sql_error");
  if (mistake.empty()) mistake = value_of(row, applies ? "last_sql_error" : "last_io_error");
  if (!mistake.empty()) return "its replication has stopped: " + first_line(mistake);
  const bool of_mariadb = told.of == flavour::mariadb;
  const std::string word = of_mariadb ? "SLAVE" : "REPLICA";
  std::string why = "its replication has been stopped (START " + word;
  if (!applies && !receives && !is_guarded(told))
    why += ", or RESET " + word + " ALL if it is to lead";
  return why + ')';
}

void read_leader(const observation_rows& told, observation& seen) {
  if (value_of(told.state, "logs") == "0")
    return nobody_covers(seen, "whose binary log is off, so that nobody can follow it");
  if (has_gtids(told)) {
    auto at = gtid_position::parse(told.of, value_of(told.state, "gtid"));
    if (!at || !at->advance_all(told.of, value_of(told.state, "logged")))
      return nobody_covers(seen, "whose GTIDs cannot be read");
    seen.written = place_of(std::move(*at));
    return;
  }
  const auto file = told.log_end ? value_of(*told.log_end, "file") : std::string_view();
  const auto offset = told.log_end ? value_of(*told.log_end, "position") : std::string_view();
  const auto at = log_place::parse(value_of(told.state, "uuid"), file, offset);
  if (!at) return nobody_covers(seen, "that has no GTIDs and does not say where its log ends");
  seen.written = place_of(at, file, offset);
}

// By the places in the log of whom it follows.
void read_places(const status_row& row, observation& seen) {
  const auto server = first_of(row, {"source_uuid", "master_uuid"});
  const auto received = first_of(row, {"source_log_file", "master_log_file"});
  const auto received_to = first_of(row, {"read_source_log_pos", "read_master_log_pos"});
  const auto applied = first_of(row, {"relay_source_log_file", "relay_master_log_file"});
  const auto applied_to = first_of(row, {"exec_source_log_pos", "exec_master_log_pos"});
  if (const auto at = log_place::parse(server, received, received_to))
    seen.written = place_of(at, received, received_to);
  if (const auto at = log_place::parse(server, applied, applied_to)) {
    seen.applied = place_of(at, applied, applied_to);
  } else {
    seen.history_unknown = "that has no GTIDs and has not reached whom it follows yet";
  }
}

void read_follower(const observation_rows& told, observation& seen) {
  const auto connections = connections_of(told);
  for (const status_row* each : connections)
    if (seen.stopped.empty()) seen.stopped = why_stopped(told, *each);
  if (connections.size() == 1)
    seen.lag_seconds = number_in(
        first_of(*connections.front(), {"seconds_behind_source", "seconds_behind_master"}));
  if (!has_gtids(told)) {
    if (connections.size() == 1) return read_places(*connections.front(), seen);
    seen.history_unknown = connections.empty() ? "that has no GTIDs and follows nobody"
                                               : "that has no GTIDs and follows several servers";
    return;
  }
  const auto executed = gtid_position::parse(told.of, value_of(told.state, "gtid"));
  if (executed) seen.written = place_of(*executed);
  if (told.of == flavour::mysql) {
    seen.applied = seen.written;
  } else if (const auto applied = gtid_position::parse(told.of, value_of(told.state, "applied"))) {
    seen.applied = place_of(*applied);
  }
  if (!seen.applied.exact) {
    seen.history_unknown = "whose GTIDs cannot be read";
    return;
  }
  // MariaDB's do not tell two histories apart, but a server is not let in behind one of another.
  if (told.of == flavour::mariadb &&
      !std::ranges::any_of(connections, [](auto* row) { return receiver_of(*row) == "Yes"; }))
    seen.history_unknown =
        "that is not connected to whom it follows, so that its history cannot be told";
}

}  // namespace

const std::span<const std::string_view> log_end_questions = log_ends;

std::string_view state_question(flavour of) {
  return of == flavour::mariadb ? state_of_mariadb : state_of_mysql;
}

std::span<const std::string_view> following_questions(flavour of) {
  if (of == flavour::mariadb) return following_of_mariadb;
  return following_of_mysql;
}

std::string_view value_of(const status_row& from, std::string_view name) {
  const auto found = from.find(name);
  return found == from.end() || !found->second ? std::string_view() : *found->second;
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

bool wants_log_end(const observation_rows& told) {
  return leads(told) && !has_gtids(told) && value_of(told.state, "logs") != "0";
}

observation read_observation(const observation_rows& told) {
  observation seen;
  seen.server_version = value_of(told.state, "version");
  seen.role = leads(told) ? member_role::leader : member_role::follower;
  if (seen.role == member_role::leader) {
    read_leader(told, seen);
  } else {
    read_follower(told, seen);
  }
  return seen;
}

std::shared_ptr<const extent> extent_of(gtid_position at) {
  return std::make_shared<const gtid_extent>(std::move(at));
}

std::shared_ptr<const extent> extent_of(domain_log log) {
  return std::make_shared<const log_extent>(std::move(log));
}

position place_of(gtid_position at) {
  const auto rank = at.transactions();
  auto text = at.text();
  return {.rank = rank, .text = std::move(text), .exact = extent_of(std::move(at))};
}

std::string first_line(std::string_view text) {
  constexpr std::size_t room = 300;
  return std::string(text.substr(0, std::min(text.find('\n'), room)));
}

}  // namespace skein::mysql
