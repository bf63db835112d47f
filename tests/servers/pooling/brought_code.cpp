// Code that tables, types, operators and functions bring along runs without a word of it in the
// client's statement. What it leaves in a session is that client's, and nobody else's; each kind of
// thing that brings code is tried here.
#include <doctest/doctest.h>

#include "tests/servers/pooling/deeds.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

const std::string memory = "show work_mem";

std::string in_procedure(const std::string& signature, const std::string& kind,
                         const std::string& does) {
  return "create or replace function " + signature + " returns " + kind +
         " language plpgsql as $$ begin " + does + " end $$";
}

const std::string sets = "perform set_config('work_mem', '2MB', false); ";

// What these call leaves work_mem at 2MB.
void define_functions(server& leader) {
  for (const std::string& sql : {
           in_procedure("keep(n int)", "int", sets + "return 1;"),
           in_procedure("keep_now(n int)", "int immutable", sets + "return 1;"),
           in_procedure("keep_two(a int, b int)", "int", sets + "return 1;"),
           in_procedure("keep_trigger()", "trigger", sets + "return coalesce(new, old);"),
           in_procedure("stamp()", "trigger", "new.n := abs(new.n); return new;"),
           in_procedure("lock_trigger()", "trigger", "perform pg_advisory_lock(1); return new;"),
           in_procedure("hoard_trigger()", "trigger",
                        "create temp table if not exists hoard (n int); return new;"),
       })
    leader.query_as(app, sql);
}

void define_tables(server& leader) {
  for (const std::string sql : {
           "create table goods (n int)",
           "insert into goods values (1)",
           "create table stamped (n int)",
           "create trigger t before insert on stamped for each row execute function stamp()",

           "create table rows_before (n int)",
           "create trigger t before insert on rows_before for each row "
           "execute function keep_trigger()",
           "create table statements_after (n int)",
           "create trigger t after update or delete or truncate on statements_after "
           "execute function keep_trigger()",
           "create table at_commit (n int)",
           "create constraint trigger t after insert on at_commit deferrable initially deferred "
           "for each row execute function keep_trigger()",
           "create table whole (n int) partition by range (n)",
           "create table half partition of whole for values from (0) to (9)",
           "create trigger t before insert on half for each row execute function keep_trigger()",
           "create table parents (n int primary key)",
           "create table children (n int references parents on delete cascade)",
           "create trigger t before delete on children for each row "
           "execute function keep_trigger()",
           "create table locking (n int)",
           "create trigger t before insert on locking for each row "
           "execute function lock_trigger()",
           "create table hoarding (n int)",
           "create trigger t before insert on hoarding for each row "
           "execute function hoard_trigger()",

           "create table ruled (n int)",
           "create rule r as on insert to ruled do also insert into goods values (keep(1))",
           "create view seen as select keep(1) as n",
           "create view \"Seen Again\" as select n + 1 as n from seen",
           "create view written as select n from goods",
           "create trigger t instead of insert on written for each row "
           "execute function keep_trigger()",
           "create view locked as select pg_advisory_lock(1)::text as n",

           "create table defaulted (n int default keep(1))",
           "create table generated (n int, m int generated always as (keep_now(n)) stored)",
           "create table checked (n int check (keep(n) = 1))",
           "create table indexed (n int)",
           "create index on indexed (keep_now(n))",
           "create table routed (n int) partition by list (keep_now(n))",
           "create table routed_one partition of routed for values in (1)",
           "create table policed (n int)",
           "alter table policed enable row level security, force row level security",
           "create policy p on policed using (keep(n) = 1)",
           "insert into policed values (1)",
       })
    leader.query_as(app, sql);
}

