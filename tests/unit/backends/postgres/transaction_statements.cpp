// A client's prepared statements over borrowed servers: prepared where they are missing, shared,
// and known by the client's own names whatever fails.
#include "tests/unit/backends/postgres/borrowing.hpp"
#include "tests/unit/net/allocations.hpp"

using namespace skein;
using namespace wire;

TEST_CASE("a statement is prepared on each server that it runs on, once") {
  borrowing one;
  one.client(parse("mine", "select $1") + sync_message);
  const std::string sent = one.at_server();
  CHECK(types(sent) == "PS");
  CHECK(sent.find("skein_1") != std::string::npos);
  CHECK(sent.find("mine") == std::string::npos);
  one.server(parsed + ready('I'));
  CHECK(types(one.at_client()) == "1Z");

  one.client(bind("mine") + execute + sync_message);
  CHECK(types(one.at_server()) == "BES");
  one.server(bound + complete() + ready('I'));
  CHECK(types(one.at_client()) == "2CZ");

  postgres::server_memory other{borrowing::greeting(), 100};
  one.next = &other;
  one.client(bind("mine") + execute + sync_message);
  CHECK(types(one.at_server()) == "PBES");
  one.server(parsed + bound + complete() + ready('I'));
  CHECK(types(one.at_client()) == "2CZ");
}

TEST_CASE("the same text under another name is not prepared again") {
  borrowing one;
  one.client(parse("a", "select 1") + sync_message);
  one.server(parsed + ready('I'));
  one.at_server();
  one.at_client();
  one.client(parse("b", "select 1") + bind("b") + execute + sync_message);
  CHECK(types(one.at_server()) == "BES");
  CHECK(one.at_client() == parsed);
  one.server(bound + complete() + ready('I'));
  CHECK(types(one.at_client()) == "2CZ");
}

TEST_CASE("an answer of ours keeps its place between the server's") {
  borrowing one;
  one.client(parse("a", "select 1") + sync_message);
  one.server(parsed + ready('I'));
  one.at_client();
  one.client(bind("a") + execute + parse("b", "select 1") + close('S', "b") + bind("a") +
             sync_message);
  one.server(bound + complete());
  CHECK(types(one.at_client()) == "2C13");
  one.server(bound + ready('I'));
  CHECK(types(one.at_client()) == "2Z");
}

TEST_CASE("a Parse that fails, or is skipped, leaves no name behind") {
  borrowing one;
  one.client(parse("a", "selec") + parse("b", "select 1") + sync_message);
  one.server(failed("42601", "syntax error") + ready('I'));
  CHECK(types(one.at_client()) == "EZ");
  one.at_server();
  for (const char* name : {"a", "b"}) {
    one.client(bind(name) + sync_message);
    const std::string sent = one.at_server();
    CHECK(types(sent) == "ES");
    one.server(failed("34000", "no such portal") + ready('I'));
    const std::string heard = one.at_client();
    CHECK(types(heard) == "EZ");
    CHECK(error_field(heard, 'C') == "26000");
  }
  one.client(parse("a", "select 2") + sync_message);
  CHECK(types(one.at_server()).find('P') != std::string::npos);
}

TEST_CASE("DEALLOCATE takes away a name that the client's Parse gave") {
  borrowing one;
  one.client(parse("a", "select 1") + sync_message);
  one.server(parsed + ready('I'));
  one.at_client();
  one.at_server();
  SUBCASE("in a simple query, answered here") {
    one.client(query("DEALLOCATE a"));
    CHECK(one.at_client() == complete("DEALLOCATE") + ready('I'));
    CHECK_FALSE(one.lent);
  }
  SUBCASE("behind what is still to be answered") {
    one.client(begin + query("deallocate a"));
    CHECK(one.at_client().empty());
    one.server(in_block);
    CHECK(one.at_client() == in_block + complete("DEALLOCATE") + ready('T'));
  }
  SUBCASE("in an extended query, when it is executed") {
    one.client(parse("", "deallocate a") + bind("") + execute + sync_message);
    CHECK(types(one.at_server()) == "PBS");
    one.server(parsed + bound + ready('I'));
    CHECK(types(one.at_client()) == "12CZ");
  }
  one.at_server();
  one.client(bind("a") + sync_message);
  CHECK(types(one.at_server()) == "ES");
  one.server(failed("34000", "no such portal") + ready('I'));
  CHECK(error_field(one.at_client(), 'C') == "26000");
}

