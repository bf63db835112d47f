// The words in which MySQL and MariaDB are told whom to follow, that they lead, that they take no
// writes. Pure: a flavour, a release and values in, texts out. backends/mysql/roles sends them.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/standing.hpp"

namespace skein::mysql {

// A session of ours, ahead of all others: values are read as they are quoted here, and no lock of
// another is waited for much longer than that.
std::string settle_session(std::uint64_t lock_seconds);

std::string stop_receiving(const dialect& in, const replication_link& by);
std::string stop_applying(const dialect& in, const replication_link& by);
std::string start_applying(const dialect& in, const replication_link& by);
// Of a link whose threads are both stopped: that it applies without a delay, and keeps what it has
// received, which the servers throw away at every other such change, and MariaDB at every start.
std::string keep_relay_log(const dialect& in, const replication_link& by);
bool needs_relay_log_kept(const dialect& in, const replication_link& by);
std::vector<std::string> leave(const dialect& in, const replication_link& by);

struct upstream {
  member_address source = {};
  std::string user = {};  // empty: as it is known to the server
  std::string password = {};
  bool tls = false;  // must be
};
std::vector<std::string> follow(const dialect& in, const standing& now, const upstream& whom);
std::string start_receiving(const dialect& in, const replication_link& by);
std::string start_following(const dialect& in, const replication_link& by);

// Blocks while somebody commits, or holds a table locked.
std::string guard(const dialect& in);
std::vector<std::string> lift_guard(const dialect& in);
// That it is so, or no longer so, also after a restart; MySQL alone.
std::vector<std::string> keep_guard(const dialect& in);
std::vector<std::string> forget_guard(const dialect& in);

// That it was Skein, where a server would not know later; MariaDB alone.
std::vector<std::string> mark_fence(const standing& now);
std::vector<std::string> unmark_fence(const standing& now);

inline constexpr std::string_view sessions_question = "show processlist";
// Of the answer: clients, by their numbers. Not the server's own threads, not followers.
std::vector<std::uint64_t> clients_in(std::span<const status_row> sessions, std::uint32_t own);
std::string end_session(std::uint64_t number);

// Whether commits wait until a follower has acknowledged them (semi-sync): as `variable_name` and
// `value`; no rows: that is not installed.
inline constexpr std::string_view waiting_question =
    "show global variables where variable_name in "
    "('rpl_semi_sync_source_enabled', 'rpl_semi_sync_master_enabled')";
std::vector<std::string> wait_for_nobody(std::span<const status_row> waiting);

// Of others.
inline constexpr std::string_view open_transactions_question =
    "select count(*) as transactions from information_schema.innodb_trx "
    "where trx_mysql_thread_id not in (0, connection_id())";

// What a row of ours is written by: not after that time of the server's (one that hung would write
// it when it goes on, and have then what nobody else has), nor where no writes are to be taken,
// also if ours would be. A follower that is sent the statement itself (binlog_format = STATEMENT)
// takes no writes of others, and is to carry it out all the same: it is told by its other number.
struct write_limits {
  double until = 0;
  std::uint32_t server = 0;
};
inline constexpr std::string_view limits_question =
    "select unix_timestamp(now(6)) as clock, @@global.server_id as server";
std::optional<write_limits> read_limits(const status_row& told, std::chrono::milliseconds lasting);
std::string within(const write_limits& limits);

std::string beat_statement(unsigned row, const write_limits& limits);
struct own_table {
  std::string_view asks;                  // refused where it is missing
  std::array<std::string_view, 2> makes;  // in this order
};
const own_table& heartbeat_table();

// Likewise of the row on who leads since when; it changes none where a later epoch stands.
std::string lead_statement(std::uint64_t epoch, std::string_view member,
                           const write_limits& limits);
inline constexpr std::string_view lead_question =
    "select epoch, member from skein.`lead` where id = 1";
const own_table& lead_table();

}  // namespace skein::mysql
