// What a COMMIT does besides (completion_type), where that is set globally: the server connection
// goes to the next client all the same, and is there for it.
#include "tests/servers/transactions/scene.hpp"

using namespace skein::servers;
using namespace skein::servers::transactions;

namespace {

void write_one(mysql::client& by, int id) {
  CHECK(by.ask("begin").ok());
  CHECK(by.ask("insert into goods (id) values (" + std::to_string(id) + ")").ok());
  const auto done = by.ask("commit");
  CHECK_MESSAGE(done.ok(), done.text);
}

void take_turns(scene& on, const std::string& type) {
  on.shop.leader().query("set global completion_type = " + type);
  mysql::client one(on.where());
  mysql::client other(on.where());
  for (int i = 0; i < 4; ++i) {
    write_one(one, 10 + i);
    write_one(other, 20 + i);
  }
  CHECK(on.shop.leader().value("select count(*) from goods") == "11");
  CHECK(one.value("select @@session.completion_type") == "NO_CHAIN");

  // Who says so for itself has what it said, and nobody else has it.
  CHECK(one.ask("set session completion_type = chain").ok());
  write_one(one, 30);
  CHECK(one.ask("insert into goods (id) values (31)").ok());
  CHECK(one.ask("rollback and no chain").ok());
  CHECK(other.value("select @@session.completion_type") == "NO_CHAIN");
  CHECK(other.value("select group_concat(id) from goods where id >= 30") == "30");
  CHECK(one.value("select @@session.completion_type") == "CHAIN");
  write_one(other, 40);
}

}  // namespace

TEST_CASE("a server that is to begin a transaction behind each COMMIT begins none") {
  on_each([](scene& on) { take_turns(on, "chain"); });
}

TEST_CASE("a server that is to end its connection behind each COMMIT keeps it") {
  on_each([](scene& on) { take_turns(on, "'release'"); });
}