void define_types(server& leader) {
  for (const std::string sql : {
           "create domain careful as int check (keep(value) = 1)",
           "create table of_careful (n careful)",
           "create type pair as (a int, b int)",
           "create function to_pair(n int) returns pair language plpgsql as "
           "$$ begin perform set_config('work_mem', '2MB', false); return row(n, n)::pair; end $$",
           "create cast (int as pair) with function to_pair as assignment",
           "create table pairs (p pair)",
           "create operator @@@ (leftarg = int, rightarg = int, function = keep_two)",
           "create aggregate keep_all (int) (sfunc = keep_two, stype = int, initcond = '0')",
           "create function noted(goods) returns int language plpgsql as "
           "$$ begin perform set_config('work_mem', '2MB', false); return 1; end $$",
           "create function lower(int) returns int language plpgsql as "
           "$$ begin perform set_config('work_mem', '2MB', false); return 1; end $$",
       })
    leader.query_as(app, sql);
  // Only a superuser may make an operator class.
  for (const std::string sql : {
           "create type rank as (n int)",
           "create function rank_order(a rank, b rank) returns int immutable language plpgsql as "
           "$$ begin perform set_config('work_mem', '2MB', false); return a.n - b.n; end $$",
           "create function rank_less(a rank, b rank) returns bool immutable language sql as "
           "'select (a).n < (b).n'",
           "create function rank_same(a rank, b rank) returns bool immutable language sql as "
           "'select (a).n = (b).n'",
           "create operator <<< (leftarg = rank, rightarg = rank, function = rank_less)",
           "create operator === (leftarg = rank, rightarg = rank, function = rank_same)",
           "create operator class rank_class default for type rank using btree as "
           "operator 1 <<<, operator 3 ===, function 1 rank_order(rank, rank)",
           "create table ranked (r rank)",
           "insert into ranked values (row(1)), (row(2))",
           "grant all on ranked to app",
       })
    leader.query(sql);
}

void prepare(cluster& shop) {
  define_functions(shop.leader());
  define_tables(shop.leader());
  define_types(shop.leader());
}

void wait_until_read(const skein_process& skein) {
  pg_session any(skein.words(app));
  any.value("select 1");
  wait_until([&] { return skein.log().contains("what a database defines has been read"); }, 10s,
             "what the database defines is known");
}

struct scene : shared_server {
  scene() : shared_server(prepare) { wait_until_read(skein); }
};

}  // namespace

TEST_CASE("what triggers and rules set is their client's") {
  scene at;
  const std::vector<deed> deeds = {
      {{"insert into rows_before values (1)"}, memory, "2MB"},
      {{"@insert into rows_before values (1)"}, memory, "2MB"},
      {{"insert into public.rows_before(n) select 1"}, memory, "2MB"},
      {{"INSERT INTO \"rows_before\" VALUES (1)"}, memory, "2MB"},
      {{"with w as (insert into rows_before values (1) returning n) select * from w"},
       memory,
       "2MB"},
      {{"prepare mine as insert into rows_before values (1)", "execute mine"}, memory, "2MB"},
      {{"begin", "insert into rows_before values (1)", "rollback"}, memory, "4MB"},
      {{"begin", "insert into rows_before values (1)", "select 1/0", "commit"}, memory, "4MB"},
      {{"insert into rows_before values (1/0)"}, memory, "4MB"},
      {{"begin", "savepoint s", "insert into rows_before values (1)", "rollback to s", "commit"},
       memory,
       "4MB"},
      {{"update statements_after set n = 1"}, memory, "2MB"},
      {{"delete from statements_after"}, memory, "2MB"},
      {{"truncate statements_after"}, memory, "2MB"},
      {{"insert into at_commit values (1)"}, memory, "2MB"},
      {{"begin", "insert into at_commit values (1)", "commit"}, memory, "2MB"},
      {{"insert into whole values (1)"}, memory, "2MB"},
      {{"insert into parents values (1)", "insert into children values (1)", "delete from parents"},
       memory,
       "2MB"},
      {{"insert into ruled values (1)"}, memory, "2MB"},
      {{"insert into written values (1)"}, memory, "2MB"},
      {{"update pg_settings set setting = '2048' where name = 'work_mem'"}, memory, "2MB"},
      {{"insert into stamped values (-1)"}, "select max(n) from stamped", "1"},
  };
  for (const auto& one : deeds) check_shared(at, one);
}

