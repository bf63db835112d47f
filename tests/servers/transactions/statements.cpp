// Prepared statements of clients that share one server connection.
#include <deque>
#include <functional>

#include "tests/servers/mysql/raw.hpp"
#include "tests/servers/transactions/deeds.hpp"

using namespace skein::servers;
using namespace skein::servers::transactions;

namespace {

double prepared_on(server& member) {
  return std::stod(member.query("show global status like 'Prepared_stmt_count'")[0][1].value());
}

// An execution of a statement with two parameters; no types: as they were told last.
std::string execution(const std::string& id, const std::string& types, const std::string& values) {
  return id + std::string("\0\1\0\0\0\0", 6) + (types.empty() ? '\0' : '\1') + types + values;
}

// What becomes of executions that tell types, and of those that do not, by their errors.
std::vector<std::string> told_and_not(std::uint16_t port, const std::function<void()>& meanwhile) {
  using mysql::wire::command;
  const std::string number_and_text("\x08\0\xfd\0", 4);
  const std::string text_and_number("\xfd\0\x08\0", 4);
  const auto number = [](char what) { return what + std::string(7, '\0'); };
  mysql::raw_client one(port, app);
  const std::string id = one.prepare("insert into goods (id, name) values (?, ?)");
  for (int behind = 0; behind < 3; ++behind) one.packet();  // its parameters, and their end
  std::vector<std::string> became;
  const auto execute = [&](const std::string& types, const std::string& values) {
    became.push_back(one.ask(command::stmt_execute, execution(id, types, values)));
    meanwhile();
  };
  execute(number_and_text, number(50) + "\1a");
  execute("", number(51) + "\1b");
  execute(text_and_number, "\00250" + number(7));  // there is one
  execute("", "\00252" + number(8));
  became.push_back(one.ask(command::stmt_execute, execution("none", text_and_number, "")));
  meanwhile();
  execute("", "\00253" + number(9));
  execute(number_and_text, number(54) + "\1c");
  return became;
}

}  // namespace

TEST_CASE("statements of two clients in turn, of one text and of several") {
  on_each([](scene& at) {
    mysql::client one(at.where());
    mysql::client other(at.where());
    const std::string by_id = "select name from goods where id = ?";
    auto ones = one.prepare(by_id);
    auto others = other.prepare(by_id);
    auto twice = one.prepare(by_id);
    auto counts = other.prepare("select count(*), ? from goods where id <= ?");
    for (int turn = 0; turn < 20; ++turn) {
      CAPTURE(turn);
      CHECK(line_of(ones.execute({"1"})) == "one");
      CHECK(line_of(others.execute({"2"})) == "two");
      CHECK(line_of(twice.execute({"3"})) == "null");
      CHECK(line_of(counts.execute({std::nullopt, "2"})) == "2|null");
      CHECK(line_of(counts.execute({"text", "2"})) == "2|text");
      CHECK(line_of(ones.execute({std::nullopt})) == "nothing");
    }
    CHECK(prepared_on(at.shop.leader()) <= 3);
  });
}

TEST_CASE("more statements than a server connection keeps") {
  on_each([](scene& at) {
    mysql::client one(at.where());
    mysql::client other(at.where());
    std::deque<mysql::prepared> all;
    for (int number = 0; number < 250; ++number)
      all.push_back((number % 2 ? one : other).prepare("select ? + " + std::to_string(number)));
    for (int turn = 0; turn < 2; ++turn)
      for (int number = 0; number < 250; ++number)
        CHECK(std::stod(line_of(all[number].execute({"1000"}))) == 1000 + number);
    CHECK(prepared_on(at.shop.leader()) <= 201);
    all.clear();
    CHECK(line_of(one.execute("select 1", {})) == "1");
    CHECK(prepared_on(at.shop.leader()) <= 201);
  });
}

