// A look sees what a session holds, whatever the session has set, and a clean-up takes it away.
#include <doctest/doctest.h>

#include "tests/servers/settings/pooled_connection.hpp"

using namespace skein::servers;
using namespace skein::postgres;

namespace {

struct held_case {
  const char* title;
  std::vector<std::string> make;
  std::string reason;
};

const std::string temporary = "it has temporary tables or other temporary objects";

const std::vector<held_case> held_things = {
    {"a temporary table", {"create temporary table mine (n int)"}, temporary},
    {"a temporary view", {"create temporary view mine as select 1 as n"}, temporary},
    {"a temporary sequence", {"create temporary sequence mine"}, temporary},
    {"a temporary function",
     {"create function pg_temp.mine() returns int language sql as 'select 1'"},
     temporary},
    {"a temporary type", {"create type pg_temp.mine as enum ('a')"}, temporary},
    {"an advisory lock", {"select pg_advisory_lock(7)"}, "it holds an advisory lock"},
    {"a shared one, of two numbers",
     {"select pg_try_advisory_lock_shared(7, 8)"},
     "it holds an advisory lock"},
    {"a cursor",
     {"begin; declare \"My cursor\" cursor with hold for select 1; commit"},
     "it has a cursor WITH HOLD open"},
    {"a statement",
     {"prepare \"My \"\"statement\" as select 1"},
     "it has a statement made by PREPARE"},
    {"listening", {"listen news"}, "it listens to a channel"},
};

// Nothing of this outlives its transaction, or is anybody's but Skein's.
const std::vector<std::vector<std::string>> not_held = {
    {"create temporary table mine (n int)", "drop table mine"},
    {"begin; create temporary table mine (n int) on commit drop; commit"},
    {"select pg_advisory_lock(7)", "select pg_advisory_unlock(7)"},
    {"begin; select pg_advisory_xact_lock(7); commit"},
    {"begin; declare mine cursor for select 1; commit"},
    {"begin; declare mine cursor with hold for select 1; rollback"},
    {"listen news", "unlisten news"},
};

}  // namespace

TEST_CASE("what a session holds is seen, and gone after a clean-up") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  for (const auto& one : held_things) {
    CAPTURE(one.title);
    pooled_connection session(shop.leader());
    for (const auto& sql : one.make) session.ask(sql);
    CHECK(session.look(look_depth::names).pin_reason() == "");
    CHECK(session.look(look_depth::held).pin_reason() == one.reason);
    const auto held = session.look();
    CHECK(held.pin_reason() == one.reason);
    REQUIRE(session.clean(held.prepared_in_sql) == "");
    CHECK(session.look().pin_reason() == "");
  }
}

TEST_CASE("what is over, and what is ours, is not held") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  for (const auto& steps : not_held) {
    CAPTURE(steps[0]);
    pooled_connection session(shop.leader());
    for (const auto& sql : steps) session.ask(sql);
    PQclear(PQprepare(session.session.raw(), "skein_1", "select 2", 0, nullptr));
    CHECK(session.look().pin_reason() == "");
  }
}

TEST_CASE("another session's things are not this one's") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  pooled_connection other(shop.leader());
  for (const auto& one : held_things)
    for (const auto& sql : one.make) other.session.ask(sql);  // some want the same name
  pooled_connection session(shop.leader());
  const auto found = session.look();
  CHECK(found.pin_reason() == "");
  CHECK(found.settings.empty());
}

TEST_CASE("a clean-up takes settings, role and sequences' memory, and leaves what is prepared") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  shop.leader().query("create sequence numbers");
  pooled_connection session(shop.leader(), shop.leader().admin());
  PQclear(PQprepare(session.session.raw(), "skein_1", "select 2", 0, nullptr));
  for (const auto* sql :
       {"select nextval('numbers')", "set app.tenant to '1'", "set log_statement to 'none'",
        "set statement_timeout to '30s'", "set session authorization app", "set role pg_monitor",
        "set default_transaction_isolation to serializable",
        "set default_transaction_read_only to on", "set client_encoding to 'latin1'"})
    session.session.ask(sql);
  session.ask("prepare by_hand as select 3");
  REQUIRE(session.clean({"by_hand"}) == "");
  CHECK(session.look(look_depth::whole).settings == settings_map());
  CHECK(session.session.value("select current_user || ' ' || session_user") == "postgres postgres");
  CHECK(session.session.value("show app.tenant") == "");
  CHECK(session.session.ask("select currval('numbers')").sqlstate == "55000");
  CHECK(session.session.value("execute skein_1") == "2");
  CHECK(session.session.ask("execute by_hand").sqlstate == "26000");
  REQUIRE(session.clean() == "");
}

TEST_CASE("a clean-up works in a session that may only read") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  pooled_connection session(shop.leader());
  session.ask("create temporary table mine (n int); listen news");
  session.ask("set default_transaction_read_only to on");
  session.ask("set default_transaction_isolation to serializable");
  REQUIRE(session.clean() == "");
  const auto left = session.look();
  CHECK(left.pin_reason() == "");
  CHECK(left.settings.empty());
}

TEST_CASE("the client's unnamed statement outlives a look") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  pooled_connection session(shop.leader());
  const std::string zeros(8, '\0');
  const auto parse = wire('P', std::string(1, '\0') + "select 42" + std::string(3, '\0'));
  CHECK(types_of(session.exchange(parse + sync_message)) == "1Z");
  session.look();
  session.look(look_depth::names, {"work_mem"});
  const auto bind = wire('B', zeros) + wire('E', zeros.substr(0, 5));
  CHECK(types_of(session.exchange(bind + sync_message)) == "2DCZ");
}
