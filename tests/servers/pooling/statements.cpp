// Two clients that speak the protocol by hand over one server connection: prepared statements have
// names, and each client its own; what fails for one fails for it alone.
#include <doctest/doctest.h>

#include "tests/servers/pooling/picture.hpp"
#include "tests/servers/pooling/raw_client.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace said;

namespace {

struct scene {
  // Before what the database defines is known, settings may be any behind each statement, and what
  // is prepared nobody else's.
  explicit scene(const skein_options& how = one_server()) : skein(shop, how) {
    wait_until([&] { return skein.log().contains("what a database defines has been read"); },
               std::chrono::seconds(10), "what the database defines is known");
  }

  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein;
  raw_client one{skein.words(app)};
  raw_client other{skein.words(app)};
  std::string make(const std::string& sql) {
    shop.leader().query_as(app, sql);
    return sql;
  }
};

}  // namespace

TEST_CASE("the same name means another statement to each client") {
  scene at;
  CHECK(at.one.ask(parse("s", "select 1") + sync_up) == "1ZI");
  CHECK(at.other.ask(parse("s", "select 2") + sync_up) == "1ZI");
  for (int round = 0; round < 3; ++round) {
    CHECK(at.one.ask(bind_to("s") + execute() + sync_up) == "2D(1)CZI");
    CHECK(at.other.ask(bind_to("s") + execute() + sync_up) == "2D(2)CZI");
  }
  CHECK(at.one.ask(parse("s", "select 3") + sync_up) == "E(42P05)ZI");
  CHECK(at.one.ask(close('S', "s") + sync_up) == "3ZI");
  CHECK(at.one.ask(bind_to("s") + execute() + sync_up) == "E(26000)ZI");
  CHECK(at.other.ask(bind_to("s") + execute() + sync_up) == "2D(2)CZI");
  CHECK(at.one.ask(parse("s", "select 3") + bind_to("s") + execute() + sync_up) == "12D(3)CZI");
  CHECK(at.other.ask(bind_to("s") + execute() + sync_up) == "2D(2)CZI");
}

TEST_CASE("the unnamed statement is each client's own, also over several Syncs") {
  scene at;
  CHECK(at.one.ask(parse("", "select 'one'") + sync_up) == "1ZI");
  CHECK(at.other.ask(parse("", "select 'other'") + sync_up) == "1ZI");
  CHECK(at.one.ask(bind_to("") + execute() + sync_up) == "2D(one)CZI");
  CHECK(at.other.ask(describe('S', "") + bind_to("") + execute() + sync_up) == "tT2D(other)CZI");
  CHECK(at.other.ask(close('S', "") + sync_up) == "3ZI");
  CHECK(at.other.ask(bind_to("") + sync_up) == "E(26000)ZI");
  CHECK(at.one.ask(bind_to("") + execute() + sync_up) == "2D(one)CZI");
  // A simple query takes it away.
  CHECK(at.one.ask(query("select 7")) == "TD(7)CZI");
  CHECK(at.one.ask(bind_to("") + execute() + sync_up) == "E(26000)ZI");
}

TEST_CASE("a lone Describe, a lone Parse, a lone Close, a lone Sync, a lone Flush") {
  scene at;
  CHECK(at.one.ask(parse("s", "select $1::int") + sync_up) == "1ZI");
  CHECK(at.other.ask(query("select 2")) == "TD(2)CZI");
  CHECK(at.one.ask(describe('S', "s") + sync_up) == "tTZI");
  CHECK(at.other.ask(describe('S', "s") + sync_up) == "E(26000)ZI");
  CHECK(at.other.ask(describe('P', "none") + sync_up) == "E(34000)ZI");
  CHECK(at.other.ask(close('S', "none") + close('P', "none") + sync_up) == "33ZI");
  CHECK(at.other.ask(sync_up + sync_up) == "ZIZI");
  at.other.socket.send(flush);
  CHECK(at.one.ask(bind_to("s", "", {"4"}) + describe('P', "") + execute() + sync_up) ==
        "2TD(4)CZI");
  at.one.socket.send(describe('S', "s") + flush);
  CHECK(at.one.hear_messages(2) == "tT");
  CHECK(at.one.ask(sync_up) == "ZI");
}

