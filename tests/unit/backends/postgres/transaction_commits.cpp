// A COMMIT whose number is asked for ahead of it, and what its client hears when its answer is
// lost.
#include "tests/unit/backends/postgres/borrowing.hpp"

using skein::commit_fate;
using skein::error;
using skein::error_kind;
using skein::fault;
using wire::complete;
using wire::query;
using wire::ready;
using wire::types;

namespace {

const error why{error_kind::rolled_back, fault::server, {}, "the server was lost", {}};

std::string number_row(std::uint32_t number) {
  return wire::message('D', wire::text("\0\1\0\0\0\x8\0\0\0\0") + wire::u32(number));
}
const std::string no_number = wire::message('D', wire::text("\0\1\xff\xff\xff\xff"));
const std::string first_question = "PBES";

struct scene : borrowing {
  scene() {
    shared.resolves_commits = true;
    client(query("begin"));
    server(wire::in_block);
    client(query("insert into t values (1)"));
    server(complete("INSERT 0 1") + ready('T'));
    at_server();
    at_client();
  }
  void answer_question(const std::string& row) {
    server(wire::parsed + wire::bound + row + complete("SELECT 1") + ready('T'));
    CHECK(at_client().empty());
  }
  bool find(commit_fate fate) {
    server_held.clear();
    actions.clear();
    lent = false;
    const bool on = talk.outlive_commit(why, fate, actions);
    for (const auto& one : actions.all()) finished |= one.kind == skein::action_kind::finish;
    to_client += actions.text();
    return on;
  }
};

}  // namespace

TEST_CASE("the number is asked for in the same packet, and hidden; the next time it is prepared") {
  scene at;
  at.client(query("commit"));
  CHECK(types(at.at_server()) == first_question + "Q");
  CHECK(at.talk.commit_token().empty());  // it is not known yet: in doubt
  CHECK(at.talk.in_doubt());
  at.answer_question(number_row(4711));
  CHECK(at.talk.commit_token() == "4711");
  at.server(complete("COMMIT") + ready('I'));
  CHECK(at.at_client() == complete("COMMIT") + ready('I'));
  CHECK(at.talk.at_rest());
  CHECK_FALSE(at.lent);
  CHECK(at.talk.commit_token().empty());
  at.client(query("begin"));
  at.server(wire::in_block);
  at.client(query("insert into t values (2)"));
  at.server(complete("INSERT 0 1") + ready('T'));
  at.at_server();
  at.client(query("COMMIT;"));
  CHECK(types(at.at_server()) == "BESQ");
}

TEST_CASE("split at every byte the number is the same") {
  const std::string answers =
      wire::parsed + wire::bound + number_row(4711) + complete("SELECT 1") + ready('T');
  for (std::size_t cut = 1; cut < answers.size(); ++cut) {
    scene at;
    at.client(query("commit"));
    at.server(answers.substr(0, cut));
    at.server(answers.substr(cut));
    CAPTURE(cut);
    CHECK(at.at_client().empty());
    CHECK(at.talk.commit_token() == "4711");
  }
}

TEST_CASE("found to be committed: the client hears what the server would have said") {
  scene at;
  at.client(query("commit"));
  at.answer_question(number_row(4711));
  REQUIRE(at.find(commit_fate::committed));
  CHECK(at.at_client() == complete("COMMIT") + ready('I'));
  CHECK(at.talk.at_rest());
  CHECK_FALSE(at.finished);
  at.client(query("select 1"));
  CHECK(at.lent);
}

TEST_CASE("found to be rolled back: it is to be run again, and no transaction is open") {
  scene at;
  at.client(query("end"));
  at.answer_question(number_row(4711));
  REQUIRE(at.find(commit_fate::rolled_back));
  const std::string heard = at.at_client();
  CHECK(types(heard) == "EZ");
  CHECK(wire::holds(heard, "40001"));
  CHECK(heard.back() == 'I');
  CHECK(at.talk.at_rest());
}