TEST_CASE("in a transaction that has failed DEALLOCATE fails too") {
  borrowing one;
  one.client(parse("a", "select 1") + sync_message);
  one.server(parsed + ready('I'));
  one.client(begin);
  one.server(in_block);
  one.client(query("selec"));
  one.server(failed("42601", "syntax error") + ready('E'));
  one.at_client();
  one.client(query("deallocate a"));
  one.server(failed("25P02", "current transaction is aborted") + ready('E'));
  const std::string heard = one.at_client();
  CHECK(types(heard) == "EZ");
  CHECK(error_field(heard, 'C') == "25P02");
}

TEST_CASE("a name that is taken is refused as the server would") {
  borrowing one;
  one.client(parse("a", "select 1") + sync_message);
  one.server(parsed + ready('I'));
  one.at_client();
  one.client(parse("a", "select 2") + sync_message);
  one.server(failed("34000", "no such portal") + ready('I'));
  CHECK(error_field(one.at_client(), 'C') == "42P05");
}

TEST_CASE("the unnamed statement is prepared again where it is missing") {
  borrowing one;
  one.client(parse("", "select $1") + describe('S', "") + sync_message);
  CHECK(types(one.at_server()) == "PDS");
  one.server(parsed + message('t', text("\0\0")) + columns + ready('I'));
  CHECK(types(one.at_client()) == "1tTZ");
  one.client(bind("") + execute + sync_message);
  CHECK(types(one.at_server()) == "BES");
  one.server(bound + complete() + ready('I'));
  one.at_client();
  postgres::server_memory other{borrowing::greeting(), 100};
  one.next = &other;
  one.client(bind("") + execute + sync_message);
  CHECK(types(one.at_server()) == "PBES");
  one.server(parsed + bound + complete() + ready('I'));
  CHECK(types(one.at_client()) == "2CZ");
  // A simple query does away with it.
  one.client(select_1);
  one.server(answered);
  one.at_client();
  one.at_server();
  one.client(bind("") + sync_message);
  one.server(failed("34000", "no such portal") + ready('I'));
  CHECK(error_field(one.at_client(), 'C') == "26000");
}

TEST_CASE("a plan that fits no more is prepared anew") {
  borrowing one;
  one.client(parse("a", "select * from t") + sync_message);
  one.server(parsed + ready('I'));
  one.client(bind("a") + execute + sync_message);
  one.server(stale_plan() + ready('I'));
  one.at_server();
  one.client(bind("a") + execute + sync_message);
  CHECK(types(one.at_server()) == "PBES");
  one.server(parsed + bound + complete() + ready('I'));
  CHECK(types(one.at_client()) == "1ZEZ2CZ");
}

TEST_CASE("what follows an error is not looked at until its Sync") {
  borrowing one;
  one.client(describe('S', "a"));
  one.server(failed("34000", "no such portal"));
  one.client(parse("b", "select 1") + select_1 + close('S', "b"));
  CHECK(types(one.at_server()) == "E");
  one.client(sync_message);
  one.server(ready('I'));
  CHECK(types(one.at_client()) == "EZ");
  CHECK(one.talk.at_rest());
}

TEST_CASE("a warm transaction allocates nothing") {
  auto defined = std::make_shared<postgres::catalog>();
  defined->note("goods", {.writing = true});
  const auto known = std::make_shared<definitions>([] {});
  REQUIRE(known->publish(known->edition(), defined));
  postgres::core_memory shared;
  shared.use_definitions([&](const std::string&) { return known; });
  postgres::server_memory there{borrowing::greeting(), 100};
  postgres::transaction_conversation talk(pool_mode::transaction, {}, shared);
  action_list actions;
  const auto exchange = [&](std::string_view asked, std::string_view reply) {
    actions.clear();
    talk.from_client(bytes(asked), actions);  // wants a server
    talk.lend(there);
    actions.clear();
    talk.from_client(bytes(asked), actions);
    actions.clear();
    talk.from_server(bytes(reply), actions);
  };
  talk.lend(there);
  talk.settle_in(actions);
  const std::string simple = query("select abalance from accounts where aid = 4711");
  exchange(parse("mine", "select $1") + sync_message, parsed + ready('I'));
  const std::string prepared = bind("mine") + describe('P', "") + execute + sync_message;
  const std::string rows = bound + answered;
  std::size_t before = 0;
  for (int round = 0; round < 100; ++round) {
    if (round == 10) before = net::allocated.count;
    exchange(simple, answered);
    exchange(prepared, rows);
  }
  CHECK(net::allocated.count == before);
  CHECK(talk.counts().queries_finished == 201);
}
