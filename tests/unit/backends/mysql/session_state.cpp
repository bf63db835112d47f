#include "backends/mysql/session_state.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::mysql;

TEST_CASE("one SET turns a server's settings into the wanted ones") {
  struct replay_case {
    settings_map there;
    settings_map wanted;
    std::string statement;
  };
  const replay_case cases[] = {
      {{}, {}, ""},
      {{{"sql_mode", "ANSI"}}, {{"sql_mode", "ANSI"}}, ""},
      {{}, {{"sql_select_limit", "5"}}, "set session sql_select_limit=5"},
      {{}, {{"long_query_time", "-1.5"}}, "set session long_query_time=-1.5"},
      {{}, {{"time_zone", "+02:00"}}, "set session time_zone='+02:00'"},
      {{}, {{"sql_mode", ""}}, "set session sql_mode=''"},
      {{{"sql_mode", "ANSI"}}, {}, "set session sql_mode=default"},
      {{{"completion_type", "CHAIN"}}, {}, "set session completion_type=0"},
      {{}, {{"lc_messages", "o'r\\"}}, "set session lc_messages=_utf8mb4 x'6f27725c'"},
      {{}, {{"character_set_results", ""}}, "set session character_set_results=null"},
      // Back to what the login has set.
      {{{"character_set_client", "latin1"}}, {}, "set session character_set_client=45"},
      // The collation of a connection goes with its character set.
      {{},
       {{"character_set_connection", "latin1"}},
       "set session character_set_connection='latin1'"},
      {{{"collation_connection", "utf8mb4_bin"}}, {}, "set session collation_connection=45"},
      {{{"character_set_connection", "latin1"}},
       {{"collation_connection", "utf8mb4_bin"}},
       "set session character_set_connection=45,collation_connection='utf8mb4_bin'"},
      // Whose default MySQL takes the other way round.
      {{{"foreign_key_checks", "OFF"}},
       {},
       "set session foreign_key_checks=@@global.foreign_key_checks"},
      {{}, {{"unique_checks", "OFF"}}, "set session unique_checks='OFF'"},
      {{}, {{"@`a`", "1"}}, "set @`a`=1"},
      {{{"@`a`", "1"}}, {{"autocommit", "OFF"}}, "set session autocommit='OFF',@`a`=null"},
  };
  for (const auto& [there, wanted, statement] : cases)
    CHECK(replay(session_state(there), session_state(wanted), {.collation = 45}) == statement);
}

TEST_CASE("where the server does not know the login's collation it goes back to its own") {
  CHECK(replay(session_state({{"character_set_client", "latin1"}}), {}, {}) ==
        "set session character_set_client=default");
  CHECK(collation_settings(unknown_collation).contains("collation_connection=default"));
}

TEST_CASE("what flags of the login have set goes back to that") {
  const auto agreed = capability::ignore_space | capability::interactive | capability::transactions;
  const session_state there({{"sql_mode", "ANSI"}, {"time_zone", "UTC"}, {"wait_timeout", "5"}});
  CHECK(replay(there, {}, {.agreed = agreed}) ==
        "set session sql_mode=concat(@@global.sql_mode,',IGNORE_SPACE'),time_zone=default,"
        "wait_timeout=@@global.interactive_timeout");
  CHECK(replay(there, {}, {.agreed = capability::transactions}) ==
        "set session sql_mode=default,time_zone=default,wait_timeout=default");
  CHECK(replay({}, there, {.agreed = agreed}) ==
        "set session sql_mode='ANSI',time_zone='UTC',wait_timeout=5");
  CHECK(flag_settings(agreed) ==
        "sql_mode=concat(@@global.sql_mode,',IGNORE_SPACE'),"
        "wait_timeout=@@global.interactive_timeout");
  CHECK(flag_settings(capability::interactive) == "wait_timeout=@@global.interactive_timeout");
  CHECK(flag_settings(capability::transactions).empty());
}

TEST_CASE("values of user variables are written so that they are the same again") {
  CHECK(expression_of({.type = 8, .value = "-7"}) == "-7");
  CHECK(expression_of({.type = 0xf6, .value = "1.50"}) == "1.50");
  CHECK(expression_of({.type = 5, .value = "1.5"}) == "1.5e0");
  CHECK(expression_of({.type = 5, .value = "1e10"}) == "1e10");
  CHECK(expression_of({.type = 0xfd, .value = std::nullopt}) == "null");
  CHECK(expression_of({0xfd, "a'b", "612762", "latin1", "latin1_bin"}) ==
        "_latin1 x'612762' collate `latin1_bin`");
  CHECK(expression_of({0xfd, "a", "61", "no name", "x"}).empty());
  CHECK(expression_of({.type = 8, .value = "7; drop"}).empty());
  CHECK(quoted_variable("a`b") == "@`a``b`");
}

TEST_CASE("what is set decides how a text is read") {
  const session_state state({{"sql_mode", "ANSI_QUOTES"}, {"time_zone", "UTC"}});
  REQUIRE(state.mode());
  CHECK(state.mode()->ansi_quotes);
  CHECK_FALSE(session_state().mode());
  CHECK(state.reading() == session_state({{"sql_mode", "ANSI_QUOTES"}}));
  CHECK(state.reading().reading() == state.reading());
  CHECK(session_state({{"tx_isolation", "SERIALIZABLE"}}).isolation() == "SERIALIZABLE");
}

TEST_CASE("settings of one connection are told from those that go along") {
  CHECK(how_carried("sql_mode") == carried::always);
  CHECK(how_carried("sql_log_bin") == carried::never);
  CHECK(how_carried("timestamp") == carried::never);
  CHECK(how_carried("last_gtid") == carried::not_state);
  CHECK(how_carried("session_track_schema") == carried::not_state);
}