TEST_CASE("not found: in doubt") {
  scene at;
  at.client(query("commit"));
  at.answer_question(number_row(4711));
  CHECK_FALSE(at.find(commit_fate::unknown));
  CHECK(wire::holds(at.talk.break_off(why), "08007"));
}

TEST_CASE("a transaction without a number has written nothing: nothing is in doubt") {
  scene at;
  at.client(query("commit"));
  at.answer_question(no_number);
  CHECK_FALSE(at.talk.in_doubt());
  CHECK(at.talk.commit_token().empty());
  at.actions.clear();
  REQUIRE(at.talk.outlive(why, at.actions));
  CHECK(types(std::string(at.actions.text())) == "EZ");
  CHECK(at.actions.text().back() == 'I');
  CHECK(at.talk.at_rest());
}

TEST_CASE("a commit that chains: it was committed, and what it began is lost") {
  scene at;
  at.client(query("commit and chain"));
  at.answer_question(number_row(4711));
  REQUIRE(at.find(commit_fate::committed));
  CHECK(at.at_client() == complete("COMMIT") + ready('T'));
  at.client(query("select 1"));
  CHECK(wire::holds(at.at_client(), "40001"));
  at.client(query("rollback"));
  CHECK(at.at_client() == complete("ROLLBACK") + ready('I'));
}

TEST_CASE("in a batch the number is flushed, not synced: a Sync would end the batch") {
  scene at;
  at.client(wire::parse("", "commit") + wire::bind("") + wire::execute + wire::sync_message);
  CHECK(types(at.at_server()) == "PPBEHBES");
  at.server(wire::parsed + wire::parsed + wire::bound + number_row(4711) + complete("SELECT 1"));
  CHECK(at.at_client() == wire::parsed);
  CHECK(at.talk.commit_token() == "4711");
  SUBCASE("answered") {
    at.server(wire::bound + complete("COMMIT") + ready('I'));
    CHECK(types(at.at_client()) == "2CZ");
    CHECK(at.talk.at_rest());
  }
  SUBCASE("found to be committed") {
    REQUIRE(at.find(commit_fate::committed));
    CHECK(types(at.at_client()) == "2CZ");
    CHECK(at.talk.at_rest());
  }
  SUBCASE("found to be rolled back") {
    REQUIRE(at.find(commit_fate::rolled_back));
    CHECK(types(at.at_client()) == "EZ");
    CHECK(at.talk.at_rest());
  }
}

TEST_CASE("a question that fails is hidden, and the commit is in doubt as without it") {
  scene at;
  at.client(query("commit"));
  at.server(wire::failed("25P02", "aborted") + ready('E'));
  CHECK(at.at_client().empty());
  CHECK(at.talk.commit_token().empty());
  at.server(complete("ROLLBACK") + ready('I'));
  CHECK(at.at_client() == complete("ROLLBACK") + ready('I'));
  CHECK(at.talk.at_rest());
}

TEST_CASE("nothing is asked where it would be of no use") {
  const auto sent_for = [](scene& at, const std::string& sql) {
    at.client(query(sql));
    return types(at.at_server());
  };
  scene rolled_back;
  CHECK(sent_for(rolled_back, "rollback") == "Q");
  scene several;
  CHECK(sent_for(several, "insert into t values (2); commit") == "Q");
  scene prepared;
  CHECK(sent_for(prepared, "prepare transaction 'x'") == "Q");
  scene failed;
  failed.client(query("select 1/0"));
  failed.server(wire::failed("22012", "division by zero") + ready('E'));
  failed.at_server();
  CHECK(sent_for(failed, "commit") == "Q");
  scene off;
  off.shared.resolves_commits = false;
  CHECK(sent_for(off, "commit") == "Q");
}

TEST_CASE("what it has set in the transaction is not known: it hears of the commit, and ends") {
  scene at;
  at.client(query("set work_mem to '1MB'"));
  at.server(complete("SET") + ready('T'));
  at.at_client();
  at.client(query("commit"));
  at.answer_question(number_row(4711));
  REQUIRE(at.find(commit_fate::committed));
  CHECK(types(at.at_client()) == "CZE");
  CHECK(at.finished);
}
