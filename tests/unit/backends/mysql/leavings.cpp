#include "backends/mysql/leavings.hpp"

#include <doctest/doctest.h>

#include <string>

#include "backends/mysql/normal_form.hpp"

using namespace skein::mysql;

namespace {

constexpr reading_rules mysql_rules{.version = 90704};
constexpr reading_rules mariadb_rules{.of = flavour::mariadb, .version = 101119};

std::string holds_of(std::uint16_t bits) {
  static constexpr std::string_view names[] = {"temporary_table", "table_lock",       "named_lock",
                                               "handler",         "prepared",         "xa",
                                               "setting",         "next_transaction", "found_rows"};
  std::string text;
  for (std::size_t at = 0; at < std::size(names); ++at)
    if ((bits >> at & 1) != 0) (text += '+') += names[at];
  return text.empty() ? text : text.substr(1);
}

// In words, so that a case is a line: "sets", "begins named_lock", "variables a b".
std::string words_of(const leavings& left) {
  std::string text;
  const auto say = [&](bool is, std::string_view word) {
    if (is) (text += text.empty() ? "" : ", ") += word;
  };
  say(left.opaque, "opaque");
  say(left.unseen, "unseen");
  say(left.begins != 0, "begins " + holds_of(left.begins));
  say(left.ends != 0, "ends " + holds_of(left.ends));
  std::string variables = "variables";
  for (const auto& each : left.variables) (variables += ' ') += each;
  say(!left.variables.empty(), variables);
  say(left.asks_insert_id, "asks insert id");
  say(left.hides_insert_id, "hides insert id");
  say(left.asks_warnings, left.shows_warnings ? "shows warnings" : "asks warnings");
  say(left.asks_counts, "asks counts");
  say(left.reads_sequences, "reads sequences");
  say(left.draws_sequences, "draws sequences");
  say(left.defines, "defines");
  say(left.sets, left.sets_collation ? "sets collation" : "sets");
  say(left.unlogged, "unlogged");
  say(left.begins_block, "block");
  return text;
}

std::string left_by(std::string_view text, const reading_rules& rules = mysql_rules) {
  return words_of(leavings_of(text, rules));
}

constexpr std::string_view unseen = "unseen, asks insert id, hides insert id, draws sequences";
constexpr std::string_view opaque =
    "opaque, unseen, asks insert id, hides insert id, "
    "asks warnings, asks counts, reads sequences, "
    "draws sequences, defines, sets collation, block";

struct a_case {
  std::string_view text;
  std::string_view left;
};

constexpr a_case of_nothing[] = {
    {"", ""},
    {"select 1", ""},
    {"(1)", ""},
    {"(select (1), (2))", ""},
    {"select * from t where a = 'get_lock(1)' and b = \"@x := 1\"", ""},
    {"select get_lock from get_lock", ""},
    {"select `last_insert_id`, `@@identity`, `sql_calc_found_rows` from `row_count`", ""},
    {"select /* get_lock('a', 1) */ 1 -- @a := 1", ""},
    {"select /*!99999 get_lock('a', 1), */ 1", ""},
    {"select @a, @b + 1", ""},
    {"select * from t where a = @a", ""},
    {"select @@version, @@session.sql_mode, @@global.last_insert_ids", ""},
    {"select count(*), now(), uuid(), sleep(1) from t", ""},
    {"select a from t for update", ""},
    {"select a from t into outfile '/tmp/x'", ""},
    {"with x (a) as (select 1) select a from x", ""},
    {"select is_free_lock('a'), release_lock('a'), connection_id()", ""},
    {"update t set a = 1 where b = 2", ""},
    {"delete t.* from t join u using (a)", ""},
    {"truncate table t", ""},
    {"commit", ""},
    {"rollback work", ""},
    {"rollback to savepoint a", ""},
    {"commit and no chain", ""},
    {"savepoint a", ""},
    {"show tables", ""},
    {"show variables like 'sql_mode'", ""},
    {"show status", ""},
    {"explain select 1", ""},
    {"describe t", ""},
    {"kill 12", ""},
    {"flush tables", ""},
    {"flush local tables a, b", ""},
    {"analyze table t", ""},
    {"optimize table t", ""},
    {"drop temporary table if exists t", ""},
    {"xa end 'a'", ""},
    {"xa recover", ""},
    {"xa prepare 'a'", ""},
    {"handler t close", ""},
    {"deallocate prepare a", ""},
    {"set global sql_log_bin = 0, @@global.timestamp = 1", "sets"},
    {"set session sql_mode = ''", "sets"},
    {"set autocommit = 1", "sets"},
    {"set autocommit = on, sql_mode = default", "sets"},
    {"use shop", "sets"},
};

constexpr a_case of_holds[] = {
    {"create temporary table a (b int)", "begins temporary_table"},
    {"CREATE /* c */ TEMPORARY TABLE IF NOT EXISTS a AS SELECT 1", "begins temporary_table"},
    {"create /*!50000 temporary */ table a (b int)", "begins temporary_table"},
    {"create table a (temporary int)", "defines"},
    {"create table a (b int default (1)) comment 'temporary table'", "defines"},
    {"lock tables a read, b write", "begins table_lock"},
    {"lock table a write", "begins table_lock"},
    {"unlock tables", "ends table_lock"},
    {"unlock table", "ends table_lock"},
    {"flush tables with read lock", "begins table_lock"},
    {"flush table a, b with read lock", "begins table_lock"},
    {"flush no_write_to_binlog tables a for export", "begins table_lock"},
    {"flush tables `lock`", ""},
    {"lock instance for backup", "begins setting"},
    {"select get_lock('a', 1)", "begins named_lock"},
    {"do GET_LOCK('a', 1)", "begins named_lock"},
    {"select 1 from t where get_lock(a, 1) = 1", "begins named_lock"},
    {"set @a = get_lock('x', 0)", "begins named_lock, variables a"},
    {"select release_all_locks()", "ends named_lock"},
    {"do release_all_locks()", "ends named_lock"},
    {"select release_all_locks() as freed;", "ends named_lock"},
    {"select release_all_locks() from t where a = 1", ""},
    {"select release_all_locks(), get_lock('a', 1)", "begins named_lock"},
    {"insert into get_lock (a) values (1)", ""},
    {"handler t open", "begins handler"},
    {"handler s.t open as u", "begins handler"},
    {"handler t read first", ""},
    {"prepare a from 'select 1'", "begins prepared"},
    {"prepare a from @b", "begins prepared"},
    {"xa start 'a'", "begins xa, block"},
    {"xa begin 'a', 'b'", "begins xa, block"},
    {"xa commit 'a'", "ends xa"},
    {"xa commit 'a' one phase", "ends xa"},
    {"xa rollback 'a'", "ends xa"},
    {"select 1; set @@session.sql_log_bin = @a", "begins setting, sets, unlogged"},
    {"set @@local.`Timestamp` = 1", "begins setting, sets"},
    {"set a = 1, insert_id = 5", "begins setting, sets"},
    {"set pseudo_thread_id = 5, rand_seed1 = 3", "begins setting, sets"},
    {"set gtid_next = 'automatic'", "begins setting, sets"},
    {"set last_insert_id = 5", "begins setting, sets"},
    {"set role all", "begins setting, sets"},
    {"set resource group r", "begins setting, sets"},
    {"set names utf8mb4, session timestamp = 1", "begins setting, sets collation"},
    {"set @a = 'sql_log_bin', @b = @@sql_log_bin", "variables a b"},
    {"set transaction isolation level serializable", "begins next_transaction, sets"},
    {"set transaction read only", "begins next_transaction, sets"},
    {"set session transaction read only", "sets"},
    {"set global transaction isolation level read committed", "sets"},
    {"set @@transaction_isolation = 'serializable'", "begins next_transaction, sets"},
    {"set session transaction_isolation = 'serializable'", "sets"},
    {"select sql_calc_found_rows * from t limit 1", "begins found_rows"},
    {"(select SQL_CALC_FOUND_ROWS a from t limit 1)", "begins found_rows"},
};

constexpr a_case of_variables[] = {
    {"load data infile 'x' into table t (a, b) set c = now()", ""},
    {"set @A = 1", "variables a"},
    {"set @a := 1, @`B` = 2, @'c' = 3", "variables a b c"},
    {"set @a = 1, @A = 2", "variables a"},
    {"select @a := 1, @b := @a + @c", "variables a b"},
    {"select a, b from t limit 1 into @x, @Y", "variables x y"},
    {"select a into @x from t where b = @y", "variables x"},
    {"select 1 into @a, @b union select 2", "variables a b"},
    {"update t set a = (@n := @n + 1)", "variables n"},
    {"insert into t (a) values (@a := 3)", "variables a"},
    {"create table t as select @a := 1", "variables a, defines"},
    {"load data infile 'x' into table t (a, @b) set c = @b + @d", "variables b d"},
    {"get diagnostics @n = number", "variables n, asks warnings"},
    {"get diagnostics condition 1 @m = message_text, @s = returned_sqlstate",
     "variables m s, asks warnings"},
    {"set @a = 1, sql_mode = ''", "variables a, sets"},
    {"set @`a b` = 1", "variables a b"},
    {"set @`\xc3\xa9` = 1", "unseen, asks insert id, hides insert id, draws sequences"},
    {"set @'\xc3\xa9' = 1", unseen},
    {"select /*! @a := */ 1", "variables a"},
    {"select '@a := 1', \"@b := 1\", `@c := 1`", ""},
};

constexpr a_case of_questions[] = {
    {"select last_insert_id()", "asks insert id"},
    {"select LAST_INSERT_ID ( )", "asks insert id"},
    {"select @@last_insert_id", "asks insert id"},
    {"select @@session.identity", "asks insert id"},
    {"select @@`Identity`", "asks insert id"},
    {"insert into u values (last_insert_id(), 2)", "asks insert id"},
    {"update t set a = last_insert_id(a + 1)", ""},
    {"insert into t values (1) on duplicate key update a = last_insert_id(a)", ""},
    {"select last_insert_id(5)", "hides insert id"},
    {"update t set a = last_insert_id(last_insert_id() + 1)", "asks insert id"},
    {"select a.last_insert_id from t a where b = 'last_insert_id()'", ""},
    {"show warnings", "shows warnings"},
    {"SHOW WARNINGS;", "shows warnings"},
    {"show warnings limit 1", "asks warnings"},
    {"show errors", "asks warnings"},
    {"show count(*) warnings", "asks warnings"},
    {"show count(*) errors", "asks warnings"},
    {"select @@warning_count", "asks warnings"},
    {"select @@session.error_count", "asks warnings"},
    {"select 'show warnings', warning_count from t", ""},
    {"select row_count()", "asks counts"},
    {"select found_rows()", "asks counts"},
    {"select found_rows, row_count from t", ""},
    {"insert into log select found_rows()", "asks counts"},
};

constexpr a_case of_unseen[] = {
    {"select f(1)", unseen},
    {"select s.now()", unseen},
    {"select `now`()", unseen},
    {"update t set a = f(b)", unseen},
    {"call p", unseen},
    {"call p()", unseen},
    {"call s.p(@a, @b, 1)",
     "unseen, variables a b, asks insert id, hides insert id, draws sequences"},
    {"do f()", unseen},
    {"set @a = f()", "unseen, variables a, asks insert id, hides insert id, draws sequences"},
    {"show status where variable_name = (select f())", unseen},
    {"load data infile 'x' into table t set a = f()", unseen},
    {"handler t read first where f(a)", unseen},
    {"insert into f (a, b) values (1, 2)", ""},
    {"insert into t (a) values (1) as n(x) on duplicate key update a = n.x", ""},
    {"select f(a) as g from t", unseen},
    {"explain select f()", unseen},
    {"explain format = json into @v select 1", "variables v"},
    {"create table f (a int, key k (a), check (a > 1))", "defines"},
    {"create table t as select f()",
     "unseen, asks insert id, hides insert id, draws sequences, defines"},
    {"execute a", opaque},
    {"execute a using @b", opaque},
    {"binlog 'abc'", opaque},
    {"select 'a", opaque},
    {"nonsense", opaque},
    {"set x", opaque},
};

constexpr a_case of_settings[] = {
    {"set names utf8mb4", "sets collation"},
    {"set names 'utf8' collate 'utf8_bin'", "sets collation"},
    {"set character set utf8", "sets collation"},
    {"set charset utf8", "sets collation"},
    {"set collation_connection = 'utf8mb4_bin'", "sets collation"},
    {"set @@session.character_set_connection = utf8", "sets collation"},
    {"set a = 'names', b = (select collation_connection from t)", "sets"},
    {"set sql_auto_is_null = 0, autocommit = 1", "sets"},
    {"set sql_auto_is_null = 1, autocommit = 1", "begins setting, sets"},
    {"set autocommit = 0", "sets, block"},
    {"set @@autocommit = off", "sets, block"},
    {"set session autocommit = 1 - 1", "sets, block"},
    {"set @@global.autocommit = 0", "sets"},
    {"begin", "block"},
    {"begin work", "block"},
    {"start transaction read only", "block"},
    {"commit and chain", "block"},
    {"rollback work and chain no release", "block"},
};

constexpr a_case of_definitions[] = {
    {"create view v as select f(), @a from t",
     "unseen, asks insert id, hides insert id, draws sequences, defines"},
    {"create function f() returns int return get_lock('a', 1)", "defines"},
    {"create procedure p() begin set @a = 1; select get_lock('a', 1); end", "defines"},
    {"create procedure p() begin select 1; end; ", "defines"},
    {"create procedure p() select 1; select get_lock('a', 1)", opaque},
    {"create trigger t before insert on u for each row set @a = 1", "defines"},
    {"alter table t add column a int", "defines"},
    {"drop table t", "defines"},
    {"drop procedure if exists p", "defines"},
    {"rename table a to b", "defines"},
    {"create index i on t (a)", "defines"},
    {"grant select on *.* to a", "defines"},
    {"install plugin a soname 'b'", "defines"},
    {"set password = 'a'", ""},
    {"set default role all to a", ""},
};

constexpr a_case of_mariadb[] = {
    {"insert into t values (1)", "draws sequences"},
    {"insert into t values (1) returning a", "hides insert id, draws sequences"},
    {"replace into t values (1) returning a", "hides insert id, draws sequences"},
    {"delete from t returning a", ""},
    {"select nextval(s)", "draws sequences"},
    {"select next value for s", "draws sequences"},
    {"select lastval(s)", "reads sequences"},
    {"select previous value for s", "reads sequences"},
    {"create temporary sequence s", "begins temporary_table"},
    {"create or replace temporary table t (a int)", "begins temporary_table"},
    {"create sequence s", "defines"},
    {"/*M! create temporary table t (a int) */", "begins temporary_table"},
    {"execute immediate 'set @a = 1'", opaque},
    {"set statement max_statement_time = 1 for select 1", opaque},
    {"begin not atomic set @a = 1; end", opaque},
    {"backup stage start", opaque},
    {"prepare a from concat('select ', f())",
     "unseen, begins prepared, asks insert id, hides insert id, draws sequences"},
    {"set gtid_seq_no = 5, skip_replication = 1", "begins setting, sets"},
    {"set @@tx_isolation = 'serializable'", "begins next_transaction, sets"},
};

template <std::size_t size>
void check_all(const a_case (&all)[size], const reading_rules& rules) {
  for (const auto& each : all) {
    CAPTURE(std::string(each.text));
    CHECK(left_by(each.text, rules) == each.left);
    // No literal decides, so that what is known of one text holds for all of its form.
    auto form = normal_form_of(each.text, rules, 1000);
    if (!form || form->text.contains("autocommit")) continue;
    for (std::size_t at; (at = form->text.find(" (")) != std::string::npos;)
      form->text.erase(at, 1);
    CHECK(left_by(form->text, rules) == each.left);
  }
}

}  // namespace

