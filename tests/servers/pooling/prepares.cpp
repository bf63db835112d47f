// PREPARE, EXECUTE and DEALLOCATE of SQL by two clients over one server connection: names, errors
// and their places, tags and results are those of a server of one's own, and nobody is pinned.
#include <doctest/doctest.h>

#include <memory>

#include "tests/servers/pooling/picture.hpp"
#include "tests/servers/pooling/raw_client.hpp"

using namespace skein::servers;
using namespace said;

namespace {

struct scene {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein{shop, one_server()};
  raw_client one{skein.words(app)};
  raw_client other{skein.words(app)};
  pg_session alone{direct_words(shop.leader(), app)};
  std::string make(const std::string& sql) {
    shop.leader().query_as(app, sql);
    return sql;
  }
};

// All that a client can see of an answer but the server's own source lines.
std::string answer(pg_session& who, const std::string& sql, bool extended) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> told(
      extended ? PQexecParams(who.raw(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0)
               : PQexec(who.raw(), sql.c_str()),
      &PQclear);
  std::string all = PQresStatus(PQresultStatus(told.get()));
  all += std::string(" ") + PQcmdStatus(told.get());
  for (const int field : {PG_DIAG_SQLSTATE, PG_DIAG_MESSAGE_PRIMARY, PG_DIAG_MESSAGE_DETAIL,
                          PG_DIAG_MESSAGE_HINT, PG_DIAG_STATEMENT_POSITION})
    if (const char* value = PQresultErrorField(told.get(), field)) all += std::string("; ") + value;
  for (int line = 0; line < PQntuples(told.get()); ++line)
    for (int column = 0; column < PQnfields(told.get()); ++column)
      all += std::string(" | ") + PQfname(told.get(), column) + "=" +
             PQgetvalue(told.get(), line, column);
  return all;
}

// What a client says, one statement after the other.
const std::vector<std::string> talk = {
    "prepare p (int) as select $1 * 2 as twice",
    "execute p(21)",
    "execute p(21, 22)",
    "execute p",
    "execute p('a')",
    "execute p(x)",
    "EXPLAIN (costs off) EXECUTE p(1)",
    "create table made as execute p(4)",
    "select * from made",
    "create temp table brief on commit drop as execute p(4)",
    "prepare p as select 1",
    "prepare \"P q\" (text, numeric(10, 2)[]) as select $1 || $2[1]",
    "execute \"P q\"('a', array[1.5])",
    "execute /* ä */ \"P q\" ('ä', nowhere)",
    "prepare \"ä\" as select 'ä', nowhere",
    "/* ä */ prepare \"ä\" as select 'ä' as word",
    "execute \"ä\"",
    "execute   \"ä\"  (nowhere)",
    "prepare bad as selec 1",
    "prepare bad as select n + from t",
    "prepare bad as select nowhere from t",
    "prepare bad as select * from missing",
    "prepare bad (nosuch) as select $1",
    "prepare bad as select $1 + $2",
    "execute bad",
    "deallocate bad",
    "prepare ins as insert into t values ($1, $2) returning n",
    "execute ins(1, 'one')",
    "execute ins(1, 'one')",
    "prepare upd as update t set word = $2 where n = $1",
    "execute upd(1, 'uno')",
    "prepare del as with gone as (delete from t returning n) select count(*) from gone",
    "execute del",
    "prepare v as values (1), (2)",
    "execute v",
    "begin",
    "prepare in_block as select 1",
    "execute in_block",
    "select 1/0",
    "execute in_block",
    "prepare late as select 1",
    "deallocate in_block",
    "rollback",
    "execute in_block",
    "deallocate in_block",
    "execute in_block",
    "deallocate prepare p",
    "execute p",
    "prepare p as select 3",
    "execute p",
    "prepare next as select nextval('s')",
    "execute next",
    "discard plans",
    "execute p",
    "deallocate all",
    "execute p",
    "prepare p as select 4",
    "discard all",
    "execute p",
    "prepare p as select set_config('work_mem', $1, false)",
    "execute p('3MB')",
    "show work_mem",
    "deallocate p",
};

// The same of what is not understood: the session keeps its server meanwhile.
const std::vector<std::string> pinning_talk = {
    "prepare bad as select 1 into made",
    "execute bad",
    "deallocate bad",
    "prepare bad as begin",
    "execute bad",
    "prepare bad as",
    "deallocate bad",
};

}  // namespace