TEST_CASE("what views, columns, types and operators set is their client's") {
  scene at;
  const std::vector<deed> deeds = {
      {{"select * from seen"}, memory, "2MB"},
      {{"select * from \"Seen Again\""}, memory, "2MB"},
      {{"@select * from seen"}, memory, "2MB"},
      {{"table seen"}, memory, "2MB"},
      {{"begin", "declare brief cursor for select * from seen", "fetch brief", "commit"},
       memory,
       "2MB"},
      {{"insert into defaulted default values"}, memory, "2MB"},
      {{"insert into generated values (1)"}, memory, "2MB"},
      {{"insert into checked values (1)"}, memory, "2MB"},
      {{"insert into indexed values (1)"}, memory, "2MB"},
      {{"insert into routed values (1)"}, memory, "2MB"},
      {{"select * from policed"}, memory, "2MB"},
      {{"select 1::careful"}, memory, "2MB"},
      {{"insert into of_careful values (1)"}, memory, "2MB"},
      {{"select (5::pair).a"}, memory, "2MB"},
      {{"insert into pairs values (5)"}, memory, "2MB"},
      {{"select 1 @@@ 2"}, memory, "2MB"},
      {{"select 1 operator(public.@@@) 2"}, memory, "2MB"},
      {{"select keep_all(n) from goods"}, memory, "2MB"},
      {{"select goods.noted from goods"}, memory, "2MB"},
      {{"select lower(5)"}, memory, "2MB"},
      {{"select * from ranked order by r"}, memory, "2MB"},
  };
  for (const auto& one : deeds) check_shared(at, one);
}

TEST_CASE("what such code holds on the server is kept until its client leaves") {
  scene at;
  const std::vector<deed> deeds = {
      {{"insert into locking values (1)"}, "select pg_advisory_unlock(2)", "f"},
      {{"select * from locked"}, "select 1", "1"},
      {{"insert into hoarding values (1)"}, "select count(*) from hoard", "0"},
  };
  for (const auto& one : deeds) check_held(at, one);
}

TEST_CASE("definitions that change are heeded from the change on") {
  scene at;
  const deed inserts{{"insert into goods values (1)"}, memory, "2MB"};
  SUBCASE("by a client") {
    pg_session maker(at.skein.words(app));
    maker.value("select 1");
    REQUIRE(maker
                .ask("create trigger t before insert on goods for each row "
                     "execute function keep_trigger()")
                .ok());
    check_shared(at, inserts);
  }
  SUBCASE("a function that was seen through is another") {
    pg_session maker(at.skein.words(app));
    REQUIRE(maker.ask(in_procedure("stamp()", "trigger", sets + "return new;")).ok());
    check_shared(at, {{"insert into stamped values (1)"}, memory, "2MB"});
  }
  SUBCASE("in a transaction, which meets them itself") {
    check_shared(at, {{"begin",
                       "create trigger t before insert on goods for each row "
                       "execute function keep_trigger()",
                       "insert into goods values (1)", "commit"},
                      memory,
                      "2MB"});
  }
  SUBCASE("on the server itself: within seconds") {
    const pg_session somebody(at.skein.words(app));
    at.shop.leader().query_as(app,
                              "create trigger t before insert on goods for each row "
                              "execute function keep_trigger()");
    wait_until([&] { return at.skein.log().contains("a database defines something else"); }, 20s,
               "they have been read again");
    check_shared(at, inserts);
  }
}

TEST_CASE("what event triggers set is the client's who defines something") {
  shared_server at([](cluster& shop) {
    shop.leader().query(
        "create function on_definition() returns event_trigger language plpgsql as "
        "$$ begin perform set_config('work_mem', '2MB', false); end $$");
    shop.leader().query(
        "create event trigger e on ddl_command_end execute function on_definition()");
  });
  wait_until_read(at.skein);
  check_shared(at, {{"create table one (n int)"}, memory, "2MB"});
  check_shared(at, {{"comment on table one is 'a table'"}, memory, "2MB"});
  check_shared(at, {{"grant select on one to public"}, memory, "2MB"});
}
