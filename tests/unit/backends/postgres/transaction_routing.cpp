// What a client's next statements may run on, and a read that fails on a follower.
#include "tests/unit/backends/postgres/borrowing.hpp"

using namespace skein;
using namespace wire;

namespace {

// A client of a core where statements may go to more than one place; the next server is a follower.
struct reader {
  reader() {
    REQUIRE(defined->publish(defined->edition(), std::make_shared<postgres::catalog>()));
    core.use_definitions([this](const std::string&) { return defined; });
    core.route(true);
    client.emplace(core);
    follower.of_follower = true;
    client->next = &follower;
    client->at_client();
  }
  // For what a server was wanted last.
  const server_wish& wish() const { return client->wished.back(); }
  place where() const {
    return wish().facts && wish().unsure.empty() ? wish().facts->where : place::leader;
  }
  void say(std::string_view written) { client->client(written); }

  std::shared_ptr<definitions> defined = std::make_shared<definitions>([] {});
  postgres::core_memory core;
  postgres::server_memory follower{borrowing::greeting(), 100};
  postgres::server_memory leader{borrowing::greeting(), 100};
  std::optional<borrowing> client;
};

const std::string read_batch = parse("", "select 1") + bind("") + execute + sync_message;
const std::string conflict = failed("40001", "canceling statement due to conflict with recovery");

}  // namespace

TEST_CASE("a wish says what decides where the server may be") {
  struct row {
    std::string said;
    place where;
    bool unsure;
  };
  const row table[] = {
      {query("select 1"), place::any, false},
      {query("insert into t values (1)"), place::leader, false},
      {query("select 1; select 2"), place::leader, false},
      {query("begin read only"), place::transaction, false},
      {query("begin"), place::leader, false},
      {query(""), place::any, false},
      {read_batch, place::any, false},
      {parse("s", "select 1") + describe('S', "s") + sync_message, place::any, false},
      {parse("", "select 1") + bind("") + execute + parse("", "delete from t") + bind("") +
           execute + sync_message,
       place::leader, false},
      {parse("", "delete from t") + describe('S', "") + sync_message, place::leader, false},
      // In pieces: what follows may be anything.
      {parse("", "select 1") + message('H'), place::leader, true},
      {parse("", "select 1") + bind(""), place::leader, true},
      // Which name that is the leader will say.
      {bind("nobody") + execute + sync_message, place::leader, true},
  };
  for (const row& each : table) {
    CAPTURE(each.said);
    reader one;
    one.client->next = &one.leader;
    one.say(each.said);
    REQUIRE(one.client->wished.size() == 1);
    CHECK(one.where() == each.where);
    CHECK(one.wish().unsure.empty() != each.unsure);
  }
}

TEST_CASE("what is not known of a session or a database is the leader's") {
  SUBCASE("definitions are being changed") {
    reader one;
    one.defined->change();
    one.say(select_1);
    CHECK(one.where() == place::leader);
  }
  SUBCASE("transactions are serializable") {
    reader one;
    one.client.emplace(one.core,
                       postgres::settings_map{{"default_transaction_isolation", "serializable"}});
    one.client->server(well(one.client->at_server()));
    one.client->next = &one.leader;
    one.say(select_1);
    CHECK(one.where() == place::leader);
  }
  SUBCASE("nothing is to be chosen") {
    reader one;
    one.core.route(false);
    one.say(select_1);
    CHECK_FALSE(one.wish().facts);
  }
}

TEST_CASE("what only reads goes to the follower, what follows waits for the answer") {
  reader one;
  one.say(select_1 + query("insert into t values (1)"));
  CHECK(one.client->at_server() == select_1);
  one.client->next = &one.leader;
  one.client->server(answered);
  CHECK(one.client->at_client() == answered);
  CHECK(one.client->borrowed == 2);
  CHECK(one.where() == place::leader);
  CHECK(one.client->at_server() == query("insert into t values (1)"));
  CHECK(one.client->talk.may_have_written());
}

TEST_CASE("a run of reads goes to one follower in one piece") {
  reader one;
  one.say(select_1 + query("select 2") + read_batch + query("delete from t"));
  CHECK(one.client->at_server() == select_1 + query("select 2") + read_batch);
  one.client->server(answered + answered + parsed + bound + complete() + ready('I'));
  CHECK(one.client->borrowed == 2);
  CHECK(one.where() == place::leader);
}

