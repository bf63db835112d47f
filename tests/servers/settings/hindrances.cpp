// What stands in the way of a look or a replay: settings of the client's own, locks, transactions
// that a default would make wait, a server that only reads.
#include <doctest/doctest.h>

#include "tests/servers/settings/pooled_connection.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace skein::postgres;
using namespace std::chrono_literals;

TEST_CASE("a look and a clean-up work whatever the session has set") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  auto& leader = shop.leader();
  leader.query("alter role app set temp_file_limit to 0");
  leader.query("create schema evil");
  leader.query("grant usage on schema evil to app");
  leader.query("create view evil.pg_depend as select 1 as n");
  leader.query(
      "create function evil.convert_to(text, name) returns bytea language sql as 'select "
      "null::bytea'");
  leader.query(
      "create function evil.never(text, text) returns boolean language sql as 'select false'");
  leader.query("create operator evil.= (leftarg = text, rightarg = text, function = evil.never)");
  const std::vector<std::pair<std::string, std::string>> settings = {
      {"search_path", "evil, pg_catalog"},
      {"search_path", "nowhere"},
      {"row_security", "off"},
      {"default_transaction_read_only", "on"},
      {"default_transaction_isolation", "serializable"},
      {"standard_conforming_strings", "off"},
      {"transform_null_equals", "on"},
      {"plan_cache_mode", "force_custom_plan"},
      {"force_parallel_mode", "on"},
      {"jit_above_cost", "0"},
      {"enable_seqscan", "off"},
      {"work_mem", "64kB"},
      {"client_min_messages", "debug5"},
      {"bytea_output", "escape"},
      {"array_nulls", "off"},
      {"datestyle", "German, DMY"},
      {"client_encoding", "SQL_ASCII"},
      {"client_encoding", "EUC_JP"},
      {"lock_timeout", "1s"},
      {"statement_timeout", "1s"},
  };
  for (const auto& [name, value] : settings) {
    CAPTURE(name);
    CAPTURE(value);
    pooled_connection session(leader);
    session.ask("select pg_advisory_lock_shared(7)");
    session.ask("select set_config('" + name + "', '" + value + "', false)");
    for (const auto depth : {look_depth::names, look_depth::whole}) {
      const auto found = session.look(depth, {name});
      CHECK(found.settings == settings_map{{name, value}});
      CHECK(found.advisory_locks == (depth == look_depth::whole));
    }
    REQUIRE(session.clean() == "");
    CHECK(session.look().pin_reason() == "");
  }
}

// Such a default waits for every serializable transaction that may write to end.
TEST_CASE("a look and a replay do not wait where a deferrable transaction would") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  shop.leader().query_as(app, "create table t (n int)");
  pooled_connection writer(shop.leader());
  writer.ask("begin isolation level serializable; insert into t values (1)");
  pooled_connection session(shop.leader());
  session.ask(
      "set session characteristics as transaction isolation level serializable, read only, "
      "deferrable");
  session.session.send("select 1");
  CHECK(session.session.finish(300ms).sqlstate == "late");
  REQUIRE(session.session.cancel());
  session.session.finish();
  const auto found = session.look();
  CHECK(found.settings == settings_map{{"default_transaction_deferrable", "on"},
                                       {"default_transaction_isolation", "serializable"},
                                       {"default_transaction_read_only", "on"}});
  const auto changes = diff(session_state(found.settings), {});
  REQUIRE(must_stand_alone(changes));
  CHECK(session.replay(changes) == "");
  CHECK(session.session.value("select 1") == "1");
}

TEST_CASE("a standby cannot run what is serializable, but it can be looked at and replayed to") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  pooled_connection session(shop.follower(0));
  session.ask("set default_transaction_isolation to serializable");
  CHECK_FALSE(session.session.ask("select 1").ok());
  const auto found = session.look();
  CHECK(found.settings == settings_map{{"default_transaction_isolation", "serializable"}});
  CHECK(session.replay(diff(session_state(found.settings), {})) == "");
  CHECK(session.session.value("select 1") == "1");
  session.ask("set default_transaction_isolation to serializable");
  CHECK(session.clean() == "");
  CHECK(session.session.value("select 1") == "1");
}

TEST_CASE(
    "a look that is kept waiting ends with the client's own timeout, and says that it failed") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  pooled_connection session(shop.leader());
  session.ask("set statement_timeout to '200ms'");
  session.look();
  pooled_connection other(shop.leader(), shop.leader().admin());
  other.ask("begin; lock table pg_depend");
  CHECK(session.look_fails());
  // Names alone touch no table.
  CHECK(session.look(look_depth::names, {"statement_timeout"}).settings ==
        settings_map{{"statement_timeout", "200ms"}});
  other.ask("rollback");
  CHECK(session.look().settings == settings_map{{"statement_timeout", "200ms"}});
}

TEST_CASE("a cancel that comes late fails a look, and nothing else") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  pooled_connection session(shop.leader());
  pooled_connection other(shop.leader(), shop.leader().admin());
  other.ask("begin; lock table pg_depend");
  std::string messages;
  append_look(messages, {}, {}, look_depth::whole, session.own);
  const int pid = session.session.server_pid();
  REQUIRE(session.socket.send(messages));
  wait_until(
      [&] {
        return shop.leader().value("select count(*) from pg_locks where not granted and pid = " +
                                   std::to_string(pid)) == "1";
      },
      5s, "the look waits for the lock");
  REQUIRE(session.session.cancel());
  const auto replies = session.exchange("");
  other.ask("rollback");
  CHECK(types_of(replies).ends_with("EZ"));
  CHECK(replies.at(replies.size() - 2).field('C') == "57014");
  session.own.doubt();
  CHECK(session.look().pin_reason() == "");
}
