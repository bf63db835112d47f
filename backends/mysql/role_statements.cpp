#include "backends/mysql/role_statements.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "backends/mysql/gtid_position.hpp"
#include "backends/mysql/position.hpp"

namespace skein::mysql {

namespace {

constexpr std::uint32_t has_public_keys = 80004;

// Neither server reads anything but a literal there. What it reads depends on its modes, which
// settle_session() sets; whatever they are, no value ends its quotes.
std::string quoted(std::string_view value) {
  std::string text = "'";
  for (const char each : value) {
    if (each == '\'' || each == '\\') text += each;
    if (each == '\0') {
      text += "\\0";
    } else {
      text += each;
    }
  }
  return text + "'";
}

// "stop replica io_thread for channel 'x'", "stop slave 'x' io_thread"
std::string order(const dialect& in, std::string_view verb, const replication_link& by,
                  std::string_view rest = {}) {
  std::string text(verb);
  text += in.has_newer_words() ? " replica" : " slave";
  const bool named = !by.name.empty();
  if (named && in.of_mariadb()) text += " " + quoted(by.name);
  if (!rest.empty()) text.append(" ").append(rest);
  if (named && !in.of_mariadb()) text += " for channel " + quoted(by.name);
  return text;
}

// Options of either: "source_host" or "master_host".
class change {
 public:
  change(const dialect& in, const replication_link& by) : in_(in), by_(by) {}

  change& with(std::string_view option, std::string_view value) {
    if (!options_.empty()) options_ += ", ";
    options_ += std::string(option) + " = " + std::string(value);
    return *this;
  }
  change& of_source(std::string_view option, std::string_view value) {
    return with((in_.has_newer_words() ? "source_" : "master_") + std::string(option), value);
  }
  change& by_gtid(bool yes) {
    if (in_.of_mariadb()) return with("master_use_gtid", yes ? "slave_pos" : "no");
    return of_source("auto_position", yes ? "1" : "0");
  }
  std::string text() const {
    std::string all = in_.has_newer_words() ? "change replication source" : "change master";
    if (in_.of_mariadb() && !by_.name.empty()) all += " " + quoted(by_.name);
    all += " to " + options_;
    if (!in_.of_mariadb() && !by_.name.empty()) all += " for channel " + quoted(by_.name);
    return all;
  }