TEST_CASE("a transaction that only reads stays where it began") {
  reader one;
  one.say(query("begin read only"));
  one.client->server(in_block);
  one.say(select_1);
  one.client->server(columns + row("1") + complete() + ready('T'));
  one.say(query("commit") + query("insert into t values (1)"));
  CHECK(one.client->at_server() == query("begin read only") + select_1 + query("commit"));
  one.client->next = &one.leader;
  one.client->server(complete("COMMIT") + ready('I'));
  CHECK(one.client->borrowed == 2);
  CHECK(one.client->at_server() == query("insert into t values (1)"));
}

TEST_CASE("a read that fails on a follower is asked again, and its client hears of one answer") {
  struct way {
    std::string asked, first;
  };
  const way ways[] = {
      {select_1, conflict + ready('I')},
      {select_1, columns + conflict + ready('I')},
      {read_batch, parsed + bound + conflict + ready('I')},
      {parse("s", "select 1") + bind("s") + execute + sync_message,
       parsed + bound + conflict + ready('I')},
      {select_1, failed("42P01", "relation \"t\" does not exist") + ready('I')},
  };
  const std::string whole = parsed + bound + complete() + ready('I');
  for (const way& each : ways) {
    CAPTURE(types(each.asked));
    for (std::size_t split = 0; split <= each.first.size(); ++split) {
      reader one;
      one.say(each.asked);
      one.client->at_server();
      one.client->next = &one.leader;
      one.client->server(each.first.substr(0, split));
      one.client->server(each.first.substr(split));
      CHECK(one.client->at_client().empty());
      REQUIRE(one.client->borrowed == 2);
      CHECK(one.wish().again);
      one.client->at_server();
      const std::string answer = each.asked == select_1 ? answered : whole;
      one.client->server(answer);
      CHECK(one.client->at_client() == answer);
      CHECK_FALSE(one.client->lent);
      CHECK(one.client->talk.at_rest());
      one.say(select_1);
      CHECK_FALSE(one.wish().again);
    }
  }
}

TEST_CASE("a follower that is lost before its first row costs nothing") {
  reader one;
  one.say(select_1 + query("delete from t"));
  CHECK(one.client->at_server() == select_1);
  one.client->server(columns);
  one.client->next = &one.leader;
  CHECK(one.client->lose_server());
  CHECK(one.client->at_client().empty());
  // The leader may have what comes behind it at once.
  CHECK(one.client->at_server() == select_1 + query("delete from t"));
  one.client->server(answered);
  CHECK(one.client->at_client() == answered);
}

TEST_CASE("what the client has heard of is not asked again") {
  SUBCASE("the connection is lost in mid-result") {
    reader one;
    one.say(select_1);
    one.client->server(columns + row("1"));
    CHECK_FALSE(one.client->lose_server());
  }
  SUBCASE("an error behind a row") {
    reader one;
    one.say(select_1);
    one.client->server(columns + row("1") + conflict + ready('I'));
    CHECK(one.client->at_client() == columns + row("1") + conflict + ready('I'));
    CHECK(one.client->borrowed == 1);
  }
  SUBCASE("an error of the statement's own") {
    reader one;
    one.say(select_1);
    one.client->server(failed("22012", "division by zero") + ready('I'));
    CHECK(types(one.client->at_client()) == "EZ");
    CHECK(one.client->borrowed == 1);
  }
  SUBCASE("the leader's") {
    reader one;
    one.client->next = &one.leader;
    one.say(select_1);
    one.client->server(conflict + ready('I'));
    CHECK(types(one.client->at_client()) == "EZ");
  }
}

TEST_CASE("a goodbye of a follower that stops is not the client's") {
  reader one;
  one.say(select_1);
  one.client->server(message('E', text("SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0")));
  CHECK(one.client->at_client().empty());
  one.client->next = &one.leader;
  CHECK(one.client->lose_server());
  one.client->server(answered);
  CHECK(one.client->at_client() == answered);
}

TEST_CASE("in_hot_standby is not told: a session has one server, as far as it knows") {
  reader one;
  one.say(select_1);
  one.client->server(parameter("in_hot_standby", "on") + answered);
  CHECK(one.client->at_client() == answered);
}
