#include "backends/mysql/conversation.hpp"

#include <doctest/doctest.h>

#include <string>

#include "backends/mysql/replies.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

server_greeting greeting(capability_set agreed) {
  return {.parameters = {{"capabilities", std::to_string(agreed)}}, .key = {}};
}

std::string packet(std::uint8_t number, std::string_view body) {
  std::string out;
  message_writer(out).begin(number).raw(body).end();
  return out;
}

std::string asks(command what, std::string_view text = {}) {
  return packet(0, std::string(1, static_cast<char>(what)) + std::string(text));
}

std::string ok(std::uint8_t number, std::uint16_t status = status::autocommit,
               std::uint8_t first = reply::ok) {
  return written(number, ok_packet{.status = status}, capability::deprecate_eof, first);
}

std::string error_of_server(std::uint8_t number) {
  return written(number, mysql::error_packet{1146, "42S02", "no such table"});
}

// A client, a server and what passes between them; each side's bytes come in pieces of that size.
struct scene {
  explicit scene(std::size_t piece_size = 1000, login_request asked = {"app", "shop", {}})
      : talk(asked), piece(piece_size) {
    talk.lend(server);
  }
  void client(std::string_view said) {
    from_client += said;
    feed(from_client, true);
  }
  void says(std::string_view said) {
    from_server += said;
    feed(from_server, false);
    if (!talk.on_hold()) feed(from_client, true);
  }
  void carry_out(std::string& input, bool of_client) {
    std::size_t used = 0;
    std::size_t text = 0;
    for (const action& each : actions.all()) {
      std::string& other = of_client ? to_server : to_client;
      switch (each.kind) {
        case action_kind::forward:
          other += input.substr(used, each.bytes);
          used += each.bytes;
          break;
        case action_kind::hide:
          used += each.bytes;
          break;
        case action_kind::to_client:
          to_client += actions.text().substr(text, each.bytes);
          text += each.bytes;
          break;
        case action_kind::to_server:
          to_server += actions.text().substr(text, each.bytes);
          text += each.bytes;
          break;
        case action_kind::give_back:
          given_back = true;
          break;
        case action_kind::finish:
          finished = true;
          break;
        default:
          FAIL("an action that is not known here");
      }
    }
    input.erase(0, used);
  }
  void feed(std::string& input, bool of_client) {
    for (std::size_t seen = std::min(piece, input.size());;) {
      const std::size_t before = input.size();
      std::string part = input.substr(0, seen);
      actions.clear();
      of_client ? talk.from_client(as_bytes(part), actions)
                : talk.from_server(as_bytes(part), actions);
      const std::size_t was = part.size();
      carry_out(part, of_client);
      const std::size_t used = was - part.size();
      input.erase(0, used);
      if (seen >= before && used == 0) return;
      if (input.empty()) return;
      seen = std::min(seen - used + piece, input.size());
    }
  }
  void leaves() {
    actions.clear();
    of_use = talk.leave(actions);
    std::string nothing;
    carry_out(nothing, true);
  }
  std::string heard() { return std::exchange(to_client, {}); }
  std::string sent() { return std::exchange(to_server, {}); }

  mysql::server_memory server{greeting(capability::deprecate_eof | capability::session_track)};
  mysql::conversation talk;
  std::size_t piece;
  action_list actions = {};
  std::string from_client = {};
  std::string from_server = {};
  std::string to_client = {};
  std::string to_server = {};
  bool given_back = false;
  bool finished = false;
  bool of_use = false;
};

const std::string result_of_one =
    packet(1, "\1") + packet(2, "\3def" + std::string(20, 'd')) + packet(3, "\1a");

}  // namespace

TEST_CASE("what is asked goes to the server, what is answered to the client, in whatever pieces") {
  for (const std::size_t piece : {1UZ, 2UZ, 3UZ, 7UZ, 1000UZ}) {
    CAPTURE(piece);
    scene at(piece);
    const std::string query = asks(command::query, "select 1");
    at.client(query);
    CHECK(at.sent() == query);
    CHECK(at.talk.busy());
    const std::string answer = result_of_one + ok(4, status::autocommit, reply::eof);
    at.says(answer);
    CHECK(at.heard() == answer);
    CHECK_FALSE(at.talk.busy());
    CHECK(at.talk.at_rest());
    at.client(asks(command::query, "begin"));
    at.says(ok(1, status::autocommit | status::in_transaction));
    CHECK_FALSE(at.talk.at_rest());
    CHECK(at.talk.counts().queries_started == 2);
    CHECK(at.talk.counts().queries_finished == 2);
  }
}