TEST_CASE("most statements leave nothing") {
  check_all(of_nothing, mysql_rules);
  check_all(of_nothing, mariadb_rules);
}

TEST_CASE("what keeps a session on its server") {
  check_all(of_holds, mysql_rules);
}

TEST_CASE("user variables are told by their names") {
  check_all(of_variables, mysql_rules);
}

TEST_CASE("what is asked of the statement before") {
  check_all(of_questions, mysql_rules);
}

TEST_CASE("code that nobody sees may do anything") {
  check_all(of_unseen, mysql_rules);
}

TEST_CASE("settings and blocks") {
  check_all(of_settings, mysql_rules);
  check_all(of_settings, mariadb_rules);
}

TEST_CASE("definitions run nothing of what they define") {
  check_all(of_definitions, mysql_rules);
}

TEST_CASE("what MariaDB alone has") {
  check_all(of_mariadb, mariadb_rules);
  CHECK(left_by("/*M! create temporary table t (a int) */", mysql_rules) == "");
}

TEST_CASE("several statements leave what each of them leaves") {
  CHECK(left_by("set @a = 1; select get_lock('x', 1); set @b = 2", mysql_rules) ==
        "begins named_lock, variables a b");
  CHECK(left_by("update t set a = 1; select row_count()", mysql_rules) == "");
  CHECK(left_by("select 1; nonsense", mysql_rules).starts_with("opaque"));
  CHECK(left_by("lock tables t write; unlock tables", mysql_rules) == "begins table_lock");
}

