// What clients prepare and run again, and what it costs.
#include "tests/unit/backends/mysql/transactions.hpp"
#include "tests/unit/net/allocations.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

using scene = pooled_scene;

}  // namespace

TEST_CASE("a prepared statement has an id of its client's, and is prepared where it is missing") {
  scene at;
  fake_server second;
  second.next_id = 500;
  at.server.asked();
  const auto told = at.one.ask(asks(command::stmt_prepare, "select ?"));
  const std::uint32_t id = id_in(told);
  CHECK(id == 1);
  CHECK(told.size() == says_prepared(100, 1, 1).size());
  at.one.ask(execute(id, true));
  CHECK(at.server.asked() ==
        texts{"22 select ?", execute(100, true).substr(4).replace(0, 1, "23 ")});
  at.one.meets({&second});
  at.one.ask(execute(id, false, '\x9'));
  const auto there = second.asked();
  REQUIRE(there.size() == 4);  // set up, asked how it reads, prepared
  CHECK(there[2] == "22 select ?");
  // The types come along, for this server has none.
  CHECK(there[3] == execute(500, true, '\x9').substr(4).replace(0, 1, "23 "));
  at.one.ask(execute(id, false));
  CHECK(second.asked() == texts{execute(500, false).substr(4).replace(0, 1, "23 ")});
  CHECK(error_in(at.one.ask(execute(77, true))).code == 1243);
  at.one.ask(asks(command::stmt_close, id_bytes(id)));
  CHECK(second.asked().empty());
  CHECK(error_in(at.one.ask(execute(id, true))).code == 1243);
}

TEST_CASE("who prepares what is known is answered here, and shares it") {
  scene at;
  pooled_client other(at.core, at.server);
  at.one.ask(asks(command::stmt_prepare, "select ?"));
  at.one.ask(execute(1, true));
  at.server.asked();
  CHECK(id_in(other.ask(asks(command::stmt_prepare, "select ?"))) == 1);
  CHECK(at.server.asked().empty());
  other.ask(execute(1, true));
  CHECK(at.server.asked().size() == 1);
  other.query("create table t (i int)");
  at.server.asked();
  pooled_client third(at.core, at.server);
  third.ask(asks(command::stmt_prepare, "select ?"));
  CHECK(at.server.asked() == texts{"22 select ?"});
}

TEST_CASE("values in pieces and cursors keep their server until they are over") {
  scene at;
  at.one.ask(asks(command::stmt_prepare, "select ?"));
  at.server.asked();
  at.one.ask(asks(command::stmt_send_long_data, id_bytes(1) + std::string("\0\0abc", 5)));
  CHECK(at.one.lent);
  CHECK(at.server.asked().front().starts_with("24 " + id_bytes(100)));
  at.one.ask(execute(1, true));
  CHECK_FALSE(at.one.lent);
  at.server.answers["23 "] =
      packet_of(1, "\1") + packet_of(2, "\3def") +
      written(3, ok_packet{.status = status::cursor_exists}, tested_capabilities, reply::eof);
  at.one.ask(execute(1, true));
  CHECK(at.one.talk.pin() == "it has a cursor open");
  at.server.answers["28 "] =
      written(1, ok_packet{.status = status::last_row_sent}, tested_capabilities, reply::eof);
  at.one.ask(asks(command::stmt_fetch, id_bytes(1) + id_bytes(5)));
  CHECK_FALSE(at.one.lent);
  CHECK(error_in(at.one.ask(asks(command::stmt_fetch, id_bytes(1) + id_bytes(5)))).code == 1421);
}

namespace {

// A round of a client's command and its answer, by the conversation alone.
void play(transaction_conversation& talk, fake_server& server, std::string_view asked,
          std::string_view answered, action_list& actions) {
  actions.clear();
  talk.from_client(as_bytes(asked), actions);
  talk.lend(server.memory);
  actions.clear();
  talk.from_client(as_bytes(asked), actions);
  actions.clear();
  talk.from_server(as_bytes(answered), actions);
}

}  // namespace

TEST_CASE("a warm statement allocates nothing, as text and prepared, routed or not") {
  for (const bool routed : {false, true}) {
    CAPTURE(routed);
    scene at;
    at.core.route(routed);
    at.one.ask(asks(command::stmt_prepare, "select a_long_name from goods where id = ?"));
    at.one.ask(execute(1, true));
    const std::string text =
        asks(command::query, "select a_long_name from goods where id = 12345 and 'a' = 'b'");
    const std::string prepared = execute(1, true);
    const std::string answered = says_row({{0x08, "7"}});
    action_list actions;
    std::size_t before = 0;
    for (int round = 0; round < 50; ++round) {
      if (round == 20) before = net::allocated.count;
      play(at.one.talk, at.server, text, answered, actions);
      play(at.one.talk, at.server, prepared, answered, actions);
    }
    CHECK(net::allocated.count == before);
    CHECK(at.one.talk.counts().queries_finished == 102);
  }
}
