// A pooled client's COMMIT, and the row that is written ahead of it, by which it can be asked for.
#include "tests/unit/backends/mysql/transactions.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

const error lost{error_kind::in_doubt, fault::server, {}, "the lead has moved", {}};
constexpr auto open_block = static_cast<std::uint16_t>(status::autocommit | status::in_transaction);
constexpr auto writes = "3 insert into skein.commits (token) values (x'";

struct scene : pooled_scene {
  scene() {
    core.mark_commits(true);
    for (const char* each : {"3 begin", "3 insert into skein", "3 insert into t", "3 select"})
      server.answers[each] = says_ok(open_block);
    server.answers["3 set autocommit"] =
        says_ok(status::in_transaction, {sets("autocommit", "OFF")});
  }
  void begin() {
    one.query("begin");
    one.query("insert into t values (1)");
    server.asked();
  }
  // The answer to it never comes.
  void lose(const std::string& commit = "commit") {
    for (const char* each : {"3 commit", "3 COMMIT", "3 Commit"}) server.answers[each] = "";
    begin();
    CHECK(one.query(commit).empty());
  }
  bool has_written() {
    return std::ranges::any_of(server.asked(),
                               [](const auto& each) { return each.starts_with(writes); });
  }
};

ok_packet ok_in(std::string_view heard) {
  auto told = read_ok(as_bytes(heard.substr(header_bytes)), tested_capabilities);
  REQUIRE(told.has_value());
  return *told;
}

}  // namespace

TEST_CASE("a row ahead of a COMMIT: the client hears the COMMIT's answer and nothing else") {
  scene at;
  at.server.answers["3 insert into skein"] = written(
      1, ok_packet{.affected_rows = 1, .last_insert_id = 9, .status = open_block, .warnings = 3},
      tested_capabilities);
  at.begin();
  const std::string heard = at.one.query("COMMIT");
  CHECK(heard == says_ok());
  const auto asked = at.server.asked();
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].starts_with(writes));
  CHECK(asked[0].size() == std::string(writes).size() + 32 + 2);
  CHECK(asked[1] == "3 COMMIT");
  CHECK_FALSE(at.one.lent);
}

TEST_CASE("no two commits have the same token") {
  scene at;
  at.begin();
  at.one.query("commit");
  const auto first = at.server.asked();
  at.begin();
  at.one.query("commit");
  const auto second = at.server.asked();
  REQUIRE(second.size() == 2);
  CHECK(first[0] != second[0]);
}

TEST_CASE("what is found to be committed is told as the server would have") {
  scene at;
  at.lose();
  CHECK(at.one.talk.in_doubt());
  CHECK(at.one.talk.commit_token().size() == 32);
  const auto heard = at.one.outlives_commit(lost, commit_fate::committed);
  REQUIRE(heard.has_value());
  CHECK(*heard == says_ok());
  CHECK(at.one.talk.at_rest());
  CHECK(at.one.talk.commit_token().empty());
  at.one.query("begin");
  CHECK(at.one.lent);
}

TEST_CASE("what is found to be rolled back is a deadlock to the client") {
  scene at;
  at.lose();
  const auto heard = at.one.outlives_commit(
      {error_kind::rolled_back, fault::server, {}, "run it again", {}}, commit_fate::rolled_back);
  REQUIRE(heard.has_value());
  CHECK(error_in(*heard).code == 1213);
  CHECK(error_in(*heard).sqlstate == "40001");
  CHECK(at.one.talk.at_rest());
}

TEST_CASE("what nobody can tell is in doubt, as without a token") {
  scene at;
  at.lose();
  CHECK_FALSE(at.one.outlives_commit(lost, commit_fate::unknown).has_value());
  CHECK(error_in(at.one.talk.break_off(lost)).code == 1180);
}

TEST_CASE("forms of COMMIT that end their transaction, and others") {
  for (const std::string each : {"commit", "COMMIT", "Commit Work", "commit and no chain"}) {
    CAPTURE(each);
    scene at;
    at.lose(each);
    CHECK(at.has_written());
    CHECK_FALSE(at.one.talk.commit_token().empty());
  }
  for (const std::string each :
       {"commit and chain", "commit release", "rollback", "create table u (a int)", "begin"}) {
    CAPTURE(each);
    scene at;
    at.begin();
    at.one.query(each);
    CHECK_FALSE(at.has_written());
    CHECK(at.one.talk.commit_token().empty());
  }
}

