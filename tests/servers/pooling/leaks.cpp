// Whatever one client does to its session, the next that is given the same server connection finds
// a session as new, and the first finds its own again.
#include <doctest/doctest.h>

#include "tests/servers/pooling/deeds.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

struct scene : shared_server {
  scene() : shared_server(prepare) {}

  static void prepare(cluster& shop) {
    auto& leader = shop.leader();
    leader.query("create role shopkeeper");
    leader.query("grant shopkeeper to app");
    for (const auto* sql : {
             "create table goods (n int)",
             "create type mood as enum ('sad', 'ok')",
             "create sequence tickets",
             "create function set_memory(v text) returns void language plpgsql as "
             "$$ begin perform set_config('work_mem', v, false); end $$",
             "create function set_zone() returns void language plpgsql as "
             "$$ begin execute 'set timezone to ''Asia/Tokyo'''; end $$",
             "create function undoes() returns void language plpgsql as "
             "$$ begin begin perform set_config('work_mem', '2MB', false); raise 'no'; "
             "exception when others then null; end; end $$",
             "create function sets_inside() returns text language plpgsql set work_mem to '2MB' as "
             "$$ begin return current_setting('work_mem'); end $$",
             "create procedure keep_memory() language plpgsql as "
             "$$ begin perform set_config('work_mem', '2MB', false); commit; "
             "perform set_config('work_mem', '3MB', false); rollback; end $$",
             "create function make_temporary() returns void language plpgsql as "
             "$$ begin create temp table inside (n int); end $$",
             "create function open_cursor() returns void language plpgsql as "
             "$$ begin execute 'declare kept cursor with hold for select 1'; end $$",
             "create function listens() returns void language plpgsql as "
             "$$ begin execute 'listen news'; end $$",
             "create function takes_zone() returns trigger language plpgsql as "
             "$$ begin perform set_config('timezone', 'Asia/Tokyo', false); return new; end $$",
             "create table zoned (n int)",
             "create trigger takes_zone before insert on zoned for each row "
             "execute function takes_zone()",
             "create view zones as select set_config('timezone', 'Asia/Tokyo', false) as zone",
         })
      leader.query_as(app, sql);
  }
};

const std::string memory = "show work_mem";

}  // namespace

TEST_CASE("settings follow their client and reach nobody else") {
  scene at;
  const std::vector<deed> deeds = {
      {{"set work_mem to '2MB'"}, memory, "2MB"},
      {{"@set work_mem to '2MB'"}, memory, "2MB"},
      {{"set session work_mem = '2MB'; select 1"}, memory, "2MB"},
      {{"set timezone to 'Asia/Tokyo'"}, "show timezone", "Asia/Tokyo"},
      {{"set time zone interval '-08:00' hour to minute"}, "show timezone", "<-08>+08"},
      {{"set datestyle to german"}, "select date '2020-02-01'::text", "01.02.2020"},
      {{"set intervalstyle to iso_8601"}, "select interval '1 day'::text", "P1D"},
      {{"set client_encoding to 'latin1'"}, "select chr(228)", "\xe4"},
      {{"set names 'latin1'"}, "show client_encoding", "LATIN1"},
      {{"set application_name to 'till 1'"}, "show application_name", "till 1"},
      {{"set search_path to nowhere, public"}, "show search_path", "nowhere, public"},
      {{"set schema 'nowhere'"}, "show search_path", "nowhere"},
      {{"set role shopkeeper"}, "select current_user", "shopkeeper"},
      {{"set role shopkeeper", "reset role"}, "select current_user", "app"},
      {{"set app.tenant to '42'"}, "show app.tenant", "42"},
      {{"set standard_conforming_strings to off"}, R"(select 'a\\b')", R"(a\b)"},
      {{"set statement_timeout to '90s'"}, "show statement_timeout", "90s"},
      {{"set default_transaction_isolation to serializable"},
       "show transaction_isolation",
       "serializable"},
      {{"set session characteristics as transaction read only"},
       "insert into goods values (1)",
       "25006"},
      {{"set session characteristics as transaction isolation level repeatable read"},
       "show transaction_isolation",
       "repeatable read"},
      {{"select set_config('work_mem', '2MB', false)"}, memory, "2MB"},
      {{"select set_config('work' || '_mem', '2MB', false)"}, memory, "2MB"},
      {{"select pg_catalog.set_config('work_mem', '2MB', false) from pg_class limit 1"},
       memory,
       "2MB"},
      {{"set work_mem to '2MB'", "set work_mem to default"}, memory, "4MB"},
      {{"set work_mem to '2MB'", "reset work_mem"}, memory, "4MB"},
      {{"set work_mem to '2MB'", "reset all"}, memory, "4MB"},
      {{"set work_mem to '2MB'", "discard all"}, memory, "4MB"},
      {{"set work_mem to '2MB'", "@discard all"}, memory, "4MB"},
      {{"set work_mem to '2MB'", "discard plans", "discard sequences", "discard temp"},
       memory,
       "2MB"},
  };
  for (const auto& one : deeds) check_shared(at, one);
}

