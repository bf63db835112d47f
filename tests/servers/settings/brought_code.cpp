// What a real database defines is read as it stands there, and read anew when it has changed.
#include <doctest/doctest.h>

#include <chrono>

#include "backends/postgres/brought_code.hpp"
#include "backends/postgres/catalog_reader.hpp"
#include "tests/servers/settings/pooled_connection.hpp"

using namespace skein::servers;
using skein::postgres::catalog;
using skein::postgres::name_facts;

namespace {

constexpr name_facts reads{.reading = true};
constexpr name_facts writes{.writing = true};
constexpr name_facts both{.reading = true, .writing = true};
constexpr name_facts seen{.seen_through = true};
constexpr name_facts nothing{};

const std::string quiet_words = "no relation brings code along that cannot be seen through";

std::unique_ptr<skein::catalog_reader> reader_of(server& at) {
  return skein::postgres::make_catalog_reader({.address = {"127.0.0.1", at.port()},
                                               .who = {.user = app.user, .password = app.password},
                                               .database = "app",
                                               .timeout = std::chrono::seconds(20)});
}

struct followed {
  std::unique_ptr<skein::catalog_reader> reader;
  std::shared_ptr<const skein::catalog> last = {};
};

followed follow(server& at) {
  return {reader_of(at)};
}

// Null: nothing has changed since it was read before.
std::shared_ptr<const catalog> read(followed& from) {
  auto known = from.reader->read(from.last.get());
  REQUIRE_MESSAGE(known.has_value(),
                  known.error().text_for_client << ": " << known.error().detail_for_log);
  if (*known) from.last = *known;
  return std::static_pointer_cast<const catalog>(*known);
}

// Everything stands in a schema that no search_path names, as users' things often do.
const std::vector<const char*> definitions = {
    "create schema s",
    "create function s.opaque(int) returns int language plpgsql immutable as"
    " $$ begin execute 'select 1'; return $1; end $$",
    "create function s.opaque_text(text) returns boolean language plpgsql immutable as"
    " $$ begin execute 'select 1'; return true; end $$",
    "create function s.stamp() returns trigger language plpgsql as"
    " $$ begin new.updated_at := now(); return new; end $$",
    "create function s.hides() returns trigger language plpgsql as"
    " $$ begin perform set_config('app.last', tg_op, false); return null; end $$",
    "create function s.calls_it(int) returns int language sql as 'select s.opaque($1)'",
    "create function s.calls_none(int, int default 1) returns int language sql as 'select $1 + 1'",
    "create function s.by_default(int default s.opaque(1)) returns int language sql as 'select $1'",
    "create function s.printed(a int) returns int language sql return (a + 1)",
    "create function s.printed_hidden(a int) returns int begin atomic select s.opaque(a); end",
    "create aggregate s.total(int) (sfunc = int4pl, stype = int, initcond = '0')",
    "create function s.next_total(int, int) returns int language plpgsql as"
    " $$ begin execute 'select 1'; return $1; end $$",
    "create aggregate s.odd_total(int) (sfunc = s.next_total, stype = int, initcond = '0')",

    "create table s.stamped (id serial primary key, at timestamptz default now(), updated_at"
    " timestamptz, check (id > 0))",
    "create trigger t before update on s.stamped for each row execute function s.stamp()",
    "create table s.triggered (n int)",
    "create trigger t after insert on s.triggered for each row execute function s.hides()",
    "create table s.off (n int)",
    "create trigger t after insert on s.off for each row execute function s.hides()",
    "alter table s.off disable trigger t",
    "create table s.asking (n int, updated_at timestamptz)",
    "create trigger t before update on s.asking for each row when (s.opaque(new.n) > 1)"
    " execute function s.stamp()",
    "create table s.defaults (n int default s.opaque(1))",
    "create table s.generated (n int, m int generated always as (s.opaque(n)) stored)",
    "create table s.checked (n int check (s.opaque(n) > 0))",
    "create table s.indexed (n int)",
    "create index on s.indexed (s.opaque(n))",
    "create table s.counted (n int)",
    "create statistics s.of_counted on (s.opaque(n)), n from s.counted",
    "create table s.ruled (n int)",
    "create rule r as on insert to s.ruled do also select s.opaque(new.n)",
    "create table s.guarded (n int)",
    "create policy p on s.guarded using (s.opaque(n) > 0)",
    "alter table s.guarded enable row level security",
    "create table s.unguarded (n int)",
    "create policy p on s.unguarded using (s.opaque(n) > 0)",
    "create view s.clear_view as select count(*) filter (where n > 1) as n from s.indexed",
    "create view s.odd_view as select s.opaque(1) as n",
    "create view s.on_view as select n from s.odd_view",
    "create view s.on_table as select n from s.triggered",
    "create materialized view s.stored as select s.opaque(1) as n",
    "create table s.parts (n int) partition by list ((s.opaque(n)))",
    "create table s.part partition of s.parts for values in (1)",
    "create table s.plain_parts (n int) partition by list (n)",
    "create table s.plain_part partition of s.plain_parts for values in (1)",
    "create trigger t after insert on s.plain_part for each row execute function s.hides()",
    "create table s.parent (id int primary key)",
    "create table s.child (id int references s.parent on delete cascade)",
    "create trigger t after delete on s.child for each row execute function s.hides()",

    "create domain s.mail as text check (s.opaque_text(value))",
    "create domain s.fine_mail as text check (value like '%@%')",
    "create domain s.number as int default s.opaque(1)",
    "create table s.users (mail s.mail[])",
    "create table s.fine_users (mail s.fine_mail)",
    "create table s.numbers (n s.number)",
    "create function s.of_mail(s.mail) returns int language sql as 'select 1'",
    "create type s.euro as (cents int)",
    "create function s.plus(s.euro, int) returns s.euro language plpgsql as"
    " $$ begin execute 'select 1'; return $1; end $$",
    "create operator s.+ (leftarg = s.euro, rightarg = int, function = s.plus)",
    "create table s.prices (price s.euro)",
    "create function s.alike(text, text) returns boolean language plpgsql as"
    " $$ begin execute 'select 1'; return true; end $$",
    "create operator s.### (leftarg = text, rightarg = text, function = s.alike)",
    "create operator s.~~* (leftarg = int, rightarg = int, function = s.next_total)",
    "create type s.dollar as (cents int)",
    "create function s.to_dollar(int) returns s.dollar language plpgsql as"
    " $$ begin execute 'select 1'; return null; end $$",
    "create cast (int as s.dollar) with function s.to_dollar(int)",
    "create type s.pound as enum ('one')",
    "create function s.order_of(int, int) returns int language plpgsql immutable as"
    " $$ begin execute 'select 1'; return $1 - $2; end $$",
    "create operator class s.odd_ops for type int using btree as"
    " operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >,"
    " function 1 s.order_of(int, int)",
    "create table s.ordered (n int)",
    "create index on s.ordered (n s.odd_ops)",
    "create function s.span_of(float8, float8) returns float8 language plpgsql immutable as"
    " $$ begin execute 'select 1'; return $1 - $2; end $$",
    "create type s.span as range (subtype = float8, subtype_diff = s.span_of)",
    "create function s.of_row(s.triggered) returns int language plpgsql as"
    " $$ begin execute 'select 1'; return 1; end $$",
};

struct fact {
  const char* name;
  name_facts facts;
};

const std::vector<fact> facts = {
    {"opaque", {.calling = true, .seen_through = true}},
    {"stamp", seen},
    {"hides", {.calling = true, .seen_through = true}},
    {"calls_it", {.calling = true, .seen_through = true}},
    {"calls_none", seen},
    {"by_default", {.calling = true, .seen_through = true}},
    {"printed", seen},
    {"printed_hidden", {.calling = true, .seen_through = true}},
    {"total", seen},
    {"odd_total", {.calling = true, .seen_through = true}},
    {"digest", seen},
    {"of_row", {.calling = true, .as_column = true, .seen_through = true}},
    {"of_mail", {.calling = true, .as_column = true, .seen_through = true}},
    {"stamped", nothing},
    {"triggered", writes},
    {"off", nothing},
    {"asking", writes},
    {"defaults", writes},
    {"generated", writes},
    {"checked", writes},
    {"indexed", writes},
    {"counted", writes},
    {"ruled", writes},
    {"guarded", both},
    {"unguarded", nothing},
    {"clear_view", writes},  // of a table with an index
    {"odd_view", both},
    {"on_view", both},
    {"on_table", writes},
    {"stored", writes},
    {"parts", writes},
    {"part", writes},
    {"plain_parts", writes},
    {"plain_part", writes},
    {"parent", writes},
    {"child", writes},
    {"mail", reads},
    {"fine_mail", nothing},
    {"number", writes},
    {"users", reads},
    {"fine_users", nothing},
    {"numbers", writes},
    {"euro", reads},
    {"+", nothing},
    {"prices", reads},
    {"###", reads},
    {"ilike", reads},
    {"like", nothing},
    {"dollar", reads},
    {"pound", nothing},
    {"odd_ops", writes},
    {"ordered", both},
    {"span", {.reading = true, .calling = true, .seen_through = true}},
    {"analyze", writes},
    {"truncate", nothing},
    {"create", nothing},
};

}  // namespace