TEST_CASE("other modes, other texts") {
  reading_rules ansi = mysql_rules;
  ansi.mode.ansi_quotes = true;
  CHECK(left_by("set @\"a\" = 1", ansi) == "variables a");
  CHECK(left_by("select \"get_lock\"(1)", ansi) == unseen);
  reading_rules oracle = mariadb_rules;
  oracle.mode.other_grammar = true;
  CHECK(left_by("select 1", oracle) == opaque);
}

TEST_CASE("what is long is read up to a limit") {
  std::string rows = "insert into t (a) values (1)";
  while (rows.size() < leavings_bytes_max - 100) rows += ",(@a)";
  CHECK(left_by(rows) == "");
  CHECK(left_by(rows + ",(@b := 1)") == "variables b");
  CHECK(left_by(rows + std::string(200, ' ')) == opaque);
}

TEST_CASE("holds have words") {
  for (std::uint16_t bit = 1; bit <= bit_of(hold::found_rows); bit <<= 1)
    CHECK(words_of_hold(static_cast<enum hold>(bit)).starts_with("it "));
  CHECK(words_of_hold(hold::temporary_table) == "it has a temporary table");
}

TEST_CASE("one that has not been read may leave anything") {
  CHECK(words_of(leavings_of_unseen()) == opaque);
}
