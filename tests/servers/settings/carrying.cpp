// Settings go from one server connection to another: set there by a client, looked at, replayed
// here, looked at again; and are gone when they are reset.
#include <doctest/doctest.h>

#include "tests/servers/settings/pooled_connection.hpp"

using namespace skein::servers;
using namespace skein::postgres;

namespace {

cluster start_shop() {
  // Unset, it shows as nothing, which it cannot be set to.
  auto shop = cluster::start(engine::postgres,
                             {.followers = 0, .server = {.settings = {"lc_messages = 'C'"}}});
  shop.leader().query("create role shopkeeper");
  shop.leader().query("grant shopkeeper to app");
  shop.leader().query("create role stranger");
  return shop;
}

struct setting_case {
  std::string set;  // what a client asks for
  std::string name;
  std::string value;  // as it is found
};

// Every kind of setting that a client may have.
const std::vector<setting_case> of_any_client = {
    {"select set_config('app.user', 'ann', false)", "app.user", "ann"},
    {"set \"App.User\" to ''", "app.user", ""},
    {"set app.text to 'quotes '' and \"two\", a comma, a \\ and a tab\t'", "app.text",
     "quotes ' and \"two\", a comma, a \\ and a tab\t"},
    {"set app.word to 'größer 漢字'", "app.word", "größer 漢字"},
    {"set role to shopkeeper", "role", "shopkeeper"},
    {"set role none", "role", "none"},
    {"set search_path to nowhere, \"$user\", \"With \"\"quotes\"\", and comma\"", "search_path",
     "nowhere, \"$user\", \"With \"\"quotes\"\", and comma\""},
    {"set search_path to ''", "search_path", "\"\""},
    {"set schema 'public'", "search_path", "public"},
    {"set temp_tablespaces to ''", "temp_tablespaces", "\"\""},
    {"set local_preload_libraries to ''", "local_preload_libraries", "\"\""},
    {"set timezone to 'Asia/Tokyo'", "timezone", "Asia/Tokyo"},
    {"set time zone -7.5", "timezone", "<-07:30>+07:30"},
    {"set time zone interval '-08:00' hour to minute", "timezone", "<-08>+08"},
    {"set datestyle to german", "datestyle", "German, DMY"},
    {"set datestyle to 'SQL, ymd'", "datestyle", "SQL, YMD"},
    {"set intervalstyle to iso_8601", "intervalstyle", "iso_8601"},
    {"set client_encoding to 'latin1'", "client_encoding", "LATIN1"},
    {"set names 'sql_ascii'", "client_encoding", "SQL_ASCII"},
    {"set application_name to 'till 1'", "application_name", "till 1"},
    {"set work_mem to '64MB'", "work_mem", "64MB"},
    {"set sort_mem to 1000", "work_mem", "1000kB"},
    {"set maintenance_work_mem to '3GB'", "maintenance_work_mem", "3GB"},
    {"set statement_timeout to '90s'", "statement_timeout", "90s"},
    {"set statement_timeout to 61001", "statement_timeout", "61001ms"},
    {"set lock_timeout to '2min'", "lock_timeout", "2min"},
    {"set vacuum_cost_delay to 1.5", "vacuum_cost_delay", "1500us"},
    {"set seq_page_cost to 0.75", "seq_page_cost", "0.75"},
    {"set geqo_seed to 0.25", "geqo_seed", "0.25"},
    {"set extra_float_digits to -3", "extra_float_digits", "-3"},
    {"set enable_seqscan to no", "enable_seqscan", "off"},
    {"set bytea_output to escape", "bytea_output", "escape"},
    {"set synchronous_commit to remote_apply", "synchronous_commit", "remote_apply"},
    {"set standard_conforming_strings to off", "standard_conforming_strings", "off"},
    {"set row_security to off", "row_security", "off"},
    {"set xml option document", "xmloption", "document"},
    {"set default_transaction_isolation to serializable", "default_transaction_isolation",
     "serializable"},
    {"set session characteristics as transaction read only", "default_transaction_read_only", "on"},
    {"set default_transaction_deferrable to on", "default_transaction_deferrable", "on"},
    {"set plan_cache_mode to force_custom_plan", "plan_cache_mode", "force_custom_plan"},
    {"set default_text_search_config to german", "default_text_search_config", "pg_catalog.german"},
    {"set lc_monetary to 'C'", "lc_monetary", "C"},
    {"set default_tablespace to pg_default", "default_tablespace", "pg_default"},
};

const std::vector<setting_case> of_superusers = {
    {"set session authorization app", "session_authorization", "app"},
    {"set log_statement to 'all'", "log_statement", "all"},
    {"set session_replication_role to replica", "session_replication_role", "replica"},
    {"set lc_messages to 'C'", "lc_messages", "C"},
    {"set log_min_duration_statement to '250ms'", "log_min_duration_statement", "250ms"},
};

void carry(server& at, const login& who, const setting_case& one) {
  CAPTURE(one.set);
  pooled_connection first(at, who);
  pooled_connection second(at, who);
  const std::vector touched{one.name};
  const settings_map expected{{one.name, one.value}};
  first.ask(one.set);
  const auto found = first.look(look_depth::whole, touched);
  CHECK(found.settings == expected);
  CHECK(found.pin_reason().empty());
  const session_state state(found.settings);
  CHECK(first.look(look_depth::names, touched).settings == expected);

  CHECK(second.replay(diff({}, state)) == "");
  CHECK(second.look(look_depth::whole, {}, state).settings == expected);
  CHECK(diff(state, state).empty());

  CHECK(second.replay(diff(state, {})) == "");
  CHECK(second.look().settings == settings_map());
}

}  // namespace