TEST_CASE("a database's definitions are read, and judged") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  server& at = shop.leader();
  auto reader = follow(at);
  const auto empty = read(reader);
  REQUIRE(empty);
  CHECK(empty->quiet());

  at.query("create extension pgcrypto");
  for (const auto* sql : definitions) at.query(sql);
  const auto known = read(reader);
  REQUIRE(known);
  CHECK(!known->everywhere());
  for (const auto& [name, expected] : facts) {
    CAPTURE(std::string(name));
    CHECK(known->at(name) == expected);
  }
  CHECK(!read(reader));
}

TEST_CASE("what is used without a name makes every statement suspicious") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  server& at = shop.leader();
  auto reader = follow(at);
  at.query(
      "create function public.to_number(text) returns int language plpgsql as"
      " $$ begin execute 'select 1'; return 1; end $$");
  CHECK(!read(reader)->everywhere());
  at.query("create cast (text as int) with function public.to_number(text) as implicit");
  CHECK(read(reader)->everywhere());
  at.query("drop cast (text as int)");
  CHECK(!read(reader)->everywhere());
}

TEST_CASE("triggers of the whole database and of TRUNCATE") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  server& at = shop.leader();
  auto reader = follow(at);
  at.query("create table log (n int)");
  at.query(
      "create function on_truncate() returns trigger language plpgsql as"
      " $$ begin execute 'select 1'; return null; end $$");
  at.query("create trigger t after truncate on log execute function on_truncate()");
  CHECK(read(reader)->at("truncate") == writes);
  at.query(
      "create function on_change() returns event_trigger language plpgsql as"
      " $$ begin perform set_config('app.last', tg_tag, false); end $$");
  at.query("create event trigger e on ddl_command_end execute function on_change()");
  CHECK(read(reader)->watches_definitions());
  at.query("alter event trigger e disable");
  CHECK(!read(reader)->watches_definitions());
}

