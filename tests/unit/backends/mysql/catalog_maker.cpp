#include "backends/mysql/catalog_maker.hpp"

#include <doctest/doctest.h>

#include <string>

#include "backends/mysql/leavings.hpp"
#include "backends/mysql/placement.hpp"
#include "backends/mysql/statement_reader.hpp"

using namespace skein::mysql;
using skein::place;

namespace {

constexpr reading_rules rules{.of = flavour::mariadb, .version = 101119};

// Databases of a shop, with what each case needs.
struct shop {
  server_code code = {};

  shop() {
    code.rules = rules;
    code.databases = {"shop", "stock"};
    code.sees_triggers = true;
    code.loaded.emplace();
    for (const char* each : {"t", "u", "log"}) table(each);
    table("t", "InnoDB", "stock");
  }
  shop& table(const char* name, const char* engine = "InnoDB", const char* database = "shop") {
    code.relations.push_back({database, name, "BASE TABLE", engine});
    return *this;
  }
  shop& view(const char* name, const char* definition, const char* database = "shop") {
    code.relations.push_back({database, name, "VIEW", ""});
    code.views.push_back({database, name, definition});
    return *this;
  }
  shop& code_of(routine kind, const char* name, const char* body, const char* database) {
    code.routines.push_back(
        {.kind = kind, .database = database, .name = name, .body = body, .parameters = {"x"}});
    return *this;
  }
  shop& function(const char* name, const char* body, const char* database = "shop") {
    return code_of(routine::function, name, body, database);
  }
  shop& procedure(const char* name, const char* body) {
    return code_of(routine::procedure, name, body, "shop");
  }
  shop& trigger(const char* table, const char* body) {
    code.triggers.push_back({"shop", table, body, ""});
    return *this;
  }

  // "any", or why not; and whether it may leave what nobody sees.
  std::string plan(std::string_view sql, std::string_view database = "shop") const {
    const auto known = make_catalog(code);
    const auto placed = place_of(sql, rules, known.get(), database);
    const bool unseen = leavings_of(sql, rules, known.get(), database).unseen;
    return (placed.where == place::any ? "any" : placed.why) + (unseen ? "; unseen" : "");
  }
};

}  // namespace

TEST_CASE("tables that all members share may be read anywhere") {
  shop in;
  in.table("m", "MEMORY").table("f", "FEDERATED").table("broken", "").table("Old", "Aria");
  in.code.relations.push_back({"shop", "s", "SEQUENCE", "InnoDB"});
  in.code.relations.push_back({"shop", "h", "SYSTEM VERSIONED", "InnoDB"});
  CHECK(in.plan("select * from t, stock.t, u join h using (a)") == "any");
  CHECK(in.plan("select * from m") ==
        "it reads m, which is stored by MEMORY and not shared by all members");
  CHECK(in.plan("select 1 from t where a in (select b from shop.f)") ==
        "it reads shop.f, which is stored by FEDERATED and not shared by all members");
  CHECK(in.plan("select * from broken") ==
        "it reads broken, which is not stored by an engine that is known");
  CHECK(in.plan("select * from s") == "it reads s, which is a sequence");
  CHECK(in.plan("select * from Old") == "any");
}

TEST_CASE("bare names are meant by the current database") {
  shop in;
  in.view("v", "select get_lock('a',1) AS `x`", "stock").table("v");
  CHECK(in.plan("select * from v") == "any");
  CHECK(in.plan("select * from v", "stock") == "it reads v, which may run get_lock; unseen");
  CHECK(in.plan("select * from shop.v", "stock") == "any");
  CHECK(in.plan("select * from v", "") == "it reads v, which is not known; unseen");
  CHECK(in.plan("select * from elsewhere.t") == "it reads elsewhere.t, which is not known; unseen");
  CHECK(in.plan("select * from threads", "performance_schema") ==
        "it reads threads, which tells of one server");
  CHECK(in.plan("select * from statistics", "information_schema") == "any");
  CHECK(in.plan("select * from sys.processlist").ends_with("; unseen"));
  CHECK(in.plan("select 1") == "any");
}

