// Statement pooling: whatever would open a transaction of several statements is refused, and a
// block that was begun unseen is rolled back.
#include "tests/unit/backends/postgres/borrowing.hpp"

using namespace skein;
using namespace wire;

namespace {

const std::string no_portal = failed("34000", "no such portal");
constexpr std::string_view why = "transactions of several statements cannot run in statement";

struct single : borrowing {
  single() : borrowing({}, pool_mode::statement) {}
  // As it comes from a socket: what is longer than it is looked at.
  void client_in_parts(const std::string& message) {
    client(message.substr(0, 10'000));
    client(message.substr(10'000));
  }
  void check_refused(std::string_view types_heard) {
    server(no_portal + ready('I'));
    const std::string heard = at_client();
    CHECK(types(heard) == types_heard);
    const std::string said = heard.substr(heard.find('E'));
    CHECK(error_field(said, 'C') == "0A000");
    CHECK(error_field(said, 'M').starts_with(why));
    CHECK_FALSE(lent);
  }
};

}  // namespace

TEST_CASE("statement pooling gives a server for one statement") {
  single one;
  one.client(select_1);
  CHECK(one.at_server() == select_1);
  one.server(answered);
  CHECK(one.at_client() == answered);
  CHECK_FALSE(one.lent);
}

TEST_CASE("statement pooling refuses a simple query that begins a block") {
  const std::string padding(200'000, 'x');
  for (const std::string& sql :
       {std::string("begin"), std::string("BEGIN ISOLATION LEVEL serializable"),
        std::string("begin; select 1"), std::string("select 1; begin"),
        std::string("start transaction read only"), std::string("commit and chain"),
        std::string("rollback work and chain"), "begin; insert into t values ('" + padding + "')",
        "/* long */ Start Transaction; select '" + padding + "'"}) {
    CAPTURE(sql.substr(0, 100));
    single one;
    sql.size() > padding.size() ? one.client_in_parts(query(sql)) : one.client(query(sql));
    CHECK(types(one.at_server()) == "ES");
    one.check_refused("EZ");
    one.client(select_1);
    CHECK(one.at_server() == select_1);
  }
  for (const auto* sql : {"commit", "rollback", "commit and no chain"}) {
    CAPTURE(sql);
    single one;
    one.client(query(sql));
    CHECK(one.at_server() == query(sql));
  }
}

TEST_CASE("statement pooling refuses to bind what begins a block") {
  for (const auto* sql : {"begin", "start transaction", "commit and chain"}) {
    for (const auto* name : {"", "s"}) {
      CAPTURE(sql);
      CAPTURE(name);
      single one;
      one.client(parse(name, sql) + bind(name) + execute + sync_message);
      CHECK(types(one.at_server()) == "PEES");
      one.server(parsed);
      one.check_refused("1EZ");
    }
  }
}

TEST_CASE("a block begun unseen is rolled back, and nothing of its client runs in it") {
  const std::string long_comment = "/*" + std::string(200'000, 'x') + "*/ ";
  const std::string rollback = query("ROLLBACK");
  single one;
  SUBCASE("by a simple query") {
    one.client_in_parts(query("select 1; " + long_comment + "begin"));
    one.client(query("insert into t values (1)"));
    CHECK(types(one.at_server()) == "Q");
    one.server(complete() + complete("BEGIN") + ready('T'));
    CHECK(types(one.at_client()) == "CCEZ");
  }
  SUBCASE("by an extended one") {
    one.client_in_parts(parse("", long_comment + "begin") + bind("") + execute + sync_message);
    one.client(query("insert into t values (1)"));
    CHECK(types(one.at_server()) == "PBES");
    one.server(parsed + bound + complete("BEGIN") + ready('T'));
    CHECK(types(one.at_client()) == "12CEZ");
  }
  SUBCASE("which has failed, as its client has heard") {
    one.client_in_parts(query("select 1; " + long_comment + "begin; select 1/0"));
    one.client(query("insert into t values (1)"));
    one.at_server();
    one.server(complete() + complete("BEGIN") + failed("22012", "division by zero") + ready('E'));
    CHECK(one.at_client() ==
          complete() + complete("BEGIN") + failed("22012", "division by zero") + ready('I'));
  }
  CHECK(one.lent);
  one.server(complete("ROLLBACK") + ready('I'));
  CHECK(one.at_client().empty());
  const std::string then = one.at_server();
  CHECK(then.starts_with(rollback));
  CHECK(types(then).starts_with("QP"));
}

TEST_CASE("code that cannot be seen can leave no block, and is waited for in statement pooling") {
  for (const auto* sql : {"do $$ begin commit; end $$", "call p()", "select f()"}) {
    CAPTURE(sql);
    single one;
    one.client(query(sql) + select_1);
    CHECK(one.at_server() == query(sql));
    one.server(complete("DO") + ready('I'));
    CHECK(one.at_client() == complete("DO") + ready('I'));
    CHECK(types(one.at_server()).starts_with("P"));
  }
}

TEST_CASE("COPY goes on in statement pooling") {
  single one;
  const std::string copy = query("select f(); copy t from stdin");
  const std::string data = message('d', "1\n") + message('c');
  one.client(copy + data + select_1);
  CHECK(one.at_server() == copy + data);
  one.server(complete() + message('G', text("\0\0\0")) + complete("COPY 1") + ready('I'));
  CHECK(types(one.at_client()) == "CGCZ");
}

TEST_CASE("where durability promises something no session lowers it for itself") {
  const std::string lowers = "set synchronous_commit = off";
  borrowing free;
  free.client(query(lowers));
  CHECK(free.at_server() == query(lowers));

  for (const auto mode : {pool_mode::transaction, pool_mode::statement}) {
    borrowing one({}, mode);
    one.shared.keeps_promise = true;
    one.client(query(lowers));
    CHECK(types(one.at_server()) == "ES");
    one.server(no_portal + ready('I'));
    const std::string heard = one.at_client();
    CHECK(types(heard) == "EZ");
    CHECK(error_field(heard, 'C') == "0A000");
    CHECK(error_field(heard, 'M').starts_with("synchronous_commit cannot be lowered here"));
    CHECK_FALSE(one.lent);
    one.client(select_1);
    CHECK(one.at_server() == select_1);
    one.server(answered);
    one.client(query("set local synchronous_commit = remote_apply"));
    CHECK(types(one.at_server()) == "Q");
    one.server(complete("SET") + ready('I'));
    for (const auto* each :
         {"set local synchronous_commit = 'on'", "set local synchronous_commit = 1"}) {
      one.client(query(each));
      CHECK(types(one.at_server()) == "Q");
      one.server(complete("SET") + ready('I'));
    }
    one.client(query("set local synchronous_commit = 'off'"));
    CHECK(types(one.at_server()) == "ES");
  }

  borrowing extended;
  extended.shared.keeps_promise = true;
  extended.client(parse("", lowers) + bind("", "") + execute + sync_message);
  CHECK(types(extended.at_server()) == "PEES");
  extended.server(message('1') + no_portal + ready('I'));
  const std::string heard = extended.at_client();
  CHECK(types(heard) == "1EZ");
  CHECK(heard.find("Msynchronous_commit cannot be lowered here") != std::string::npos);
}