TEST_CASE("what a client hears is what it would hear alone") {
  scene at;
  at.make("create table t (n int primary key, word text); create sequence s");
  for (const bool extended : {false, true}) {
    CAPTURE(extended);
    pg_session alone(direct_words(at.shop.leader(), app));
    pg_session pooled(at.skein.words(app));
    pg_session beside(at.skein.words(app));
    REQUIRE(beside.ask("prepare p as select 'not mine'").ok());
    for (const std::string& sql : talk) {
      CAPTURE(sql);
      at.make("drop table if exists made; truncate t; alter sequence s restart");
      const std::string expected = answer(alone, sql, extended);
      at.make("drop table if exists made; truncate t; alter sequence s restart");
      CHECK(answer(pooled, sql, extended) == expected);
      if (PQtransactionStatus(pooled.raw()) == PQTRANS_IDLE)
        CHECK(beside.value("execute p") == "not mine");
    }
  }
}

TEST_CASE("and so it is with what cannot be carried from server to server") {
  scene at;
  for (const bool extended : {false, true}) {
    CAPTURE(extended);
    pg_session alone(direct_words(at.shop.leader(), app));
    pg_session pooled(at.skein.words(app));
    for (const std::string& sql : pinning_talk) {
      CAPTURE(sql);
      at.make("drop table if exists made");
      const std::string expected = answer(alone, sql, extended);
      at.make("drop table if exists made");
      CHECK(answer(pooled, sql, extended) == expected);
    }
  }
}

TEST_CASE("names are one, whether SQL or the protocol gives them") {
  scene at;
  CHECK(at.one.ask(query("prepare s as select 1")) == "CZI");
  CHECK(at.other.ask(parse("s", "select 2") + sync_up) == "1ZI");
  for (int round = 0; round < 3; ++round) {
    CHECK(at.one.ask(bind_to("s") + execute() + sync_up) == "2D(1)CZI");
    CHECK(at.other.ask(query("execute s")) == "TD(2)CZI");
    CHECK(at.one.ask(at_once("execute s") + sync_up) == "12D(1)CZI");
    CHECK(at.one.ask(describe('S', "s") + sync_up) == "tTZI");
  }
  CHECK(at.one.ask(parse("s", "select 3") + sync_up) == "E(42P05)ZI");
  CHECK(at.other.ask(query("prepare s as select 3")) == "E(42P05)ZI");
  CHECK(at.other.ask(at_once("prepare s as select 3") + sync_up) == "12E(42P05)ZI");
  CHECK(at.one.ask(close('S', "s") + sync_up + query("execute s")) == "3ZIE(26000)ZI");
  CHECK(at.other.ask(query("deallocate s") + bind_to("s") + sync_up) == "CZIE(26000)ZI");
}

TEST_CASE("a pipeline of PREPARE, EXECUTE and DEALLOCATE") {
  scene at;
  const std::string many = query("prepare a as select 1") + query("execute a") +
                           query("prepare a as select 2") + query("deallocate a") +
                           query("execute a") + query("prepare a as select 3") + bind_to("a") +
                           execute() + sync_up + query("deallocate all") + query("execute a");
  const std::string once = at_once("prepare b as select 4") + at_once("execute b") +
                           at_once("deallocate b") + at_once("execute b") +
                           at_once("prepare c as select 5") + sync_up + query("execute c");
  for (int round = 0; round < 3; ++round) {
    at.one.socket.send(many);
    CHECK(at.other.ask(query("select 8")) == "TD(8)CZI");
    CHECK(at.one.hear(9) == "CZITD(1)CZIE(42P05)ZICZIE(26000)ZICZI2D(3)CZICZIE(26000)ZI");
    CHECK(at.one.ask(once) == "12C12D(4)C12C12E(26000)ZIE(26000)ZI");
  }
}

TEST_CASE("an EXECUTE that is itself prepared runs what its name stands for now") {
  scene at;
  const std::string run = bind_to("runs") + execute() + sync_up;
  CHECK(at.one.ask(query("prepare s as select 1") + parse("runs", "execute s") + run) ==
        "CZI12D(1)CZI");
  CHECK(at.other.ask(query("prepare s as select 2") + parse("runs", "execute s") + run) ==
        "CZI12D(2)CZI");
  CHECK(at.one.ask(run) == "2D(1)CZI");
  CHECK(at.one.ask(query("deallocate s") + run) == "CZI2E(26000)ZI");
  CHECK(at.one.ask(query("prepare s as select 3") + run) == "CZI2D(3)CZI");
  CHECK(at.other.ask(describe('S', "runs") + run) == "tT2D(2)CZI");
}

