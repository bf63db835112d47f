#include "backends/mysql/standing.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "backends/mysql/gtid_position.hpp"

namespace skein::mysql {

namespace {

constexpr std::string_view standing_of_mysql =
    "select @@global.read_only as refuses_most, @@global.super_read_only as refuses_all, "
    "@@global.gtid_mode as gtid_mode, "
    "@@global.server_uuid as identity, @@global.gtid_executed as applied";
// Since MySQL 8 it says who has set what, whether it was started again since or not.
constexpr std::string_view standing_with_setter =
    "select @@global.read_only as refuses_most, @@global.super_read_only as refuses_all, "
    "@@global.gtid_mode as gtid_mode, "
    "(select set_user = substring_index(user(), '@', 1) from performance_schema.variables_info "
    "where variable_name = 'super_read_only') as set_by_us, "
    "@@global.server_uuid as identity, @@global.gtid_executed as applied";
constexpr std::string_view standing_of_mariadb =
    "select @@global.read_only as refuses_most, @@global.init_slave as first_words, "
    "@@global.server_id as identity, "
    "@@global.gtid_slave_pos as applied, @@global.gtid_binlog_pos as logged, "
    "@@global.gtid_binlog_state as writers, "
    "@@global.log_bin and @@global.log_slave_updates as logs_all";

constexpr std::string_view group_channels = "group_replication_";

std::string_view first_of(const status_row& from, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto value = value_of(from, name); !value.empty()) return value;
  return {};
}

std::uint64_t whole(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_on(std::string_view text) {
  return !text.empty() && text != "0" && text != "OFF";
}

// What only a source says that is there: it does not know the user, or not by this password.
bool is_refusal(std::uint64_t number) {
  constexpr std::uint64_t wrong_password = 1045, no_password = 1698, wrong_host = 1130;
  return number == wrong_password || number == no_password || number == wrong_host;
}

// The source cannot read its log from there: the place is not in it, or no longer.
bool is_lost_place(std::uint64_t number) {
  constexpr std::uint64_t unreadable_log = 1236, unreadable_log_of_mysql = 13114;
  return number == unreadable_log || number == unreadable_log_of_mysql;
}

replication_link read_link(const dialect& in, const status_row& row) {
  replication_link by;
  by.name = first_of(row, {"connection_name", "channel_name"});
  by.source.host = first_of(row, {"source_host", "master_host"});
  by.source.port = static_cast<std::uint16_t>(whole(first_of(row, {"source_port", "master_port"})));
  by.user = first_of(row, {"source_user", "master_user"});
  by.tls = first_of(row, {"source_ssl_allowed", "master_ssl_allowed"}) == "Yes";
  const auto receives = first_of(row, {"replica_io_running", "slave_io_running"});
  by.connected = receives == "Yes";
  by.receives = !receives.empty() && receives != "No";
  by.applies = first_of(row, {"replica_sql_running", "slave_sql_running"}) == "Yes";
  if (in.of_mariadb()) {
    by.by_gtid = value_of(row, "using_gtid") != "No";
    by.received = value_of(row, "gtid_io_pos");
  } else {
    by.by_gtid = value_of(row, "auto_position") == "1";
    by.received = value_of(row, "retrieved_gtid_set");
  }
  if (is_on(value_of(row, "last_sql_errno"))) by.apply_error = value_of(row, "last_sql_error");
  by.was_refused = receives != "Yes" && is_refusal(whole(value_of(row, "last_io_errno")));
  if (receives == "No" && is_lost_place(whole(value_of(row, "last_io_errno"))))
    by.not_led_on = first_line(value_of(row, "last_io_error"));
  by.delay_seconds = whole(value_of(row, "sql_delay"));
  by.relay_file = value_of(row, "relay_log_file");
  by.relay_place = whole(value_of(row, "relay_log_pos"));
  return by;
}

}  // namespace

std::string_view standing_question(const dialect& in) {
  if (in.of_mariadb()) return standing_of_mariadb;
  return in.release >= remembers_settings ? standing_with_setter : standing_of_mysql;
}

std::string_view links_question(const dialect& in) {
  if (in.of_mariadb()) return "show all slaves status";
  return in.has_newer_words() ? "show replica status" : "show slave status";
}

// A group's channels stand among the others, stopped where the group is not in use.
standing read_standing(const dialect& in, const status_row& state,
                       std::span<const status_row> links) {
  standing now;
  now.of = in.of;
  const bool refuses_most = is_on(value_of(state, "refuses_most"));
  // MySQL shows super_read_only from the moment when it is asked for, though it does not hold as
  // long as somebody has a lock; read_only, which comes with it, only when it does.
  now.guarded = refuses_most && (in.of_mariadb() || is_on(value_of(state, "refuses_all")));
  now.takes_writes = !refuses_most;
  const auto first_words = value_of(state, "first_words");
  now.marked = in.of_mariadb() && first_words == fence_mark;
  now.may_be_marked = in.of_mariadb() && first_words.empty();
  now.guarded_by_us = now.guarded && (now.marked || is_on(value_of(state, "set_by_us")));
  now.has_gtids = in.of_mariadb() || value_of(state, "gtid_mode") == "ON";
  now.identity = value_of(state, "identity");
  now.applied = value_of(state, "applied");
  now.logged = value_of(state, "logged");
  now.writers = value_of(state, "writers");
  now.logs_all = is_on(value_of(state, "logs_all"));
  for (const status_row& row : links) {
    replication_link by = read_link(in, row);
    if (!in.of_mariadb() && by.name.starts_with(group_channels)) {
      now.in_a_group = now.in_a_group || by.receives || by.applies;
    } else if (!by.source.host.empty()) {
      now.links.push_back(std::move(by));
    }
  }
  return now;
}

// What it has applied, and what waits in its relay log.
std::optional<position> received_of(const standing& now, const replication_link& by) {
  auto all = gtid_position::parse(now.of, now.applied);
  if (!all || !all->advance_all(now.of, by.received)) return std::nullopt;
  return place_of(std::move(*all));
}

// Who follows nobody and takes no writes was fenced, by us or by others: that is the same to
// everybody who would write, but not to who would have it write again.
duties duties_of(const standing& now) {
  duties out{.server_identity = now.identity};
  out.fenced = now.guarded && now.links.empty() && !now.in_a_group;
  out.fenced_by_us = out.fenced && now.guarded_by_us;
  out.receives = std::ranges::any_of(now.links, &replication_link::receives);
  if (now.links.empty()) {
    const auto log = domain_log::parse(now.writers, now.applied);
    if (now.of == flavour::mariadb && now.logs_all && log) out.log = extent_of(*log);
    return out;
  }
  const replication_link& by = now.links.front();
  out.source = by.source;
  out.not_led_on = by.not_led_on;
  out.received = received_of(now, by);
  if (!by.apply_error.empty()) out.cannot_apply = "it cannot apply: " + first_line(by.apply_error);
  return out;
}

std::string why_not_changeable(const standing& now) {
  if (now.in_a_group) return "is in a replication group, which chooses its primary itself";
  if (now.links.size() > 1)
    return "follows " + std::to_string(now.links.size()) +
           " servers: its role can be changed when it follows one at most";
  return {};
}

// Where MariaDB follows by places it does not tell the GTIDs of what it has received.
std::string why_not_promotable(const standing& now) {
  if (!now.has_gtids) return "does not number its transactions (gtid_mode = ON)";
  for (const auto& by : now.links)
    if (now.of == flavour::mariadb && !by.by_gtid && by.receives)
      return "follows by places in a binary log, not by GTIDs (master_use_gtid = slave_pos)";
  return {};
}

bool has_applied_all(const standing& now) {
  const auto applied = gtid_position::parse(now.of, now.applied);
  return applied && std::ranges::all_of(now.links, [&](const replication_link& by) {
           const auto received = gtid_position::parse(now.of, by.received);
           return received && applied->covers(*received);
         });
}

bool is_told_to_follow(const standing& now, const member_address& source, const std::string& user) {
  if (now.links.size() != 1) return false;
  const replication_link& by = now.links.front();
  if (by.source != source || !by.by_gtid) return false;
  return user.empty() || (by.user == user && !by.was_refused);
}

}  // namespace skein::mysql