TEST_CASE("settings of transactions: what was rolled back is nobody's") {
  scene at;
  const std::vector<deed> deeds = {
      {{"set local work_mem to '2MB'"}, memory, "4MB"},
      {{"begin; set local work_mem to '2MB'; commit"}, memory, "4MB"},
      {{"begin", "set local timezone to 'Asia/Tokyo'", "commit"}, "show timezone", "UTC"},
      {{"begin", "select set_config('work_mem', '2MB', true)", "commit"}, memory, "4MB"},
      {{"begin", "set work_mem to '2MB'", "commit"}, memory, "2MB"},
      {{"begin; set work_mem to '2MB'; commit"}, memory, "2MB"},
      {{"begin", "set work_mem to '2MB'", "rollback"}, memory, "4MB"},
      {{"begin", "set work_mem to '2MB'", "select 1/0", "commit"}, memory, "4MB"},
      {{"set work_mem to '2MB'; select 1/0"}, memory, "4MB"},
      {{"set work_mem to '2MB'; commit; select 1/0"}, memory, "2MB"},
      {{"begin", "savepoint s", "set work_mem to '2MB'", "rollback to s", "commit"}, memory, "4MB"},
      {{"begin", "set work_mem to '2MB'", "savepoint s", "set work_mem to '3MB'", "select 1/0",
        "rollback to s", "commit"},
       memory,
       "2MB"},
      {{"begin", "savepoint s", "set work_mem to '2MB'", "release s", "commit"}, memory, "2MB"},
      {{"begin", "set work_mem to '2MB'", "commit and chain", "set work_mem to '3MB'", "rollback"},
       memory,
       "2MB"},
      {{"set work_mem to '2MB'", "begin", "reset work_mem", "rollback"}, memory, "2MB"},
      {{"begin", "set role shopkeeper", "rollback"}, "select current_user", "app"},
      {{"begin; select pg_advisory_xact_lock(1); commit"}, "select 1", "1"},
      {{"begin", "declare brief cursor for select 1", "commit"}, "fetch brief", "34000"},
      {{"begin", "select lo_open(lo_creat(-1), 131072)", "commit"}, "select loread(0, 1)", "42704"},
      {{"begin", "listen news", "rollback"}, "select 1", "1"},
      {{"begin", "create temp table brief (n int) on commit drop", "commit"},
       "select to_regclass('brief')",
       "(null)"},
      {{"begin", "create temp table brief (n int)", "rollback"},
       "select to_regclass('brief')",
       "(null)"},
  };
  for (const auto& one : deeds) check_shared(at, one);
}

TEST_CASE("settings that code makes out of sight") {
  scene at;
  const std::vector<deed> deeds = {
      {{"select set_memory('2MB')"}, memory, "2MB"},
      {{"@select set_memory('2MB')"}, memory, "2MB"},
      {{"begin", "select set_memory('2MB')", "rollback"}, memory, "4MB"},
      {{"select set_zone()"}, "show timezone", "Asia/Tokyo"},
      {{"select undoes()"}, memory, "4MB"},
      {{"select sets_inside()"}, memory, "4MB"},
      {{"call keep_memory()"}, memory, "2MB"},
      // A name that no look lists goes to nobody else, and is lost.
      {{"do $$ begin perform set_config('app.tenant', '42', false); end $$"},
       "show app.tenant",
       ""},
      {{"do $$ begin execute 'set role shopkeeper'; end $$"}, "select current_user", "shopkeeper"},
      {{"explain analyze select set_memory('2MB')"}, memory, "2MB"},
      {{"insert into zoned values (1)"}, "show timezone", "Asia/Tokyo"},
      {{"begin", "insert into zoned values (1)", "rollback"}, "show timezone", "UTC"},
      {{"select * from zones"}, "show timezone", "Asia/Tokyo"},
  };
  for (const auto& one : deeds) check_shared(at, one);
}