TEST_CASE("a pipeline of several Syncs: an error costs its own round only") {
  scene at;
  const std::string many = parse("a", "select 1") + bind_to("a") + execute() + sync_up +    //
                           parse("b", "selec") + bind_to("a") + execute() + sync_up +       //
                           bind_to("a") + execute() + parse("c", "select 3") + sync_up +    //
                           at_once("select 1/0") + parse("d", "select 4") + sync_up +       //
                           bind_to("c") + execute() + bind_to("d") + execute() + sync_up +  //
                           query("select 5") + at_once("select 6") + sync_up;
  const std::string expected =
      "12D(1)CZI"
      "E(42601)ZI"
      "2D(1)C1ZI"
      "1E(22012)ZI"
      "2D(3)CE(26000)ZI"
      "TD(5)CZI12D(6)CZI";
  for (int round = 0; round < 3; ++round) {
    at.one.socket.send(many);
    CHECK(at.other.ask(at_once("select 8") + sync_up) == "12D(8)CZI");
    CHECK(at.one.hear(7) == expected);
    CHECK(at.one.ask(close('S', "a") + close('S', "c") + sync_up) == "33ZI");
  }
  // What is no error to a server: a block that fails, and goes on failing.
  CHECK(at.one.ask(query("begin") + at_once("select 1/0") + sync_up + at_once("select 1") +
                   sync_up + query("rollback")) == "CZT1E(22012)ZEE(25P02)ZECZI");
}

TEST_CASE("names under way are undone where the pipeline fails") {
  scene at;
  CHECK(at.one.ask(parse("kept", "select 1") + sync_up) == "1ZI");
  CHECK(at.one.ask(at_once("select 1/0") + close('S', "kept") + parse("new", "select 2") +
                   sync_up) == "1E(22012)ZI");
  CHECK(at.one.ask(bind_to("kept") + execute() + sync_up) == "2D(1)CZI");
  CHECK(at.one.ask(bind_to("new") + execute() + sync_up) == "E(26000)ZI");
  // Prepared in a block that is rolled back, it stays, as it does on a server.
  CHECK(at.one.ask(query("begin") + parse("in_block", "select 3") + sync_up + query("rollback")) ==
        "CZT1ZTCZI");
  CHECK(at.other.ask(query("select 2")) == "TD(2)CZI");
  CHECK(at.one.ask(bind_to("in_block") + execute() + sync_up) == "2D(3)CZI");
}

TEST_CASE("portals with a row limit, inside a block") {
  scene at;
  const std::string open = query("begin") + parse("n", "select generate_series(1, 5)") +
                           bind_to("n", "p") + describe('P', "p") + execute("p", 2) + sync_up;
  CHECK(at.one.ask(open) == "CZT12TD(1)D(2)sZT");
  CHECK(at.one.ask(execute("p", 2) + sync_up) == "D(3)D(4)sZT");
  CHECK(at.one.ask(query("select 1")) == "TD(1)CZT");
  CHECK(at.one.ask(execute("p", 0) + close('P', "p") + sync_up) == "D(5)C3ZT");
  CHECK(at.one.ask(execute("p", 0) + sync_up + query("rollback")) == "E(34000)ZECZI");
  // Without a block the Sync ends it.
  CHECK(at.one.ask(bind_to("n", "p") + execute("p", 1) + execute("p", 1) + sync_up) ==
        "2D(1)sD(2)sZI");
  CHECK(at.other.ask(execute("p", 1) + sync_up) == "E(34000)ZI");
  CHECK(at.one.ask(execute("p", 1) + sync_up) == "E(34000)ZI");
}