TEST_CASE("names fold as the server folds them") {
  shop in;
  in.table("Big");
  CHECK(in.plan("select * from big") == "it reads big, which is not known; unseen");
  in.code.folds = true;
  CHECK(in.plan("select * from big") == "any");
  CHECK(in.plan("select * from SHOP.BIG", "Stock") == "any");
  CHECK(in.plan("select * from T", "STOCK") == "any");
}

TEST_CASE("a name with a dot in it is not taken for another database's") {
  shop in;
  in.table("stock.t").table("stock.x");
  CHECK(in.plan("select * from `stock.t`").ends_with("which is not known; unseen"));
  CHECK(in.plan("select * from stock.t").ends_with("which is not known; unseen"));
  CHECK(in.plan("select * from stock.`t.u`").ends_with("which is not known; unseen"));
}

TEST_CASE("a view is what it is made of, however far away") {
  shop in;
  in.view("v", "select `shop`.`t`.`a` AS `a`,count(0) AS `n` from `shop`.`t`")
      .view("w", "select `shop`.`v`.`a` AS `a`,`f`(1) AS `b` from (`shop`.`v` join `shop`.`u`)")
      .function("f", "return (select max(a) from w2)")
      .view("w2", "select `shop`.`m`.`a` AS `a` from `shop`.`m`")
      .table("m", "MEMORY")
      .view("hidden", "")
      .view("lock", "select get_lock('a',1) AS `x`")
      .view("dice", "select rand() AS `r`")
      .view("next", "select nextval(`shop`.`s`) AS `n`")
      .view("gone", "select `shop`.`lost`.`a` AS `a` from `shop`.`lost`")
      .view("threads", "select `t`.`id` AS `id` from `performance_schema`.`threads` `t`");
  CHECK(in.plan("select * from v") == "any");
  CHECK(in.plan("select * from w") == "it reads w, which may read m");
  CHECK(in.plan("select f(1)") == "it calls f, which may read m");
  CHECK(in.plan("select * from hidden") == "it reads hidden, which cannot be seen through; unseen");
  CHECK(in.plan("select * from `lock`") == "it reads lock, which may run get_lock; unseen");
  CHECK(in.plan("select * from dice") == "any");
  CHECK(in.plan("select * from next") == "it reads next, which may run nextval");
  CHECK(in.plan("select * from gone") == "it reads gone, which may read lost; unseen");
  CHECK(in.plan("select * from threads") == "it reads threads, which may read threads");
}

TEST_CASE("a function that is read through and only reads may be called anywhere") {
  shop in;
  in.function("pure", "return x + 1")
      .function("reads", "begin declare y int; select max(a) into y from t; return y; end")
      .function("dice", "return rand()")
      .function("writes", "begin insert into log (a) values (x); return 1; end")
      .function("locks", "return (select a from t limit 1 for update)")
      .function("sets", "begin set @a = x; return 1; end")
      .function("calls", "return stock.far(x)")
      .function("far", "return writes2()", "stock")
      .function("writes2", "begin delete from t; return 1; end", "stock")
      .function("lost", "return nowhere(x)")
      .function("hidden", "")
      .function("uses_id", "return last_insert_id()");
  CHECK(in.plan("select pure(1), PURE(2), shop.Pure(3), `pure`(4)") == "any");
  CHECK(in.plan("select reads(1) from t") == "any");
  CHECK(in.plan("select dice()") == "any");
  CHECK(in.plan("select writes(1)") == "it calls writes, which writes (INSERT)");
  CHECK(in.plan("select locks(1)") == "it calls locks, which locks rows (FOR UPDATE)");
  CHECK(in.plan("select sets(1)") == "it calls sets, which belongs to its session (@a); unseen");
  CHECK(in.plan("select calls(1)") == "it calls calls, which may run writes2");
  CHECK(in.plan("select lost(1)") == "it calls lost, which may run nowhere; unseen");
  CHECK(in.plan("select hidden(1)") == "it calls hidden, which cannot be seen through; unseen");
  CHECK(in.plan("select uses_id(1)") == "it calls uses_id, which may run last_insert_id; unseen");
  CHECK(in.plan("select pure(1)", "stock") == "it calls pure, which is not known; unseen");
  CHECK(in.plan("select stock.pure(1)") == "it calls pure, which is not known; unseen");
  CHECK(in.plan("update t set a = pure(1)") == "it writes (UPDATE)");
  CHECK(in.plan("update t set a = sets(1)") == "it writes (UPDATE); unseen");
}