TEST_CASE("what a client's start-up asks for is its own, and what RESET brings back") {
  scene at;
  const std::string more =
      "sslmode=disable application_name=till options='-c work_mem=2MB -c app.tenant=7'";
  check_shared(at, {{"select 1"}, memory, "2MB"}, more);
  check_shared(at, {{"set work_mem to '3MB'", "reset work_mem"}, memory, "2MB"}, more);
  check_shared(at, {{"set work_mem to '3MB'", "reset all"}, memory, "2MB"}, more);
  check_shared(at, {{"discard all"}, "show application_name", "till"}, more);
  // As drivers ask for it; the server writes it otherwise.
  const std::string otherwise = "sslmode=disable options='-c datestyle=iso -c timezone=asia/tokyo'";
  check_shared(at, {{"select 1"}, "show timezone", "Asia/Tokyo"}, otherwise);
  check_shared(at, {{"set timezone to 'UTC'"}, "show timezone", "UTC"}, otherwise);
  check_shared(at, {{"insert into zoned values (1)"}, "show datestyle", "ISO, MDY"}, otherwise);
  pg_session one(at.skein.words(app, otherwise));
  CHECK(one.parameter("TimeZone") == "Asia/Tokyo");
}

TEST_CASE("what only one server connection has is kept until its client leaves") {
  scene at;
  const std::vector<deed> deeds = {
      {{"create temp table mine as select 5 as n"}, "select n from mine", "5"},
      {{"select 5 as n into temp mine"}, "select n from mine", "5"},
      {{"create temp view mine as select 5 as n"}, "select n from mine", "5"},
      {{"create temp sequence mine"}, "select nextval('mine') > 0", "t"},
      {{"select make_temporary()"}, "select count(*) from inside", "0"},
      {{"set search_path to pg_temp, public", "create table mine (n int)"},
       "select count(*) from mine",
       "0"},
      {{"select pg_advisory_lock(1)"}, "select pg_advisory_unlock(2)", "f"},
      {{"select pg_try_advisory_lock_shared(1, 2)"}, "select 1", "1"},
      {{"begin", "select pg_advisory_lock(1)", "rollback"}, "select 1", "1"},
      {{"declare kept cursor with hold for values (1), (2)"},
       "select count(*) from pg_cursors",
       "1"},
      {{"select open_cursor()"}, "fetch kept", "1"},
      {{"listen news"}, "select pg_listening_channels()", "news"},
      {{"select listens()"}, "select pg_listening_channels()", "news"},
      {{"prepare mine (mood) as select $1"}, "execute mine ('ok')", "ok"},
      {{"prepare mine as select 5; select 1"}, "execute mine", "5"},
      {{"do $$ begin execute 'prepare mine as select 5'; end $$"}, "execute mine", "5"},
      {{"set client_encoding to 'latin1'", "begin", "create temp table m\xfcll (n int)", "commit"},
       "select count(*) from m\xfcll",
       "0"},
  };
  for (const auto& one : deeds) check_held(at, one);
}

TEST_CASE("what is prepared in SQL follows its client and reaches nobody else") {
  scene at;
  const std::vector<deed> deeds = {
      {{"prepare mine as select 5"}, "execute mine", "5"},
      {{"@prepare mine as select 5"}, "execute mine", "5"},
      {{"prepare skein_1 as select 5"}, "execute skein_1", "5"},
      {{"begin", "prepare mine as select 5", "select 1/0", "rollback"}, "execute mine", "5"},
      {{"prepare mine as select current_setting('work_mem')", "set work_mem to '2MB'"},
       "execute mine",
       "2MB"},
      {{"prepare mine (text) as select set_config('work_mem', $1, false)", "execute mine ('2MB')"},
       memory,
       "2MB"},
      {{"prepare mine as select set_memory('2MB')", "execute mine"}, memory, "2MB"},
      {{"prepare mine as select 5", "deallocate mine"}, "execute mine", "26000"},
      {{"prepare mine as select 5", "@deallocate mine"}, "execute mine", "26000"},
  };
  for (const auto& one : deeds) check_shared(at, one);
}