TEST_CASE("tables change under prepared statements, and the next use heals") {
  scene at;
  at.make("create table t (n int); insert into t values (1)");
  for (raw_client* client : {&at.one, &at.other})
    CHECK(client->ask(parse("s", "select * from t") + bind_to("s") + execute() + sync_up) ==
          "12D(1)CZI");
  at.make("alter table t add m int default 2");
  // As with a server alone: each hears of it, once, and may try again.
  for (raw_client* client : {&at.one, &at.other}) {
    CHECK(client->ask(bind_to("s") + execute() + sync_up) == "E(0A000)ZI");
    CHECK(client->last_words == "cached plan must not change result type");
    CHECK(client->ask(bind_to("s") + execute() + sync_up) == "2D(1)CZI");
  }
  at.make("alter table t alter n type text using 'x' || n");
  CHECK(at.other.ask(query("begin") + bind_to("s") + execute() + sync_up + query("rollback")) ==
        "CZTE(0A000)ZECZI");
  CHECK(at.other.ask(bind_to("s") + execute() + sync_up) == "2D(x1)CZI");
  // Told of the new shape, one has nothing to be warned of.
  CHECK(at.one.ask(describe('S', "s") + bind_to("s") + execute() + sync_up) == "tT2D(x1)CZI");
  at.make("drop table t");
  CHECK(at.one.ask(bind_to("s") + execute() + sync_up) == "E(42P01)ZI");
  CHECK(at.other.ask(bind_to("s") + execute() + sync_up) == "E(42P01)ZI");
  at.make("create table t (n int); insert into t values (7)");
  CHECK(at.one.ask(bind_to("s") + execute() + sync_up) == "E(0A000)ZI");
  CHECK(at.one.ask(bind_to("s") + execute() + sync_up) == "2D(7)CZI");
}

TEST_CASE("a table that changes costs a client one error, however many servers it runs on") {
  scene at({.pool_size = 2, .threads = 1});
  auto& [shop, skein, one, other] = at;
  at.make("create table t (n int); insert into t values (1)");
  const std::string run = bind_to("s") + execute() + sync_up;
  CHECK(one.ask(parse("s", "select * from t") + run) == "12D(1)CZI");
  // One holds its server, so that the statement runs on the other.
  CHECK(other.ask(query("begin")) == "CZT");
  CHECK(one.ask(run) == "2D(1)CZI");
  CHECK(other.ask(query("commit")) == "CZI");
  CHECK(one.ask(query("begin") + run) == "CZT2D(1)CZT");
  CHECK(other.ask(parse("s", "select * from t") + run) == "12D(1)CZI");
  CHECK(one.ask(query("commit")) == "CZI");
  shop.leader().query_as(app, "alter table t add m int default 2");
  CHECK(one.ask(run) == "E(0A000)ZI");
  CHECK(one.ask(query("begin") + run) == "CZT2D(1)CZT");
  // Meanwhile on the second server, for a client that prepares it anew.
  CHECK(other.ask(parse("new", "select * from t") + bind_to("new") + execute() + sync_up) ==
        "12D(1)CZI");
  CHECK(other.ask(query("begin")) == "CZT");
  CHECK(one.ask(query("commit")) == "CZI");
  CHECK(one.ask(run) == "2D(1)CZI");
}

TEST_CASE("a table that is changed by a client: who prepares anew hears of no error") {
  scene at({.pool_size = 2, .threads = 1});
  auto& [shop, skein, one, other] = at;
  at.make("create table t (n int); insert into t values (1)");
  const std::string run = bind_to("s") + execute() + sync_up;
  const std::string prepare = parse("s", "select * from t");
  CHECK(one.ask(query("begin") + prepare + describe('S', "s") + run) == "CZT1tT2D(1)CZT");
  CHECK(other.ask(query("begin") + prepare + run) == "CZT12D(1)CZT");
  CHECK(one.ask(query("commit")) == "CZI");
  CHECK(other.ask(query("commit")) == "CZI");
  CHECK(other.ask(query("begin") + query("alter table t alter n type text using 'x' || n") +
                  close('S', "s") + prepare + run) == "CZTCZT312D(x1)CZT");
  CHECK(other.ask(query("commit")) == "CZI");
  // On either server; and who was told of the old columns hears that they are others.
  for (raw_client* holds : {&one, &other}) {
    raw_client* const asks = holds == &one ? &other : &one;
    CHECK(holds->ask(query("begin")) == "CZT");
    CHECK(asks->ask(parse("new", "select * from t") + bind_to("new") + execute() + sync_up) ==
          "12D(x1)CZI");
    CHECK(holds->ask(query("commit")) == "CZI");
  }
  CHECK(one.ask(run) == "E(0A000)ZI");
  CHECK(one.ask(close('S', "s") + prepare + run) == "312D(x1)CZI");
}

