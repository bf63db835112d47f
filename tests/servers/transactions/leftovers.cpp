// What a statement leaves for the one behind it, in its session alone: the last insert id, and
// warnings.
#include "tests/servers/transactions/deeds.hpp"

using namespace skein::servers;
using namespace skein::servers::transactions;

namespace {

constexpr auto orders = "create table orders (id int auto_increment primary key, n int unique)";

}  // namespace

TEST_CASE("the last insert id is one's own") {
  on_each([](scene& at) {
    at.shop.leader().query(orders);
    shared_server on(at);
    const std::string last = "select last_insert_id()";
    const std::vector<deed> deeds = {
        {{"insert into orders (n) values (1)"}, last, "1"},
        {{"@insert into orders (n) values (2)"}, last, "2"},
        {{"insert into orders (n) values (3), (4), (5)"}, last, "3"},
        // One that is named is told to the client, and is not the function's.
        {{"insert into orders values (100, 100)"}, last, "0"},
        {{"insert into orders (n) values (6)", "insert into orders values (200, 200)"},
         last,
         "101"},
        {{"insert into orders (n) values (7)", "!insert into orders (n) values (7)"}, last, "201"},
        {{"select last_insert_id(77)"}, last, "77"},
        {{"update orders set n = last_insert_id(n + 1000) where id = 1"}, last, "1001"},
        {{"insert into orders (n) values (7) on duplicate key update id = last_insert_id(id)"},
         last,
         "201"},
        {{"begin", "insert into orders (n) values (8)", "rollback"},
         "select last_insert_id() > 201",
         "1"},
        {{"select last_insert_id(77)"}, "select @@identity, @@last_insert_id", "77|77"},
        {{"select last_insert_id(77)", "delete from orders where n = last_insert_id()"},
         last,
         "77"},
    };
    for (const auto& each : deeds) check_shared(on, each);
  });
}

TEST_CASE("insert ids of two clients in turn") {
  on_each([](scene& at) {
    at.shop.leader().query(orders);
    mysql::client one(at.where());
    mysql::client other(at.where());
    std::string mine = "0";
    std::string its = "0";
    for (int turn = 0; turn < 20; ++turn) {
      const std::string insert = "insert into orders (n) values (" + std::to_string(turn) + ")";
      if (turn % 3 != 0) {
        REQUIRE(one.ask(insert).ok());
        mine = one.value("select max(id) from orders");
      } else {
        REQUIRE(other.execute(insert, {}).ok());
        its = other.value("select max(id) from orders");
      }
      CHECK(one.value("select last_insert_id()") == mine);
      CHECK(other.value("select last_insert_id()") == its);
    }
  });
}

TEST_CASE("warnings are told to who has caused them") {
  on_each([](scene& at) {
    shared_server on(at);
    const std::string show = "show warnings";
    const std::vector<deed> deeds = {
        {{"select cast('1x' as signed)"},
         show,
         "Warning|1292|Truncated incorrect INTEGER value: '1x'"},
        {{"@select cast('1x' as signed)"},
         show,
         "Warning|1292|Truncated incorrect INTEGER value: '1x'"},
        {{"!select * from nowhere"}, show, "Error|1146|Table 'app.nowhere' doesn't exist"},
        {{"drop table if exists nowhere"}, show, "Note|1051|Unknown table 'app.nowhere'"},
        {{"select cast('1x' as signed)", "select 1"}, show, "nothing"},
        {{"select cast('1x' as signed)", "set @mine = 1"}, show, "nothing"},
        {{"begin", "select cast('1x' as signed)", "commit"}, show, "nothing"},
        {{"select 1"}, show, "nothing"},
        // What is not kept is refused, and never answered with somebody else's.
        {{"select cast('1x' as signed)"}, "show count(*) warnings", "1235"},
        {{"select cast('1x' as signed)"}, "select @@warning_count", "1235"},
        {{"delete from goods where id = 1000"}, "select row_count()", "1235"},
    };
    for (const auto& each : deeds) check_shared(on, each);
    mysql::client one(at.where());
    act(one, {"begin", "select cast('1x' as signed)"});
    CHECK(line_of(one.ask("select @@warning_count")) == "1");
    act(one, {"delete from goods where id > 1"});
    CHECK(line_of(one.ask("select row_count()")) == "2");
    act(one, {"rollback"});
  });
}

TEST_CASE("the last value of a sequence is one's own, or none") {
  on_each([](scene& at) {
    if (!at.is_mariadb()) return;
    at.shop.leader().query("create sequence tickets");
    shared_server on(at);
    mysql::client one(at.where());
    mysql::client other(at.where());
    REQUIRE(one.value("select nextval(tickets)") == "1");
    CHECK(line_of(other.ask("select lastval(tickets)")) == "1235");
    CHECK(line_of(other.ask("select previous value for tickets")) == "1235");
    CHECK(line_of(other.execute("select lastval(tickets)", {})) == "1235");
    CHECK(line_of(one.ask("select lastval(tickets)")) == "1");
    act(other, {"begin", "select nextval(tickets)"});
    CHECK(line_of(other.ask("select lastval(tickets)")) == "2");
    act(other, {"commit"});
    CHECK(line_of(one.ask("select lastval(tickets)")) == "1235");
  });
}