 private:
  dialect in_;
  const replication_link& by_;
  std::string options_ = {};
};

// Exactly how far it has come, whoever wrote it: what it took from others, and what it wrote when
// it led, which stands in its binary log alone.
std::string whole_position(const standing& now) {
  auto all = domain_position::parse(now.applied);
  const auto own = domain_position::parse(now.logged);
  if (!all || !own || !all->advance(*own)) return now.applied;
  return all->text();
}

}  // namespace

std::string settle_session(std::uint64_t lock_seconds) {
  const std::string seconds = std::to_string(lock_seconds);
  return "set session autocommit = 1, sql_mode = '', lock_wait_timeout = " + seconds +
         ", innodb_lock_wait_timeout = " + seconds;
}

std::string stop_receiving(const dialect& in, const replication_link& by) {
  return order(in, "stop", by, "io_thread");
}
std::string stop_applying(const dialect& in, const replication_link& by) {
  return order(in, "stop", by, "sql_thread");
}
std::string start_applying(const dialect& in, const replication_link& by) {
  return order(in, "start", by, "sql_thread");
}
std::string start_receiving(const dialect& in, const replication_link& by) {
  return order(in, "start", by, "io_thread");
}

std::string start_following(const dialect& in, const replication_link& by) {
  return order(in, "start", by);
}

bool needs_relay_log_kept(const dialect& in, const replication_link& by) {
  return by.delay_seconds > 0 || (in.of_mariadb() && by.by_gtid && !by.applies);
}

// A place in the relay log is what has it kept, and goes without GTIDs only. What stands before
// that place is applied; MySQL skips by its GTID what is applied behind it.
std::string keep_relay_log(const dialect& in, const replication_link& by) {
  return change(in, by)
      .of_source("delay", "0")
      .by_gtid(false)
      .with("relay_log_file", quoted(by.relay_file))
      .with("relay_log_pos", std::to_string(by.relay_place))
      .text();
}

std::vector<std::string> leave(const dialect& in, const replication_link& by) {
  return {order(in, "stop", by), order(in, "reset", by, "all")};
}

// The password stands first: what a server quotes of a statement that it cannot read begins where
// it stopped to understand it.
std::vector<std::string> follow(const dialect& in, const standing& now, const upstream& whom) {
  static const replication_link none = {};
  const bool anew = now.links.empty();
  const replication_link& by = anew ? none : now.links.front();
  change made(in, by);
  if (!whom.user.empty())
    made.of_source("password", quoted(whom.password)).of_source("user", quoted(whom.user));
  made.of_source("host", quoted(whom.source.host))
      .of_source("port", std::to_string(whom.source.port))
      .by_gtid(true);
  const bool encrypts = anew ? whom.tls : whom.tls || by.tls;
  // What a newer release takes for granted is said: that others encrypt, and that after ten
  // attempts nobody comes back.
  if (anew) {
    made.of_source("connect_retry", "1").of_source("ssl", encrypts ? "1" : "0");
    if (!in.of_mariadb()) made.of_source("retry_count", "1000000");
  }
  if (!encrypts && !in.of_mariadb() && in.release >= has_public_keys)
    made.with(in.has_newer_words() ? "get_source_public_key" : "get_master_public_key", "1");
  std::vector<std::string> all = {order(in, "stop", by)};
  if (anew && in.of_mariadb())
    all.push_back("set global gtid_slave_pos = " + quoted(whole_position(now)));
  all.push_back(made.text());
  all.push_back(start_following(in, by));
  return all;
}

// MySQL turns read_only on with it.
std::string guard(const dialect& in) {
  return in.of_mariadb() ? "set global read_only = 1" : "set global super_read_only = 1";
}

std::vector<std::string> lift_guard(const dialect& in) {
  if (in.of_mariadb()) return {"set global read_only = 0"};
  return {"set global super_read_only = 0", "set global read_only = 0"};
}

std::vector<std::string> keep_guard(const dialect& in) {
  if (in.of_mariadb() || in.release < remembers_settings) return {};
  return {"set persist super_read_only = 1", "set persist read_only = 1"};
}

std::vector<std::string> forget_guard(const dialect& in) {
  if (in.of_mariadb() || in.release < remembers_settings) return {};
  return {"reset persist if exists super_read_only", "reset persist if exists read_only"};
}

std::vector<std::string> mark_fence(const standing& now) {
  if (!now.may_be_marked) return {};
  return {"set global init_slave = " + quoted(fence_mark)};
}

std::vector<std::string> unmark_fence(const standing& now) {
  if (!now.marked) return {};
  return {"set global init_slave = ''"};
}

// A follower shows there as who is being sent the log.
std::vector<std::uint64_t> clients_in(std::span<const status_row> sessions, std::uint32_t own) {
  constexpr std::array<std::string_view, 3> nobodys = {"system user", "event_scheduler",
                                                       "unauthenticated user"};
  std::vector<std::uint64_t> all;
  for (const status_row& each : sessions) {
    const auto user = value_of(each, "user");
    const auto does = value_of(each, "command");
    const auto id = value_of(each, "id");
    std::uint64_t number = 0;
    const bool read = std::from_chars(id.data(), id.data() + id.size(), number).ec == std::errc();
    const bool client = std::ranges::find(nobodys, user) == nobodys.end() && does != "Daemon" &&
                        !does.starts_with("Binlog Dump");
    if (read && client && number != own) all.push_back(number);
  }
  return all;
}

std::string end_session(std::uint64_t number) {
  return "kill connection " + std::to_string(number);
}

std::vector<std::string> wait_for_nobody(std::span<const status_row> waiting) {
  std::vector<std::string> all;
  for (const status_row& each : waiting)
    if (value_of(each, "value") == "ON")
      all.push_back("set global " + std::string(value_of(each, "variable_name")) + " = 0");
  return all;
}

std::optional<write_limits> read_limits(const status_row& told, std::chrono::milliseconds lasting) {
  const auto clock = number_in(value_of(told, "clock"));
  const auto text = value_of(told, "server");
  write_limits limits;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), limits.server);
  if (!clock || read.ec != std::errc() || read.ptr != text.data() + text.size())
    return std::nullopt;
  limits.until = *clock + std::chrono::duration<double>(lasting).count();
  return limits;
}

std::string within(const write_limits& limits) {
  std::array<char, 32> until{};
  std::snprintf(until.data(), until.size(), "%.6f", limits.until);
  return "(@@global.read_only = 0 or @@global.server_id <> " + std::to_string(limits.server) +
         ") and unix_timestamp(now(6)) < " + until.data();
}

const own_table& heartbeat_table() {
  static constexpr own_table all = {
      "select 1 from skein.heartbeat limit 0",
      {"create database if not exists skein",
       "create table if not exists skein.heartbeat (id int not null primary key, "
       "beats bigint unsigned not null, beat_at timestamp(6) not null default "
       "current_timestamp(6)) "
       "engine = InnoDB"}};
  return all;
}

std::string beat_statement(unsigned row, const write_limits& limits) {
  return "insert into skein.heartbeat (id, beats, beat_at) select " + std::to_string(row) +
         ", 1, now(6) from dual where " + within(limits) +
         " on duplicate key update beats = skein.heartbeat.beats + 1, beat_at = now(6)";
}

const own_table& lead_table() {
  static constexpr own_table all = {
      "select 1 from skein.`lead` limit 0",
      {"create database if not exists skein",
       "create table if not exists skein.`lead` (id int not null primary key, "
       "epoch bigint unsigned not null, member varchar(255) character set utf8mb4 "
       "collate utf8mb4_bin not null, since timestamp(6) not null default current_timestamp(6)) "
       "engine = InnoDB"}};
  return all;
}

// Assignments see those before them: the epoch stands last.
std::string lead_statement(std::uint64_t epoch, std::string_view member,
                           const write_limits& limits) {
  const std::string number = std::to_string(epoch);
  const std::string mine = "if(skein.`lead`.epoch <= " + number + ", ";
  return "insert into skein.`lead` (id, epoch, member, since) select 1, " + number + ", " +
         quoted(member) + ", now(6) from dual where " + within(limits) +
         " on duplicate key update member = " + mine + quoted(member) +
         ", skein.`lead`.member), since = " + mine +
         "now(6), skein.`lead`.since), epoch = greatest(skein.`lead`.epoch, " + number + ")";
}

}  // namespace skein::mysql