TEST_CASE("a library's functions come before a database's") {
  shop in;
  in.function("pure", "return 1").function("now", "return 1").function("abs", "return 1");
  in.code.loaded = {"Pure"};
  CHECK(in.plan("select pure()") == "it calls pure, which is not known; unseen");
  CHECK(in.plan("select shop.pure()") == "any");
  in.code.loaded.reset();
  CHECK(in.plan("select pure()") == "it calls pure, which is not known; unseen");
  CHECK(in.plan("select shop.pure()") == "any");
  in.code.loaded.emplace();
  CHECK(in.plan("select pure(), shop.now(), now ()") == "any");
  CHECK(in.plan("select `abs`(1)") == "it calls abs, which is not known; unseen");
}

TEST_CASE("who changes rows runs triggers") {
  shop in;
  in.trigger("t", "set new.a = 1")
      .trigger("u", "insert into log values (1)")
      .trigger("log", "set @a = 1")
      .view("v", "select `shop`.`log`.`a` AS `a` from `shop`.`log`")
      .procedure("p", "begin update t set a = 1; end")
      .procedure("q", "begin update u set a = 1; end")
      .procedure("r", "begin call q(); end")
      .procedure("self", "begin call self(); end");
  CHECK(in.plan("insert into t values (1)") == "it writes (INSERT)");
  CHECK(in.plan("insert into log values (1)") == "it writes (INSERT); unseen");
  CHECK(in.plan("delete from u") == "it writes (DELETE); unseen");
  CHECK(in.plan("update v set a = 1") == "it writes (UPDATE); unseen");
  CHECK(in.plan("select * from u, log, v") == "any");
  CHECK(in.plan("call p()") == "it runs code (CALL)");
  CHECK(in.plan("call p") == "it runs code (CALL)");
  CHECK(in.plan("call q(1)") == "it runs code (CALL); unseen");
  CHECK(in.plan("call shop.r(1)") == "it runs code (CALL); unseen");
  CHECK(in.plan("call self()") == "it runs code (CALL)");
  CHECK(in.plan("call p(f(1))") == "it calls f, which is not known; unseen");
  CHECK(in.plan("call stock.p()") == "it calls p, which is not known; unseen");
  in.code.sees_triggers = false;
  in.code.sees_triggers_of = {"shop"};
  CHECK(in.plan("insert into t values (1)") == "it writes (INSERT)");
  CHECK(in.plan("insert into stock.t values (1)") == "it writes (INSERT); unseen");
  in.code.sees_triggers_of = {};
  CHECK(in.plan("insert into t values (1)") == "it writes (INSERT); unseen");
  CHECK(in.plan("select * from t") == "any");
}

TEST_CASE("definitions run nothing") {
  shop in;
  in.view("v", "select get_lock('a',1) AS `x`");
  CHECK(in.plan("drop view v") == "it defines (DROP VIEW)");
  CHECK(in.plan("create table new (a int)") == "it defines (CREATE TABLE)");
  CHECK(in.plan("create table new select * from t") == "it defines (CREATE TABLE)");
  CHECK(in.plan("create table new select * from v") == "it defines (CREATE TABLE); unseen");
  CHECK(in.plan("create temporary table new select * from t") == "it defines (CREATE TABLE)");
}

TEST_CASE("facts are of one database, and plain where all is known") {
  shop in;
  in.view("v", "select get_lock('a',1) AS `x`", "stock").table("v");
  const auto known = make_catalog(in.code, "digest");
  CHECK(known->digest() == "digest");
  CHECK(known->in_words() == "of 6 relations 1 and of 0 routines 0 are the leader's alone");
  statement_reader reader;
  for (int time = 0; time < 3; ++time) {
    const auto here = reader.read("select * from v where a = 1", rules, "shop", known.get());
    CHECK(here.facts->plain);
    const auto there = reader.read("select * from v where a = 2", rules, "stock", known.get());
    CHECK(there.facts->where == place::leader);
    CHECK(there.left->unseen);
    CHECK_FALSE(there.facts->plain);
  }
  CHECK(reader.misses() == 2);
}
