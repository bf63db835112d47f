// What only one server connection has stays with its client until it has gone.
#include "tests/servers/transactions/deeds.hpp"

using namespace skein::servers;
using namespace skein::servers::transactions;

namespace {

const std::string unread = "it ran code that Skein does not read";

struct held_deed {
  deed what;
  std::string reason;
};

}  // namespace

TEST_CASE("what only one server connection has is kept until its client leaves") {
  on_each([](scene& at) {
    shared_server on(at);
    const std::string temporary = "it has a temporary table";
    const std::string setting =
        "it has a setting that cannot be carried to another server connection";
    const std::vector<held_deed> deeds = {
        {{{"create temporary table mine select 5 as n"}, "select n from mine", "5"}, temporary},
        {{{"@create temporary table mine (n int)"}, "select count(*) from mine", "0"}, temporary},
        {{{"create temporary table mine (n int)", "drop temporary table mine"}, "select 1", "1"},
         temporary},
        {{{"select get_lock('mine', 0)"}, "select is_free_lock('mine')", "0"},
         "it holds a lock of GET_LOCK"},
        {{{"lock tables goods read"}, "insert into goods values (7, '')", "1099"},
         "it has locked tables"},
        {{{"prepare mine from 'select 5'"}, "execute mine", "5"},
         "it has a statement made by PREPARE"},
        {{{"handler goods open"}, "handler goods read first", "1|one"},
         "it has a table open by HANDLER"},
        {{{"set timestamp = 1000000000"}, "select unix_timestamp()", "1000000000"}, setting},
        {{{"set sql_auto_is_null = 1"}, "select @@sql_auto_is_null", "1"}, setting},
        {{{"set insert_id = 5"}, "select @@insert_id", "5"}, setting},
        {{{"set transaction isolation level serializable"}, "select 1", "1"},
         "it has settings for its next transaction alone"},
        {{{"select sql_calc_found_rows id from goods limit 1"}, "select found_rows()", "3"},
         "it may ask how many rows were found (SQL_CALC_FOUND_ROWS)"},
        {{{"set @mine = repeat('x', 10000)"}, "select length(@mine)", "10000"}, unread},
        // A text in which a byte of a character may look like a quote.
        {{{"set names latin1", "do '\xe4'"}, "select hex(convert('\xe4' using utf8mb4))", "C3A4"},
         unread},
    };
    for (const auto& [what, reason] : deeds) check_held(on, what, reason);
  });
}

TEST_CASE("code that leaves something in its session keeps the server connection") {
  on_each([](scene& at) {
    auto& leader = at.shop.leader();
    leader.query("set global log_bin_trust_function_creators = 1");
    for (const auto* sql : {
             "create procedure makes() create temporary table inside select 5 as n",
             "create procedure says(in what varchar(100)) "
             "begin set @text = what; prepare s from @text; execute s; deallocate prepare s; end",
             "create procedure sets() set @inside = 7",
             "create procedure zones() set session time_zone = '+03:00'",
             "create table watched (n int)",
             "create trigger sets_too before insert on watched for each row set @inside = new.n",
             "create function counts() returns int deterministic "
             "begin set @inside = 10; return 1; end",
             "create view counted as select counts() as n",
         })
      leader.query_as(app, sql);
    shared_server on(at);
    const std::string inside = "select @inside";
    for (const deed& each : std::vector<deed>{
             {{"call makes()"}, "select n from inside", "5"},
             {{"call says('set @inside = 6')"}, inside, "6"},
             {{"call sets()"}, inside, "7"},
             {{"@call sets()"}, inside, "7"},
             {{"begin", "call sets()", "rollback"}, inside, "7"},
             {{"call zones()"}, "select @@time_zone", "+03:00"},
             {{"insert into watched values (9)"}, inside, "9"},
             {{"select counts()"}, inside, "10"},
             {{"@select counts()"}, inside, "10"},
             {{"select n from counted"}, inside, "10"},
         })
      check_held(on, each, unread);
  });
}

TEST_CASE("an XA transaction is its client's, and what it has not prepared goes with it") {
  on_each([](scene& at) {
    shared_server on(at);
    {
      mysql::client one(at.where());
      act(one, {"xa start 'mine'", "update goods set name = 'x' where id = 1", "xa end 'mine'"});
    }
    mysql::client other(at.where());
    CHECK(difference(draw(other), on.as_new) == "");
    CHECK(other.value("select name from goods where id = 1") == "one");
    mysql::client one(at.where());
    act(one, {"xa start 'mine'", "update goods set name = 'x' where id = 1", "xa end 'mine'",
              "xa prepare 'mine'", "xa commit 'mine'"});
    CHECK(other.value("select name from goods where id = 1") == "x");
  });
}

TEST_CASE("an XA transaction that is prepared is another's to commit") {
  skein_options sessions = one_server();
  sessions.pool_mode = "session";
  for (const auto& how : {one_server(), sessions}) {
    CAPTURE(how.pool_mode);
    on_each(
        [](scene& at) {
          {
            mysql::client one(at.where());
            act(one, {"xa start 'mine'", "update goods set name = 'x' where id = 1",
                      "xa end 'mine'", "xa prepare 'mine'"});
          }
          {
            mysql::client other(at.where());
            CHECK(other.value("select name from goods where id = 1") == "one");
            act(other, {"xa commit 'mine'"});
            CHECK(other.value("select name from goods where id = 1") == "x");
          }
          CHECK(at.shop.leader().value("select name from app.goods where id = 1") == "x");
        },
        how);
  }
}

TEST_CASE("what is given up lets the server connection go") {
  on_each([](scene& at) {
    shared_server on(at);
    for (const deed& each : std::vector<deed>{
             {{"lock tables goods read", "unlock tables"}, "select 1", "1"},
             {{"select get_lock('mine', 0)", "select release_all_locks()"}, "select 1", "1"},
             {{"begin", "delete from goods", "rollback"}, "select count(*) from goods", "3"},
             {{"begin", "select 1", "begin", "commit"}, "select 1", "1"},
             {{"set autocommit = 0", "select count(*) from goods", "commit"},
              "select @@autocommit",
              "0"},
         })
      check_shared(on, each);
  });
}

TEST_CASE("a client that vanishes leaves nothing, and its server connection is used again") {
  on_each([](scene& at) {
    shared_server on(at);
    const std::vector<std::vector<std::string>> deeds = {
        {"begin", "insert into goods values (50, '')", "set time_zone = '+03:00'"},
        {"set autocommit = 0", "insert into goods values (50, '')"},
        {"begin", "create temporary table mine (n int)", "select get_lock('mine', 0)"},
        {"lock tables goods write", "insert into goods values (50, '')",
         "delete from goods where "
         "id = 50"},
        {"set @mine = 7", "use information_schema", "set names latin1",
         "prepare s from 'select 1'"},
    };
    mysql::client other(at.where());
    const auto server = other.value("select connection_id()");
    for (const auto& does : deeds) {
      CAPTURE(does.back());
      {
        mysql::client one(at.where());
        act(one, does);
      }
      CHECK(difference(draw(other), on.as_new) == "");
      CHECK(other.value("select count(*) from goods") == "3");
      CHECK(other.value("select is_free_lock('mine')") == "1");
      CHECK(other.value("select connection_id()") == server);
    }
  });
}