TEST_CASE("statements outlive definitions that change") {
  on_each([](scene& at) {
    mysql::client one(at.where());
    mysql::client other(at.where());
    auto by_id = one.prepare("select name from goods where id = ?");
    auto all = one.prepare("select * from goods where id = ?");
    auto insert = one.prepare("insert into goods (id, name) values (?, ?)");
    CHECK(line_of(by_id.execute({"1"})) == "one");
    CHECK(line_of(all.execute({"1"})) == "1|one");
    REQUIRE(other.ask("alter table goods modify name varchar(200) first").ok());
    CHECK(line_of(by_id.execute({"1"})) == "one");
    CHECK(line_of(one.execute("select * from goods where id = ?", {"1"})) == "one|1");
    REQUIRE(other.ask("drop table goods").ok());
    CHECK(line_of(by_id.execute({"1"})) == "1146");
    REQUIRE(other.ask("create table goods (id int, name text)").ok());
    CHECK(insert.execute({"9", "nine"}).ok());
    CHECK(line_of(by_id.execute({"9"})) == "nine");
    REQUIRE(one.ask("begin").ok());
    CHECK(insert.execute({"10", "ten"}).ok());
    CHECK(line_of(by_id.execute({"10"})) == "ten");
    REQUIRE(one.ask("rollback").ok());
    CHECK(line_of(by_id.execute({"10"})) == "nothing");
  });
}

TEST_CASE("a statement is read as when it was prepared") {
  on_each([](scene& at) {
    at.shop.leader().query_as(app, "create table tables (n int)");
    mysql::client one(at.where());
    mysql::client other(at.where());
    auto here = one.prepare("select count(*) from tables");
    REQUIRE(one.ask("use information_schema").ok());
    auto there = one.prepare("select count(*) > 10 from tables");
    CHECK(line_of(here.execute()) == "0");
    CHECK(line_of(there.execute()) == "1");
    CHECK(one.value("select database()") == "information_schema");
    REQUIRE(other.ask("set sql_mode = 'ANSI_QUOTES'").ok());
    auto quoted = other.prepare("select \"id\" from goods where id = 2");
    REQUIRE(other.ask("set sql_mode = ''").ok());
    CHECK(line_of(one.ask("select 1")) == "1");
    CHECK(line_of(quoted.execute()) == "2");
    CHECK(other.value("select \"id\"") == "id");
  });
}

TEST_CASE("what cannot be prepared or executed says why, and harms nobody") {
  on_each([](scene& at) {
    mysql::client one(at.where());
    CHECK(one.execute("select from where", {}).error == 1064);
    CHECK(one.execute("select * from nowhere", {}).error == 1146);
    auto insert = one.prepare("insert into goods values (?, ?)");
    CHECK(insert.execute({"1", "again"}).error == 1062);
    CHECK(insert.execute({"7", std::nullopt}).ok());
    CHECK(insert.execute({"7", std::nullopt}).error == 1062);
    CHECK(one.value("select count(*) from goods") == "4");
  });
}

TEST_CASE("types are as they were told last, also by an execution that failed") {
  on_each([](scene& at) {
    const std::vector<std::string> expected{"ok", "ok", "1062", "ok", "1243", "ok", "ok"};
    const auto made = [&] {
      const auto rows = at.shop.leader().query_as(
          app, "select group_concat(id, name order by id) from goods where id >= 50");
      at.shop.leader().query_as(app, "delete from goods where id >= 50");
      return rows[0][0].value_or("none");
    };
    const std::string rows = "50a,51b,528,539,54c";
    if (at.shop.which() == engine::mariadb) {
      CHECK(told_and_not(at.shop.leader().port(), [] {}) == expected);
      CHECK(made() == rows);
    }
    CHECK(told_and_not(at.skein->port(), [] {}) == expected);
    CHECK(made() == rows);
    // And with others at the same statement, by types of their own.
    mysql::client other(at.where());
    auto others = other.prepare("insert into goods (id, name) values (?, ?)");
    CHECK(told_and_not(at.skein->port(), [&] {
            CHECK(others.execute({"1", std::nullopt}).error == 1062);
          }) == expected);
    CHECK(made() == rows);
  });
}

TEST_CASE("values that come in pieces") {
  on_each([](scene& at) {
    at.shop.leader().query_as(app, "create table large (id int primary key, text longtext)");
    mysql::client one(at.where());
    mysql::client other(at.where());
    auto insert = one.prepare("insert into large values (?, ?)");
    // The library sends what is longer than 256 KB ahead of the execution.
    for (int number = 1; number <= 3; ++number) {
      const std::string text(400'000, static_cast<char>('a' + number));
      CHECK(insert.execute({std::to_string(number), text}).ok());
      CHECK(other.value("select text = repeat('" + text.substr(0, 1) +
                        "', 400000) from large "
                        "where id = " +
                        std::to_string(number)) == "1");
      CHECK(insert.execute({std::to_string(10 + number), "short"}).ok());
    }
    CHECK(other.value("select count(*) from large where text = 'short'") == "3");
  });
}