TEST_CASE("several statements in one message") {
  scene at;
  const std::string whole = query("prepare a as select 1; execute a; deallocate a; select 2");
  CHECK(at.one.ask(whole) == "CTD(1)CCTD(2)CZI");
  CHECK(at.other.ask(query("prepare a as select 5")) == "CZI");
  CHECK(at.one.ask(query("prepare a as select 3")) == "CZI");
  CHECK(at.one.ask(query("execute a; select 4; execute a")) == "TD(3)CTD(4)CTD(3)CZI");
  CHECK(at.one.ask(query("select 1/0; deallocate a")) == "E(22012)ZI");
  CHECK(at.one.ask(query("deallocate a; select 1/0")) == "CE(22012)ZI");
  CHECK(at.one.ask(query("execute a")) == "E(26000)ZI");
  CHECK(at.other.ask(query("execute a")) == "TD(5)CZI");
}

TEST_CASE("tables change under what SQL has prepared, and the next use heals") {
  scene at;
  at.make("create table t (n int); insert into t values (1)");
  for (raw_client* client : {&at.one, &at.other})
    CHECK(client->ask(query("prepare s as select * from t") + query("execute s")) == "CZITD(1)CZI");
  at.make("alter table t add m int default 2");
  CHECK(at.one.ask(query("execute s")) == "E(0A000)ZI");
  CHECK(at.one.last_words == "cached plan must not change result type");
  CHECK(at.one.ask(query("execute s")) == "TD(1)CZI");
  CHECK(at.other.ask(at_once("execute s") + sync_up) == "12D(1)CZI");
  at.make("alter table t drop m");
  at.other.ask(at_once("execute s") + sync_up);
  CHECK(at.other.ask(at_once("execute s") + sync_up) == "12D(1)CZI");
  at.make("drop table t");
  CHECK(at.one.ask(query("begin") + query("execute s") + query("rollback")) == "CZTE(42P01)ZECZI");
  CHECK(at.other.ask(query("execute s")) == "E(42P01)ZI");
}

TEST_CASE("what SQL has prepared outlives the server connection") {
  scene at;
  CHECK(at.one.ask(query("prepare s (int) as select $1 + 1")) == "CZI");
  at.shop.leader().query(
      "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'app'");
  CHECK(at.one.ask(query("execute s(41)")) == "TD(42)CZI");
  // And somebody who takes it away on the server.
  const std::string all = "do $$ begin execute 'deallocate all'; end $$";
  CHECK(at.other.ask(query(all)) == "CZI");
  at.one.ask(query("execute s(41)"));
  CHECK(at.one.ask(query("execute s(41)")) == "TD(42)CZI");
  const std::string value(300'000, 'x');
  CHECK(at.one.ask(query("prepare long (text) as select length($1)")) == "CZI");
  CHECK(at.other.ask(query("select 1")) == "TD(1)CZI");
  CHECK(at.one.ask(query("execute long('" + value + "')")) == "TD(300000)CZI");
  CHECK(at.one.ask(at_once("execute long('" + value + "')") + sync_up) == "12D(300000)CZI");
}

TEST_CASE("the types of a PREPARE are the server's") {
  scene at;
  const std::string types =
      "int, integer[], bigint, smallint array, real, float, double precision, numeric(3), dec, "
      "boolean, bool[], bit, bit varying(3), char(3), character varying, varchar[], bpchar, text, "
      "text[], name, bytea, date, time, time with time zone, timestamp(3), timestamptz[], "
      "timestamp without time zone, interval, uuid, json, jsonb[], xml, oid, money, inet, cidr, "
      "regclass, tsvector, tsquery[], int2, int4, int8[], float4, float8, varbit, timetz, decimal";
  const std::string text = "prepare typed (" + types + ") as select 1";
  REQUIRE(at.alone.ask(text).ok());
  CHECK(at.one.ask(query(text)) == "CZI");
  const std::string asks = "select parameter_types from pg_prepared_statements where name ";
  CHECK(at.one.ask(query(asks + "like 'skein\\_%' and statement = 'select 1'")) ==
        "TD(" + at.alone.value(asks + "= 'typed'") + ")CZI");
}
