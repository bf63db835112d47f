#include "tests/servers/transactions/deeds.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <memory>

#include "tests/servers/waiting.hpp"

namespace skein::servers::transactions {

using namespace std::chrono_literals;

namespace {

// What is another each time somebody looks, or of what Skein asks servers to report to itself.
constexpr std::string_view passing[] = {
    "error_count",    "gtid_binlog_pos",  "gtid_binlog_state", "gtid_current_pos", "gtid_executed",
    "gtid_slave_pos", "identity",         "in_transaction",    "insert_id",        "last_gtid",
    "last_insert_id", "pseudo_thread_id", "rand_seed1",        "rand_seed2",       "statement_id",
    "timestamp",      "warning_count",
};

bool is_passing(const std::string& name) {
  return std::ranges::find(passing, name) != std::end(passing) ||
         name.starts_with("session_track_");
}

// A variable that is null is one that is not set.
constexpr auto user_variables_of_mariadb =
    "select concat('@', variable_name, '=', variable_value) from information_schema.user_variables "
    "where variable_value is not null";
constexpr auto user_variables_of_mysql =
    "select concat('@', variable_name, '=', hex(variable_value)) from "
    "performance_schema.user_variables_by_thread where thread_id = ps_current_thread_id() "
    "and variable_value is not null";

mysql::answer told_to(mysql::client& who, const std::string& sql) {
  auto told = who.ask(sql);
  REQUIRE_MESSAGE(told.ok(), sql, ": ", told.text);
  return told;
}

}  // namespace

picture draw(mysql::client& session) {
  picture lines;
  const auto settings = told_to(session, "show session variables");
  for (const auto& each : settings.lines)
    if (!is_passing(each[0].value()))
      lines.push_back(each[0].value() + "=" + each[1].value_or("(null)"));
  const bool mariadb = told_to(session, "select version()").lines[0][0]->contains("MariaDB");
  const auto variables =
      told_to(session, mariadb ? user_variables_of_mariadb : user_variables_of_mysql);
  for (const auto& each : variables.lines) lines.push_back(each[0].value());
  lines.push_back("database " + session.value("select database()"));
  lines.push_back("last insert id " + session.value("select last_insert_id()"));
  std::ranges::sort(lines);
  return lines;
}

std::string difference(const picture& one, const picture& other) {
  picture differs;
  std::ranges::set_symmetric_difference(one, other, std::back_inserter(differs));
  std::string told;
  for (const auto& line : differs) told += line + "; ";
  return told;
}

void act(mysql::client& who, const std::vector<std::string>& does) {
  for (const std::string& sql : does) {
    const bool fails = sql.starts_with('!');
    const bool prepares = sql.starts_with('@');
    const auto said =
        prepares ? who.execute(sql.substr(1), {}) : who.ask(sql.substr(fails ? 1 : 0));
    REQUIRE_MESSAGE(said.ok() == !fails, sql, ": ", said.text);
  }
}

std::string line_of(const mysql::answer& told) {
  if (!told.ok()) return std::to_string(told.error);
  if (told.lines.empty()) return "nothing";
  std::string line;
  for (const auto& cell : told.lines[0]) {
    if (!line.empty()) line += '|';
    line += cell.value_or("null");
  }
  return line;
}

shared_server::shared_server(scene& on)
    : at(on), server{"tcp://127.0.0.1:" + std::to_string(on.shop.leader().port()), app} {
  if (!on.is_mariadb()) on.shop.leader().query("grant select on performance_schema.* to app");
  mysql::client alone(server);
  as_new = draw(alone);
  // Until it is known what a server defines, whoever runs code of its own keeps the connection.
  on.shop.leader().query_as(app, "create procedure nothing() begin end");
  const auto is_idle = [&] { return on.skein->metric("skein_server_connections_idle") == 1.0; };
  wait_until(
      [&] {
        mysql::client one(on.where());
        REQUIRE(one.ask("call nothing()").ok());
        wait_until(is_idle, 100ms, "it is given back");
        return true;
      },
      10s, "definitions are read");
}

void check_shared(shared_server& on, const deed& what) {
  CAPTURE(what.does.back());
  mysql::client one(on.at.where());
  mysql::client other(on.at.where());
  act(one, what.does);
  CHECK(difference(draw(other), on.as_new) == "");
  CHECK(line_of(one.ask(what.looks)) == what.sees);
  CHECK(difference(draw(other), on.as_new) == "");
  CHECK(line_of(one.ask(what.looks)) == what.sees);
}

void check_held(shared_server& on, const deed& what, const std::string& reason) {
  CAPTURE(what.does.back());
  const auto held = [&] {
    return on.at.skein->metric("skein_sessions_pinned_total", "reason=\"" + reason + "\"")
        .value_or(0);
  };
  const double before = held();
  auto one = std::make_unique<mysql::client>(on.at.where());
  mysql::client other(on.at.where());
  act(*one, what.does);
  wait_until([&] { return held() == before + 1; }, 3s, "it keeps the server: " + reason);
  auto drawn = std::async(std::launch::async, [&] { return draw(other); });
  wait_until([&] { return on.at.skein->metric("skein_pool_waiting") == 1.0; }, 3s,
             "the other waits");
  CHECK(line_of(one->ask(what.looks)) == what.sees);
  one.reset();
  CHECK(difference(drawn.get(), on.as_new) == "");
}

}  // namespace skein::servers::transactions