TEST_CASE("what a client sends ahead waits for the answer") {
  scene at;
  const std::string first = asks(command::query, "select 1");
  const std::string second = asks(command::stmt_close, "1234") + asks(command::query, "select 2");
  at.client(first + second);
  CHECK(at.sent() == first);
  CHECK(at.talk.on_hold());
  at.says(ok(1));
  CHECK(at.sent() == second);
  CHECK_FALSE(at.talk.on_hold());
  CHECK(at.talk.busy());
}

TEST_CASE("a ping is answered here, as the server would") {
  scene at;
  at.client(asks(command::query, "begin"));
  at.says(ok(1, status::in_transaction));
  at.sent();
  at.heard();
  at.client(asks(command::ping));
  CHECK(at.sent().empty());
  const auto body = at.heard();
  const auto told =
      read_ok(as_bytes(std::string_view(body).substr(header_bytes)), capability::deprecate_eof);
  REQUIRE(told.has_value());
  CHECK(told->status == status::in_transaction);
}

TEST_CASE("what is not a client's to ask is refused, and the session goes on") {
  for (const command what : {command::binlog_dump, command::shutdown, command::change_user,
                             command::process_kill, command{0x77}}) {
    for (const std::size_t piece : {1UZ, 1000UZ}) {
      scene at(piece);
      at.client(asks(what, "abc") + asks(command::query, "select 1"));
      CHECK(at.sent() == asks(command::query, "select 1"));
      const auto told = at.heard();
      REQUIRE(told.size() > header_bytes);
      CHECK(static_cast<std::uint8_t>(told[header_bytes]) == reply::error);
      CHECK_FALSE(at.finished);
    }
  }
}

TEST_CASE("KILL is refused, wherever it stands, and nothing that only looks like it") {
  for (const char* text : {"kill 5", "KILL QUERY 5", " /* a */ kill 5", "/*! kill 5 */",
                           "select 1; kill 5", "-- a\nkill connection 7", "select 1;;Kill ?"}) {
    CAPTURE(text);
    for (const std::size_t piece : {1UZ, 3UZ, 1000UZ}) {
      scene at(piece);
      at.client(asks(command::query, text) + asks(command::stmt_prepare, text));
      CHECK(at.sent().empty());
      CHECK(at.heard().contains("KILL is not taken here"));
    }
  }
  for (const char* text : {"select 'kill 5'", "select kill from t", "# kill 5\nselect 1",
                           "select `kill`; select 2 kill", "killer"}) {
    CAPTURE(text);
    scene at;
    at.client(asks(command::query, text));
    CHECK(at.sent() == asks(command::query, text));
  }
}

TEST_CASE("a file of the client's goes to the server, up to its empty packet") {
  for (const std::size_t piece : {1UZ, 5UZ, 1000UZ}) {
    scene at(piece);
    at.client(asks(command::query, "load data local infile 'a' into table t"));
    at.sent();
    at.says(packet(1, "\xfb/tmp/a"));
    const std::string file = packet(2, "1,2\n") + packet(3, "3,4\n") + packet(4, "");
    at.client(file + asks(command::ping));
    CHECK(at.sent() == file);
    at.heard();
    at.says(ok(5));
    const std::string heard = at.heard();
    CHECK(heard.starts_with(ok(5)));
    CHECK(heard.size() > ok(5).size());  // and the ping's
  }
}

TEST_CASE("a message of many packets is one command") {
  scene at(1 << 20);
  std::string query;
  message_writer(query)
      .begin(0)
      .u8(static_cast<std::uint8_t>(command::query))
      .raw(std::string(body_max + 5, '\x01'))
      .end();
  at.client(query);
  CHECK(at.sent() == query);
  CHECK(at.talk.counts().queries_started == 1);
}

