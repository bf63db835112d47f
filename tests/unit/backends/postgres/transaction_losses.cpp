// A pooled client whose server is lost in mid-transaction, on byte arrays.
#include "tests/unit/backends/postgres/borrowing.hpp"

using skein::error;
using skein::error_kind;
using skein::fault;
using wire::complete;
using wire::query;
using wire::ready;
using wire::types;

namespace {

const error lost{error_kind::rolled_back, fault::server, {}, "the lead has moved", {}};
const std::string insert = query("insert into t values (1)");
const std::string inserted = complete("INSERT 0 1") + ready('T');

struct scene : borrowing {
  // True: its session goes on.
  bool lose() {
    server_held.clear();
    actions.clear();
    lent = false;
    const bool on = talk.outlive(lost, actions);
    for (const auto& one : actions.all())
      if (one.kind == skein::action_kind::to_client) to_client += actions.text();
    if (on) client({});
    return on;
  }
  void begin() {
    client(query("begin"));
    server(wire::in_block);
    client(insert);
    server(inserted);
    at_server();
    at_client();
  }
  // What the next server is told ahead of what the client sends, and answers.
  void fail_block() {
    CHECK(types(at_server()) == "QES");
    server(complete("BEGIN") + ready('T') + wire::failed("34000", "no such portal") + ready('E'));
    CHECK(at_client().empty());
  }
};

std::string sqlstate_in(const std::string& bytes) {
  const auto at = bytes.find(std::string("\0C", 2));
  return at == bytes.npos ? "" : bytes.substr(at + 2, 5);
}

}  // namespace

TEST_CASE("an open transaction: the next statement hears of it, and so does all until a rollback") {
  scene at;
  at.begin();
  CHECK_FALSE(at.talk.in_doubt());
  REQUIRE(at.lose());
  CHECK(at.at_client().empty());
  at.client(query("select 1"));
  const std::string heard = at.at_client();
  CHECK(types(heard) == "EZ");
  CHECK(sqlstate_in(heard) == "40001");
  CHECK(heard.back() == 'E');
  CHECK_FALSE(at.lent);
  at.client(query("select 2"));
  CHECK(at.lent);
  at.fail_block();
  CHECK(at.at_server() == query("select 2"));
  at.server(wire::failed("25P02", "aborted") + ready('E'));
  CHECK(types(at.at_client()) == "EZ");
  at.client(query("rollback"));
  at.server(complete("ROLLBACK") + ready('I'));
  CHECK_FALSE(at.lent);
  CHECK(at.talk.at_rest());
}

TEST_CASE("a rollback of what is lost needs no server, and hears nothing of it") {
  for (const std::string ends : {"rollback", "ABORT;", "rollback work"}) {
    scene at;
    at.begin();
    REQUIRE(at.lose());
    at.client(query(ends));
    CHECK(at.at_client() == complete("ROLLBACK") + ready('I'));
    CHECK_FALSE(at.lent);
    CHECK(at.talk.at_rest());
  }
}

TEST_CASE("a commit of what is lost fails") {
  scene at;
  at.begin();
  REQUIRE(at.lose());
  at.client(query("commit"));
  CHECK(sqlstate_in(at.at_client()) == "40001");
  at.client(query("commit"));
  CHECK(at.at_client() == complete("ROLLBACK") + ready('I'));
  CHECK(at.talk.at_rest());
}

TEST_CASE("a statement under way hears of it in place of its answer") {
  scene at;
  at.begin();
  at.client(query("select 1"));
  REQUIRE(at.lose());
  const std::string heard = at.at_client();
  CHECK(types(heard) == "EZ");
  CHECK(heard.back() == 'E');
  at.client(query("rollback"));
  CHECK(at.at_client() == complete("ROLLBACK") + ready('I'));
}