TEST_CASE("long texts: up to 128 KiB they go with their client, beyond it they keep its server") {
  scene at;
  const std::string shorter = "select length('" + std::string(120'000, 'x') + "')";
  const std::string longer = "select length('" + std::string(200'000, 'x') + "')";
  const std::string run = execute() + sync_up;
  CHECK(at.one.ask(parse("", shorter) + bind_to("") + run) == "12D(120000)CZI");
  CHECK(at.other.ask(at_once("select 2") + sync_up) == "12D(2)CZI");
  CHECK(at.one.ask(bind_to("") + run) == "2D(120000)CZI");
  CHECK(at.one.ask(parse("", longer) + bind_to("") + run) == "12D(200000)CZI");
  CHECK(at.one.ask(bind_to("") + run + query("select 1")) == "2D(200000)CZITD(1)CZI");
  CHECK(at.other.ask(query("select 2")) == "TD(2)CZI");
  CHECK(at.one.ask(parse("s", longer) + describe('S', "s") + sync_up) == "1tTZI");
  for (int round = 0; round < 3; ++round) CHECK(at.one.ask(bind_to("s") + run) == "2D(200000)CZI");
  CHECK(at.one.ask(query("execute s")) == "TD(200000)CZI");
  CHECK(at.one.ask(close('S', "s") + sync_up) == "3ZI");
  const std::string left =
      "select count(*) from pg_prepared_statements where length(statement) > 150000";
  CHECK(at.other.ask(query(left)) == "TD(0)CZI");
  CHECK(at.one.ask(parse("s", longer) + sync_up + query("deallocate s")) == "1ZICZI");
  CHECK(at.other.ask(query(left)) == "TD(0)CZI");
  CHECK(at.one.ask(parse("s", longer) + sync_up) == "1ZI");
  at.one.socket.reset();
  CHECK(at.other.ask(query(left)) == "TD(0)CZI");
}

TEST_CASE("statements that somebody takes away on the server are prepared again") {
  scene at;
  CHECK(at.one.ask(parse("s", "select 1") + bind_to("s") + execute() + sync_up) == "12D(1)CZI");
  const std::string all = "do $$ begin execute 'deallocate all'; end $$";
  CHECK(at.other.ask(query("deallocate skein_1")).ends_with("ZI"));
  at.one.ask(bind_to("s") + execute() + sync_up);
  CHECK(at.one.ask(bind_to("s") + execute() + sync_up) == "2D(1)CZI");
  for (int round = 0; round < 3; ++round) {
    CHECK(at.other.ask(query(all)) == "CZI");
    CHECK(at.other.ask(query("set work_mem to '2MB'")) == "CZI");
    at.one.ask(bind_to("s") + execute() + sync_up);
    CHECK(at.one.ask(bind_to("s") + execute() + sync_up) == "2D(1)CZI");
  }
  CHECK(at.other.ask(query("select 2")) == "TD(2)CZI");
}

TEST_CASE("DEALLOCATE and DISCARD by either way take the client's own names") {
  scene at;
  for (const std::string& all : {std::string("deallocate all"), std::string("discard all")}) {
    CAPTURE(all);
    for (const std::string& how : {query(all), at_once(all) + sync_up}) {
      CHECK(at.one.ask(parse("s", "select 1") + sync_up) == "1ZI");
      at.other.ask(parse("s", "select 2") + sync_up);
      CHECK(at.one.ask(how).ends_with("CZI"));
      CHECK(at.one.ask(bind_to("s") + execute() + sync_up) == "E(26000)ZI");
      CHECK(at.other.ask(bind_to("s") + execute() + sync_up) == "2D(2)CZI");
    }
  }
  for (const std::string& how : {query("deallocate s"), at_once("deallocate s") + sync_up}) {
    CHECK(at.one.ask(parse("s", "select 1") + sync_up) == "1ZI");
    CHECK(at.one.ask(how).ends_with("CZI"));
    CHECK(at.one.ask(bind_to("s") + execute() + sync_up) == "E(26000)ZI");
    CHECK(at.other.ask(bind_to("s") + execute() + sync_up) == "2D(2)CZI");
  }
}