TEST_CASE("what cannot be taken back costs the server connection when its client leaves") {
  scene at;
  const auto root = at.shop.leader().admin();
  at.shop.leader().query("alter role " + root.user + " password 'secret'");
  skein_process skein(at.shop, {.users = {{root.user, "secret"}}, .pool_size = 1, .threads = 1});
  for (const std::string sql : {"load 'auto_explain'", "set session authorization app"}) {
    CAPTURE(sql);
    int pid = 0;
    {
      pg_session one(skein.words({root.user, "secret"}));
      pid = one.server_pid();
      REQUIRE(one.ask(sql).ok());
      CHECK(one.server_pid() == pid);
    }
    pg_session other(skein.words({root.user, "secret"}));
    CHECK(other.server_pid() != pid);
    CHECK(other.value("select session_user") == root.user);
  }
}

TEST_CASE("what is given up lets the server connection go") {
  scene at;
  const std::string none = "select 1";
  const std::vector<deed> deeds = {
      {{"create temp table mine (n int)", "drop table mine"}, none, "1"},
      {{"create temp table mine (n int)", "discard temp"}, none, "1"},
      {{"select pg_advisory_lock(1)", "select pg_advisory_unlock(1)"}, none, "1"},
      {{"declare kept cursor with hold for select 1", "close kept"}, none, "1"},
      {{"listen news", "unlisten news"}, none, "1"},
      {{"listen news", "unlisten *"}, none, "1"},
      {{"prepare mine (mood) as select 5", "deallocate mine"}, none, "1"},
      {{"prepare mine (mood) as select 5", "deallocate all"}, none, "1"},
      {{"create temp table mine (n int)", "listen news", "prepare mine (mood) as select 5",
        "select pg_advisory_lock(1)", "set work_mem to '2MB'", "discard all"},
       memory,
       "4MB"},
  };
  for (const auto& one : deeds) check_shared(at, one);
}

TEST_CASE("the last value of a sequence is one's own, or none") {
  scene at;
  at.shop.leader().query_as(app, "create table orders (id serial, n int)");
  pg_session one(at.skein.words(app));
  pg_session other(at.skein.words(app));
  const std::string place = "insert into orders (n) values (1)";
  const std::string last = "select lastval()";
  const std::string none = "55000";
  for (const std::string& asks : {last, std::string("select currval('orders_id_seq')")}) {
    CAPTURE(asks);
    REQUIRE(one.ask(place).ok());
    const std::string mine = one.value("select max(id) from orders");
    CHECK(answer(one, asks) == mine);
    CHECK(answer(other, asks) == none);
    CHECK(answer(one, asks) == none);
    REQUIRE(one.ask(place).ok());
    REQUIRE(other.ask(place).ok());
    CHECK(answer(one, asks) == none);
    CHECK(answer(one, "begin; " + place + "; " + asks) != none);
    CHECK(answer(one, asks) == one.value("select max(id) from orders"));
    REQUIRE(one.ask("commit").ok());
    REQUIRE(other.ask("begin").ok());
    REQUIRE(other.ask("select 1").ok());
    CHECK(answer(other, asks) == none);
    REQUIRE(other.ask("rollback").ok());
    REQUIRE(one.ask(place).ok());
    REQUIRE(other.ask("select 1").ok());
    const std::unique_ptr<PGresult, decltype(&PQclear)> told(
        PQexecParams(other.raw(), asks.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0),
        &PQclear);
    const char* state = PQresultErrorField(told.get(), PG_DIAG_SQLSTATE);
    CHECK(std::string(state ? state : "a value") == none);
  }
}

TEST_CASE("a client that vanishes leaves nothing, and its server connection is used again") {
  scene at;
  at.shop.leader().query_as(app, "create table kept (n int)");
  const std::vector<std::vector<std::string>> deeds = {
      {"begin", "insert into kept values (1)", "set work_mem to '2MB'"},
      {"begin", "insert into kept values (1)", "select 1/0"},
      {"begin", "create temp table mine (n int)", "select pg_advisory_lock(1)"},
      {"begin", "declare brief cursor for select 1", "listen news", "select set_memory('2MB')"},
      {"listen news", "prepare mine (mood) as select 5", "begin", "set role shopkeeper"},
      {"do $$ begin perform set_config('app.tenant', '42', false); end $$"},
      {"set app.tenant to '42'"},
  };
  pg_session other(at.skein.words(app));
  const int pid = other.server_pid();
  for (const auto& does : deeds) {
    CAPTURE(does.back());
    {
      pg_session one(at.skein.words(app));
      act(one, {does, {}, {}});
    }
    CHECK(difference(draw(other), at.as_new) == "");
    CHECK(other.value("select count(*) from kept") == "0");
    CHECK(other.server_pid() == pid);
  }
}