TEST_CASE("who leaves is cleaned up behind") {
  scene at;
  at.leaves();
  CHECK(at.of_use);
  CHECK(at.given_back);

  scene used;
  used.client(asks(command::query, "set @a = 1"));
  used.leaves();
  CHECK(used.of_use);
  CHECK_FALSE(used.given_back);
  used.sent();
  used.says(ok(1));
  CHECK(used.sent() == asks(command::reset_connection));
  used.says(ok(1));
  CHECK(used.given_back);
  CHECK(used.server.has_been_reset);

  scene nowhere(1000, {"app", "", {}});
  nowhere.client(asks(command::query, "use shop"));
  nowhere.says(ok(1));
  nowhere.leaves();
  CHECK_FALSE(nowhere.of_use);

  scene failing;
  failing.client(asks(command::query, "set @a = 1"));
  failing.says(ok(1));
  failing.leaves();
  failing.says(error_of_server(1));
  CHECK(failing.finished);
  CHECK_FALSE(failing.given_back);
}

TEST_CASE("a server that was reset is told the database and the character set again") {
  scene at(1000, {"app", "shop", {{"collation", "45"}}});
  at.server.has_been_reset = true;
  at.actions.clear();
  at.talk.settle_in(at.actions);
  std::string nothing;
  at.carry_out(nothing, true);
  CHECK(at.talk.on_hold());
  CHECK(at.sent() == asks(command::init_db, "shop"));
  at.says(ok(1));
  CHECK(at.sent() == asks(command::query,
                          "set character_set_client=45,character_set_results=45,"
                          "collation_connection=45"));
  CHECK(at.talk.on_hold());
  SUBCASE("and takes it") {
    at.says(ok(1));
    CHECK_FALSE(at.talk.on_hold());
    CHECK(at.talk.greeting().has_value());
  }
  SUBCASE("or not") {
    at.says(error_of_server(1));
    CHECK_FALSE(at.talk.on_hold());
    REQUIRE_FALSE(at.talk.greeting().has_value());
    CHECK(at.talk.greeting().error().text_for_client.contains("no such table"));
  }
  CHECK(at.heard().empty());
}

TEST_CASE("who reads answers in a way that its server cannot write is told so at once") {
  const auto asked = [](capability_set shaped) {
    login_request made{"app", "shop", {}};
    write_traits({.shaped = shaped}, made);
    return made;
  };
  scene at(1000, asked(capability::deprecate_eof | capability::found_rows));
  CHECK(at.talk.greeting().has_value());
  mysql::server_memory old(greeting(capability::session_track));
  at.talk.lend(old);
  REQUIRE_FALSE(at.talk.greeting().has_value());
  CHECK(at.talk.greeting().error().text_for_client.contains("too old for this client"));
}

TEST_CASE("the client hears why its server is gone, where that can be put in") {
  const error lost{error_kind::lost, fault::server, {}, "it is gone", {}};
  scene idle;
  const std::string first = idle.talk.break_off(lost);
  REQUIRE(first.size() > header_bytes);
  CHECK(number_of(as_bytes(first).data()) == 1);
  scene busy;
  busy.client(asks(command::query, "select 1"));
  busy.says(packet(1, "\1") + packet(2, "\3def" + std::string(20, 'd')));
  const std::string told = busy.talk.break_off(lost);
  REQUIRE(told.size() > header_bytes);
  CHECK(number_of(as_bytes(told).data()) == 3);
  scene inside;
  inside.client(asks(command::query, "select 1"));
  inside.says((packet(1, "\1") + packet(2, std::string(40, 'd'))).substr(0, 20));
  CHECK(inside.talk.break_off(lost).empty());
}

TEST_CASE("bytes that are no command end the session, with a word") {
  for (const std::string& bytes : {packet(3, "\3select 1"), packet(0, "")}) {
    scene at;
    at.client(bytes);
    CHECK(at.finished);
    CHECK(at.sent().empty());
    CHECK_FALSE(at.heard().empty());
  }
  scene at;
  at.client(asks(command::query, "select 1"));
  at.says(packet(1, "\xfc"));
  CHECK(at.finished);
  CHECK_FALSE(at.talk.at_rest());
}
