// A pooled client whose server is lost in mid-transaction.
#include "tests/unit/backends/mysql/transactions.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

const error lost{error_kind::rolled_back, fault::server, {}, "the lead has moved", {}};
constexpr auto open_block = static_cast<std::uint16_t>(status::autocommit | status::in_transaction);

struct scene : pooled_scene {
  scene() {
    for (const char* each : {"3 begin", "3 insert", "3 savepoint"})
      server.answers[each] = says_ok(open_block);
    for (const char* each : {"3 update", "3 select", "3 commit", "3 create"})
      server.answers[each] = "";  // no answer comes
  }
  void begin() {
    one.query("begin");
    one.query("insert into t values (1)");
    server.asked();
  }
};

}  // namespace

TEST_CASE("an open transaction: the next statement hears of a deadlock, and then all is well") {
  for (const std::string next : {"select 1", "commit", "insert into t values (2)"}) {
    CAPTURE(next);
    scene at;
    at.begin();
    CHECK_FALSE(at.one.talk.in_doubt());
    CHECK(at.one.outlives(lost) == "");
    const auto told = error_in(at.one.query(next));
    CHECK(told.code == 1213);
    CHECK(told.sqlstate == "40001");
    CHECK(told.text == "the lead has moved");
    CHECK(at.server.asked().empty());
    CHECK(at.one.talk.at_rest());
    at.one.query("begin");
    CHECK(at.one.lent);
    CHECK(at.server.asked().back() == "3 begin");
  }
}

TEST_CASE("a rollback of what is lost needs no server, and hears nothing of it") {
  for (const std::string ends : {"rollback", "ROLLBACK WORK"}) {
    CAPTURE(ends);
    scene at;
    at.begin();
    CHECK(at.one.outlives(lost) == "");
    const std::string heard = at.one.query(ends);
    CHECK(heard.at(header_bytes) == '\0');
    CHECK(at.server.asked().empty());
    CHECK(at.one.talk.at_rest());
  }
  scene at;
  at.begin();
  CHECK(at.one.outlives(lost) == "");
  CHECK(error_in(at.one.query("rollback to one")).code == 1213);
}

TEST_CASE("a statement under way hears of it in place of its answer, with the next number") {
  scene at;
  at.begin();
  at.one.query("update t set a = 2");
  CHECK_FALSE(at.one.talk.in_doubt());
  const auto heard = at.one.outlives(lost);
  REQUIRE(heard.has_value());
  CHECK(error_in(*heard).code == 1213);
  CHECK(number_of(as_bytes(*heard).data()) == 1);
  CHECK(at.one.talk.at_rest());
}

TEST_CASE("what may commit is in doubt: its session ends, by a number that nobody repeats") {
  for (const std::string each : {"commit", "create table u (a int)"}) {
    CAPTURE(each);
    scene at;
    at.begin();
    at.one.query(each);
    CHECK(at.one.talk.in_doubt());
    CHECK_FALSE(at.one.outlives(lost).has_value());
    const auto told = error_in(at.one.talk.break_off(lost));
    CHECK(told.code == 1180);
    CHECK(told.sqlstate == "08007");
    CHECK(told.text.find("is not known: the lead has moved") != std::string::npos);
  }
  scene alone;
  alone.one.query("update t set a = 2");
  CHECK(alone.one.talk.in_doubt());
}

TEST_CASE("a session that holds more there than its transaction ends with it") {
  scene at;
  at.begin();
  at.one.query("set @mine = 1");
  CHECK_FALSE(at.one.outlives(lost).has_value());
  scene locked;
  locked.one.query("lock tables t read");
  CHECK_FALSE(locked.one.outlives(lost).has_value());
}

TEST_CASE("what is looked for behind a client's back is nothing that it has begun") {
  scene at;
  at.one.query("set @mine = 1");
  CHECK(at.server.asked().back().starts_with("3 select"));
  CHECK_FALSE(at.one.talk.at_rest());
  CHECK(at.one.talk.client_at_rest());
  scene asking;
  asking.one.query("update t set a = 2");
  CHECK_FALSE(asking.one.talk.client_at_rest());
  scene open;
  open.begin();
  CHECK_FALSE(open.one.talk.client_at_rest());
}
