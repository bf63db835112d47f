// What is more than a question and its answer: files, packets of more than 16 MB, a connection that
// is reset; and what statement pooling refuses.
#include <fstream>

#include "tests/servers/child_process.hpp"
#include "tests/servers/mysql/tree.hpp"
#include "tests/servers/transactions/deeds.hpp"

using namespace skein::servers;
using namespace skein::servers::transactions;
using namespace std::chrono_literals;

namespace {

// What MySQL's own client prints; a column a tab, a row a line.
std::string mysql_client(const scene& at, const std::string& input) {
  auto command = mysql::tree_command("mysql");
  for (const std::string& each :
       {std::string("--no-defaults"), std::string("-N"), std::string("-B"), std::string("--force"),
        std::string("--named-commands"), std::string("--commands"), std::string("--host=127.0.0.1"),
        "--port=" + std::to_string(at.skein->port()), "--user=" + app.user, std::string("app")})
    command.push_back(each);
  child_process client({.command = command,
                        .environment = {"MYSQL_PWD=" + app.password},
                        .input = input,
                        .errors_apart = true});
  REQUIRE(client.wait(60s).has_value());
  return client.output() + client.errors();
}

}  // namespace

TEST_CASE("a connection that is reset has nothing left, and its neighbour has all") {
  on_each([](scene& at) {
    mysql::client other(at.where());
    act(other, {"set @other = 5", "set time_zone = '+05:00'"});
    CHECK(mysql_client(at,
                       "set @mine = 7, time_zone = '+03:00'; create table made (id int "
                       "auto_increment primary key); insert into made values (null);\n"
                       "select @mine, @@time_zone, last_insert_id();\n"
                       "resetconnection\n"
                       "select @mine, @@time_zone, last_insert_id(), database();\n") ==
          "7\t+03:00\t1\nNULL\tSYSTEM\t0\tapp\n");
    CHECK(mysql_client(at,
                       "begin; insert into goods values (50, '');\nresetconnection\n"
                       "select count(*) from goods;\n") == "3\n");
    CHECK(mysql_client(at,
                       "create temporary table mine (n int); select get_lock('mine', 0);\n"
                       "resetconnection\nselect count(*) from goods;\n"
                       "select * from mine;\n")
              .starts_with("1\n3\nERROR 1146"));
    CHECK(line_of(other.ask("select @other, @@time_zone, is_free_lock('mine')")) == "5|+05:00|1");
  });
}

TEST_CASE("files of the client's, in a transaction and alone") {
  on_each([](scene& at) {
    at.shop.leader().query("set global local_infile = 1");
    const auto file = at.skein->folder() / "goods.txt";
    std::ofstream lines(file);
    for (int id = 10; id < 20010; ++id) lines << id << "\tname " << id << "\n";
    lines.close();
    const std::string load = "load data local infile '" + file.string() + "' into table goods";
    mysql::client one(at.where(), {.local_files = true});
    mysql::client other(at.where());
    act(one, {"begin", load, "rollback"});
    CHECK(other.value("select count(*) from goods") == "3");
    act(one, {load});
    CHECK(other.value("select count(*) from goods") == "20003");
    CHECK_FALSE(one.ask("load data local infile '/no/such/file' into table goods").ok());
    CHECK(one.value("select count(*) from goods") == "20003");
    CHECK(other.value("select count(*) from goods") == "20003");
  });
}

TEST_CASE("packets of 16 MB and more go both ways") {
  on_each([](scene& at) {
    at.shop.leader().query("set global max_allowed_packet = 67108864");
    mysql::client one(at.where());
    mysql::client other(at.where());
    for (const std::size_t size : {16777210UZ, 16777215UZ, 16777216UZ, 20000000UZ}) {
      CAPTURE(size);
      const std::string text(size, 'x');
      CHECK(one.value("select length('" + text + "')") == std::to_string(size));
      CHECK(other.value("select @mine") == "null");
      CHECK(one.value("select repeat('y', " + std::to_string(size) + ")").size() == size);
      CHECK(other.value("select 7") == "7");
    }
  });
}

TEST_CASE("statement pooling has no transactions of several statements") {
  skein_options how = one_server();
  how.pool_mode = "statement";
  on_each(
      [](scene& at) {
        shared_server on(at);
        mysql::client one(at.where());
        for (const std::string statement :
             {"begin", "start transaction", "start transaction read only", "set autocommit = 0",
              "set @@session.autocommit = off", "xa start 'mine'"}) {
          CAPTURE(statement);
          const auto told = one.ask(statement);
          CHECK(told.error == 1235);
          CHECK(told.text.contains("statement pooling"));
          // MySQL prepares few of them.
          CHECK_FALSE(one.execute(statement, {}).ok());
        }
        for (const deed& each : std::vector<deed>{
                 {{"set time_zone = '+03:00'"}, "select @@time_zone", "+03:00"},
                 {{"set @mine = 7"}, "select @mine", "7"},
                 {{"insert into goods values (9, 'nine')", "commit"},
                  "select name from goods where id = 9",
                  "nine"},
                 {{"set autocommit = 1"}, "select @@autocommit", "1"},
             })
          check_shared(on, each);
      },
      how);
}