TEST_CASE("every kind of setting goes over to another connection, and is gone when it is reset") {
  auto shop = start_shop();
  for (const auto& one : of_any_client) carry(shop.leader(), app, one);
  for (const auto& one : of_superusers) carry(shop.leader(), shop.leader().admin(), one);
}

TEST_CASE("whatever the server shows of a setting it takes back, of every setting there is") {
  auto shop = start_shop();
  pooled_connection one(shop.leader(), shop.leader().admin());
  const auto listed = one.session.ask(
      "select lower(name), current_setting(name) from pg_settings "
      "where context in ('user', 'superuser') order by 1");
  REQUIRE(listed.lines.size() > 150);
  settings_map expected;
  for (const auto& line : listed.lines) {
    if (!can_be_carried(*line[0])) continue;
    CAPTURE(*line[0]);
    CAPTURE(*line[1]);
    CHECK(one.replay({{*line[0], line[1]}}) == "");
    expected.emplace(*line[0], *line[1]);
  }
  CHECK(one.look().settings == expected);
}

TEST_CASE("what is not the session's is left out") {
  auto shop = start_shop();
  pooled_connection one(shop.leader());
  one.ask("set transaction_isolation to serializable");
  one.ask("begin isolation level serializable read only; commit");
  one.ask("select setseed(0.5)");
  one.ask("set seed to 0.5");
  one.ask("begin; set local work_mem to '1MB'; commit");
  one.ask("begin; set maintenance_work_mem to '1MB'; rollback");
  for (const auto* refused : {"set is_superuser to on", "set server_version to '1'",
                              "set max_connections to 1", "set log_statement to 'all'"})
    CHECK_FALSE(one.session.ask(refused).ok());
  const std::vector<std::string> touched{"transaction_isolation", "seed",         "work_mem",
                                         "maintenance_work_mem",  "is_superuser", "server_version",
                                         "max_connections",       "log_statement"};
  CHECK(one.look(look_depth::whole, touched).settings == settings_map());
}

TEST_CASE("a setting of a library that is loaded here only, and of one that is loaded nowhere") {
  auto shop = start_shop();
  pooled_connection loaded(shop.leader());
  loaded.ask("do $$ begin end $$");
  loaded.ask("set plpgsql.extra_warnings to 'shadowed_variables'");
  const settings_map expected{{"plpgsql.extra_warnings", "shadowed_variables"}};
  CHECK(loaded.look().settings == expected);
  pooled_connection other(shop.leader());
  const session_state state(expected);
  CHECK(other.replay(diff({}, state)) == "");
  // There it is a placeholder, which the server does not list.
  CHECK(other.look(look_depth::whole, {}, state).settings == expected);
  CHECK(other.session.value("show plpgsql.extra_warnings") == "shadowed_variables");
}

TEST_CASE("a value that the client's encoding cannot express goes over all the same") {
  auto shop = start_shop();
  pooled_connection first(shop.leader());
  first.ask("set app.word to '漢字'");
  first.ask("set client_encoding to 'latin1'");
  const auto found = first.look(look_depth::whole, {"app.word"}).settings;
  CHECK(found == settings_map{{"app.word", "漢字"}, {"client_encoding", "LATIN1"}});
  pooled_connection second(shop.leader());
  second.ask("set client_encoding to 'sql_ascii'");
  const settings_map before{{"client_encoding", "SQL_ASCII"}};
  CHECK(second.replay(diff(session_state(before), session_state(found))) == "");
  CHECK(second.look(look_depth::whole, {"app.word"}).settings == found);
}

TEST_CASE("a client's start-up is what reset brings back") {
  auto shop = start_shop();
  const auto startup = split_startup({"app",
                                      "app",
                                      {{"options", "-c work_mem=1MB --statement-timeout=5s"},
                                       {"DateStyle", "german"}}})
                           .settings;
  pooled_connection one(shop.leader());
  CHECK(one.replay(diff({}, startup)) == "");
  one.ask("set work_mem to '2MB'");
  one.ask("reset statement_timeout");
  const auto found = one.look().settings;
  CHECK(found == settings_map{{"datestyle", "German, DMY"}, {"work_mem", "2MB"}});
  CHECK(after_look(found, startup).all() == settings_map{{"datestyle", "German, DMY"},
                                                         {"statement_timeout", "5s"},
                                                         {"work_mem", "2MB"}});
}

TEST_CASE("many settings at once, from one session's to another's") {
  auto shop = start_shop();
  pooled_connection one(shop.leader());
  const std::vector<session_state> states{
      session_state({{"app.a", "1"}, {"role", "shopkeeper"}, {"statement_timeout", "1min"}}),
      session_state({{"app.a", "2"}, {"role", "shopkeeper"}, {"work_mem", "1MB"}}),
      session_state({{"role", "none"}, {"search_path", "a, b"}}),
      session_state({{"client_encoding", "LATIN1"}, {"lock_timeout", "1min"}}), session_state()};
  session_state now;
  for (int round = 0; round < 3; ++round) {
    for (const auto& next : states) {
      CHECK(one.replay(diff(now, next)) == "");
      auto found = one.look(look_depth::whole, {}, next).settings;
      CHECK(found == next.all());
      now = next;
    }
  }
}