TEST_CASE("by extended protocol: the batch is skipped to its Sync, and a rollback passes") {
  scene at;
  at.begin();
  at.client(wire::parse("", "select 1") + wire::bind(""));
  CHECK(types(at.at_server()) == "PB");
  REQUIRE(at.lose());
  CHECK(types(at.at_client()) == "E");
  at.client(wire::execute + wire::sync_message);
  CHECK(at.at_client() == ready('E'));
  at.client(wire::parse("", "rollback") + wire::bind("") + wire::execute + wire::sync_message);
  CHECK(at.lent);
  at.fail_block();
  CHECK(types(at.at_server()) == "PBES");
  at.server(wire::parsed + wire::bound + complete("ROLLBACK") + ready('I'));
  CHECK(types(at.at_client()) == "12CZ");
  CHECK(at.talk.at_rest());
}

TEST_CASE("a session that holds more there than its transaction ends with it") {
  SUBCASE("a COPY") {
    scene at;
    at.begin();
    at.client(query("copy t from stdin"));
    at.server(wire::message('G', wire::text("\0\0\0")));
    CHECK_FALSE(at.lose());
  }
  SUBCASE("what it loaded") {
    scene at;
    at.client(query("load 'x'"));
    at.server(complete("LOAD") + ready('I'));
    at.server(wire::well(at.at_server()));
    CHECK_FALSE(at.talk.pin().empty());
    CHECK_FALSE(at.lose());
  }
  SUBCASE("two rounds under way") {
    scene at;
    at.begin();
    at.client(query("select 1") + query("select 2"));
    CHECK_FALSE(at.lose());
  }
  SUBCASE("a message in the middle") {
    scene at;
    at.begin();
    at.client(query("select 1"));
    at.server(wire::columns + wire::row("abcdefgh").substr(0, 9));
    CHECK_FALSE(at.lose());
  }
}

TEST_CASE("what a client has begun is its statement and its transaction") {
  scene at;
  CHECK(at.talk.client_at_rest());
  at.client(insert);
  CHECK_FALSE(at.talk.client_at_rest());
  at.server(complete("INSERT 0 1") + ready('I'));
  CHECK(at.talk.client_at_rest());
  at.begin();
  CHECK_FALSE(at.talk.client_at_rest());
}

TEST_CASE("what commits by itself is in doubt, what only begins is not") {
  scene at;
  at.client(insert);
  CHECK(at.talk.in_doubt());
  CHECK_FALSE(at.lose());
  scene other;
  other.client(query("begin"));
  CHECK_FALSE(other.talk.in_doubt());
  CHECK(other.lose());
  CHECK(other.at_client().back() == 'I');
  CHECK(other.talk.at_rest());
  scene third;
  third.client(wire::parse("", "begin") + wire::bind("") + wire::execute +
               wire::parse("", "insert into t values (1)") + wire::bind("") + wire::execute +
               wire::sync_message);
  CHECK_FALSE(third.talk.in_doubt());
  scene fourth;
  fourth.begin();
  fourth.client(wire::parse("", "commit") + wire::bind("") + wire::execute + wire::sync_message);
  CHECK(fourth.talk.in_doubt());
}

TEST_CASE("a server that says why it closes is not passed on where the session goes on") {
  const auto goodbye = [](std::string_view state) {
    return wire::message(
        'E', wire::text("SFATAL\0VFATAL\0C") + std::string(state) + wire::text("\0Mended\0\0"));
  };
  scene at;
  at.begin();
  at.server(goodbye("57P01"));
  CHECK(at.at_client().empty());
  REQUIRE(at.lose());
  at.client(query("rollback"));
  CHECK(at.at_client() == complete("ROLLBACK") + ready('I'));
  scene other;  // it may have been committed
  other.client(insert);
  other.server(goodbye("57P01"));
  CHECK(types(other.at_client()) == "E");
  scene third;  // its own timeout: the client's own matter
  third.begin();
  third.server(goodbye("25P03"));
  CHECK(types(third.at_client()) == "E");
}