TEST_CASE("it is read anew when it has changed, and only then") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  server& at = shop.leader();
  at.query("create table t (n int)");
  at.query("create table u (n int)");
  at.query(
      "create function hides() returns trigger language plpgsql as"
      " $$ begin execute 'select 1'; return null; end $$");
  auto reader = follow(at);
  REQUIRE(read(reader));
  CHECK(!read(reader));
  for (const auto* sql :
       {"insert into t select generate_series(1, 1000)", "analyze t", "vacuum freeze t",
        "vacuum full t", "truncate t", "vacuum freeze pg_catalog.pg_class"}) {
    CAPTURE(sql);
    at.query(sql);
    CHECK(!read(reader));
  }
  pooled_connection client(at);
  client.ask(
      "create temporary table mine (n int primary key default 1 check (n > 0), m text);"
      "create temporary view yours as select n from mine;"
      "create function pg_temp.f() returns trigger language plpgsql as 'begin return null; end';"
      "create trigger t after insert on mine for each row execute function pg_temp.f()");
  CHECK(!read(reader));

  at.query("create trigger t after insert on t for each row execute function hides()");
  auto known = read(reader);
  REQUIRE(known);
  CHECK(known->at("t") == writes);
  CHECK(names_brought_code("insert into t values (1)", true, *known));
  CHECK(!names_brought_code("select * from t", true, *known));
  CHECK(!read(reader));
  at.query("alter table t disable trigger t");
  known = read(reader);
  REQUIRE(known);
  CHECK(known->in_words() == quiet_words);
  at.query("alter table t enable trigger t");
  at.query("alter table t rename to v");
  CHECK(read(reader)->at("v") == writes);
  at.query(
      "create or replace function hides() returns trigger language plpgsql as"
      " 'begin return null; end'");
  CHECK(read(reader)->in_words() == quiet_words);
}

TEST_CASE("a reader that cannot read says why, and reads when it can") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  server& at = shop.leader();
  auto reader = follow(at);
  at.stop();
  const auto failed = reader.reader->read(nullptr);
  REQUIRE(!failed);
  CHECK(failed.error().kind == skein::error_kind::unavailable);
  at.start();
  REQUIRE(read(reader));
  at.restart();
  CHECK(!read(reader));
  reader.reader->interrupt();
  CHECK(reader.reader->read(nullptr).error().kind == skein::error_kind::shutdown);
}