TEST_CASE("no row without need: it is not wanted, nothing was written, nothing is open") {
  scene unwanted;
  unwanted.core.mark_commits(false);
  unwanted.lose();
  CHECK_FALSE(unwanted.has_written());
  CHECK(unwanted.one.talk.in_doubt());
  CHECK(unwanted.one.talk.commit_token().empty());
  scene alone;
  alone.one.query("commit");
  CHECK_FALSE(alone.has_written());
  scene by_itself;
  by_itself.server.answers["3 insert into t"] = "";
  by_itself.one.query("insert into t values (1)");
  CHECK_FALSE(by_itself.has_written());
  CHECK(by_itself.one.talk.commit_token().empty());
  // Its session could not go on all the same.
  scene holds;
  holds.begin();
  holds.one.query("set @mine = 1");
  holds.one.query("commit");
  CHECK_FALSE(holds.has_written());
}

TEST_CASE("where the row is refused the COMMIT goes on, and no row is tried again for a while") {
  scene at;
  at.server.answers["3 insert into skein"] = says_error(1142, "INSERT command denied");
  at.server.answers["14"] = says_ok(open_block);
  at.begin();
  CHECK(at.one.query("commit") == says_ok());
  auto asked = at.server.asked();
  REQUIRE(asked.size() == 3);
  CHECK(asked[0].starts_with(writes));
  CHECK(asked[1] == "14 ");
  CHECK(asked[2] == "3 commit");
  at.begin();
  CHECK(at.one.query("commit") == says_ok());
  asked = at.server.asked();
  CHECK(asked == texts{"3 commit"});
  CHECK(at.one.refused_tokens == texts{"INSERT command denied"});
  scene then;
  then.server.answers["3 insert into skein"] = says_error(1146);
  then.server.answers["14"] = says_ok(open_block);
  then.lose();
  CHECK(then.one.talk.in_doubt());
  CHECK(then.one.talk.commit_token().empty());
}

TEST_CASE(
    "where the refusal has ended the transaction the client hears it, and no COMMIT is sent") {
  scene at;
  at.server.answers["3 insert into skein"] = says_error(1213, "Deadlock found");
  at.begin();
  const auto heard = error_in(at.one.query("commit"));
  CHECK(heard.code == 1213);
  CHECK(heard.text == "Deadlock found");
  CHECK(at.server.asked().back() == "14 ");
  CHECK(at.one.refused_tokens.empty());
  CHECK(at.one.talk.at_rest());
  CHECK_FALSE(at.one.lent);
  at.begin();
  CHECK(at.one.query("select 1") == says_ok(open_block));
}

TEST_CASE("lost while the row is being written, nothing was committed") {
  scene at;
  at.server.answers["3 insert into skein"] = "";
  at.begin();
  CHECK(at.one.query("commit").empty());
  CHECK_FALSE(at.one.talk.in_doubt());
  const auto heard = at.one.outlives({error_kind::rolled_back, fault::server, {}, "moved", {}});
  REQUIRE(heard.has_value());
  CHECK(error_in(*heard).code == 1213);
  CHECK(at.one.talk.at_rest());
}

TEST_CASE("a session that does not commit by itself hears so in the status") {
  scene at;
  at.one.query("set autocommit = 0");
  for (const char* each : {"3 insert into t", "3 insert into skein"})
    at.server.answers[each] = says_ok(status::in_transaction);
  at.server.answers["3 commit"] = "";
  at.one.query("insert into t values (1)");
  at.one.query("commit");
  const auto heard = at.one.outlives_commit(lost, commit_fate::committed);
  REQUIRE(heard.has_value());
  CHECK(ok_in(*heard).status == 0);
}

TEST_CASE("a last insert id that went with the server is not told as another's") {
  scene at;
  at.server.answers["3 insert into t"] = says_ok(open_block, {}, 42);
  at.lose();
  REQUIRE(at.one.outlives_commit(lost, commit_fate::committed).has_value());
  CHECK(error_in(at.one.query("select last_insert_id()")).text.find("not known any more") !=
        std::string::npos);
  at.server.answers.erase("3 commit");
  at.begin();
  at.one.query("commit");
  CHECK(at.one.query("select last_insert_id()").find("not known") == std::string::npos);
}
