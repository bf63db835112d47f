#include "backends/mysql/observer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/gtid_position.hpp"
#include "backends/mysql/wire_session.hpp"

namespace skein::mysql {

namespace {

using row = std::map<std::string, std::optional<std::string>, std::less<>>;

// The status tables of the two have other names, and MariaDB has no super_read_only.
constexpr std::string_view state_of_mysql =
    "select @@global.read_only or @@global.super_read_only as guarded, "
    "@@global.gtid_executed as gtid, @@version as version, "
    "unix_timestamp(now(6)) as now, (select variable_value from "
    "performance_schema.global_status where variable_name = 'Uptime') as uptime";
constexpr std::string_view state_of_mariadb =
    "select @@global.read_only as guarded, @@global.gtid_current_pos as gtid, "
    "@@global.gtid_slave_pos as applied, @@version as version, unix_timestamp(now(6)) as now, "
    "(select variable_value from information_schema.global_status "
    "where variable_name = 'UPTIME') as uptime";

constexpr std::uint16_t no_such_syntax = 1064;

std::string_view value_of(const row& from, std::string_view name) {
  const auto found = from.find(name);
  return found == from.end() || !found->second ? std::string_view() : *found->second;
}

// Of several names the one that this server has.
std::string_view value_of(const row& from, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto value = value_of(from, name); !value.empty()) return value;
  return {};
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

class wire_observer final : public skein::observer {
 public:
  explicit wire_observer(const observer_settings& how)
      : session_({.address = how.address,
                  .tls = how.tls,
                  .who = how.who,
                  .database = how.database,
                  .application = "skein observer",
                  .timeout = how.timeout}) {}

  result<observation> look() override;
  void interrupt() override { session_.interrupt(); }

 private:
  result<wire_result> ask_state();
  result<wire_result> ask_following();
  position position_of(std::string_view text) const;
  std::int64_t started_at(const row& state);

  wire_session session_;
  bool calls_them_slaves_ = false;
  std::int64_t started_at_us_ = 0;
};

// Which of the two it is is known once it has been connected to.
result<wire_result> wire_observer::ask_state() {
  const bool guessed_mariadb = session_.which() == flavour::mariadb;
  auto state = session_.ask(guessed_mariadb ? state_of_mariadb : state_of_mysql);
  const bool is_mariadb = session_.which() == flavour::mariadb;
  if (!state && session_.refusal() != 0 && is_mariadb != guessed_mariadb)
    return session_.ask(is_mariadb ? state_of_mariadb : state_of_mysql);
  return state;
}

result<wire_result> wire_observer::ask_following() {
  if (!calls_them_slaves_) {
    auto told = session_.ask("show replica status");
    if (told || session_.refusal() != no_such_syntax) return told;
    calls_them_slaves_ = true;
  }
  return session_.ask("show slave status");
}

// How many transactions there are in it orders positions of one history.
position wire_observer::position_of(std::string_view text) const {
  const auto known = gtid_position::parse(session_.which(), text);
  if (!known) return {};
  return {.history = 0, .rank = known->transactions(), .text = known->text()};
}

// Both clocks are read in whole seconds, or nearly: the same start is told a second earlier or
// later.
std::int64_t wire_observer::started_at(const row& state) {
  const double now = number_in(value_of(state, "now")).value_or(0);
  const double uptime = number_in(value_of(state, "uptime")).value_or(0);
  const auto started = static_cast<std::int64_t>((now - uptime) * 1e6);
  constexpr std::int64_t alike_us = 2'000'000;
  if (std::abs(started - started_at_us_) > alike_us) started_at_us_ = started;
  return started_at_us_;
}

result<observation> wire_observer::look() {
  const auto state = ask_state();
  if (!state) return std::unexpected(state.error());
  if (state->rows.size() != 1)
    return failure(error_kind::unavailable, fault::server, "it did not say what state it is in");
  const auto round_trip = session_.round_trip();
  const auto following = ask_following();
  if (!following) return std::unexpected(following.error());
  const row& told = state->rows.front();
  observation seen;
  seen.server_version = value_of(told, "version");
  seen.started_at_us = started_at(told);
  seen.round_trip = round_trip;
  const bool guarded = value_of(told, "guarded") != "0";
  const bool follows = !following->rows.empty();
  seen.role = guarded || follows ? member_role::follower : member_role::leader;
  const bool has_applied = !value_of(told, "applied").empty();
  seen.written = position_of(value_of(told, "gtid"));
  if (seen.role == member_role::leader) return seen;
  seen.applied = has_applied ? position_of(value_of(told, "applied")) : seen.written;
  if (follows)
    seen.lag_seconds = number_in(
        value_of(following->rows.front(), {"seconds_behind_source", "seconds_behind_master"}));
  return seen;
}

}  // namespace

std::unique_ptr<skein::observer> make_observer(const observer_settings& how) {
  return std::make_unique<wire_observer>(how);
}

}  // namespace skein::mysql
