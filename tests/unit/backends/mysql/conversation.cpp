#include "backends/mysql/conversation.hpp"

#include "tests/unit/backends/mysql/conversing.hpp"

using namespace skein;
using namespace skein::mysql;
using namespace skein::mysql::by_session;

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
  for (const command what : {command::binlog_dump, command::shutdown,
                             command::process_kill /* without a number */, command{0x77}}) {
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

TEST_CASE("KILL of another session waits for its outcome, and what comes behind it waits, too") {
  struct row {
    std::string asked;
    const char* ordered;
  };
  for (const auto& [asked, ordered] :
       {row{asks(command::query, "KILL QUERY 2147483650"), "cancel 2147483650;"},
        row{asks(command::query, "kill 2147483650"), "end 2147483650;"},
        row{asks(command::process_kill, std::string("\x02\0\0\x80", 4)), "end 2147483650;"}}) {
    for (const std::size_t piece : {1UZ, 3UZ, 1000UZ}) {
      scene at(piece);
      at.client(asked + asks(command::query, "select 1"));
      CHECK(at.ordered == ordered);
      CHECK(at.talk.on_hold());
      CHECK_FALSE(at.talk.at_rest());
      CHECK(at.heard().empty());
      SUBCASE("done") {
        at.ordered_done({});
        CHECK(at.heard() == ok(1));
      }
      SUBCASE("nobody there") {
        at.ordered_done(failure(error_kind::lost, fault::client, ""));
        CHECK(at.heard().contains("Unknown thread id: 2147483650"));
      }
      SUBCASE("another's") {
        at.ordered_done(failure(error_kind::login, fault::client, ""));
        CHECK(at.heard().contains("You are not owner of thread 2147483650"));
      }
      CHECK(at.sent() == asks(command::query, "select 1"));
      CHECK(at.talk.counts().queries_finished == 1);
    }
  }
}

TEST_CASE("KILL is refused in forms that are not known, and nothing that only looks like it") {
  for (const char* text : {"kill ?", "select 1; kill 5", "kill user app"}) {
    CAPTURE(text);
    for (const std::size_t piece : {1UZ, 3UZ, 1000UZ}) {
      scene at(piece);
      at.client(asks(command::query, text) + asks(command::stmt_prepare, "kill 5"));
      CHECK(at.sent().empty());
      CHECK(at.ordered.empty());
      CHECK(at.heard().contains("KILL is taken here as"));
    }
  }
  scene far;
  far.client(asks(command::query, "kill 4294967296"));
  CHECK(far.ordered.empty());
  CHECK(far.heard().contains("Unknown thread id: 4294967296"));
  for (const char* text : {"select 'kill 5'", "killer"}) {
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

TEST_CASE("of an open transaction MariaDB does not tell whether it is one of XA: a rollback does") {
  const std::string rolls_back = asks(command::query, "rollback and no chain no release");
  const auto left_open = [](scene& at) {
    at.server.which = flavour::mariadb;
    at.client(asks(command::query, "begin"));
    at.says(ok(1, status::autocommit | status::in_transaction));
    at.sent();
    at.leaves();
    CHECK(at.of_use);
    CHECK_FALSE(at.given_back);
  };
  scene plain;
  left_open(plain);
  CHECK(plain.sent() == rolls_back);
  plain.says(ok(1));
  CHECK(plain.sent() == asks(command::reset_connection));
  CHECK_FALSE(plain.given_back);
  plain.says(ok(1));
  CHECK(plain.given_back);
  CHECK_FALSE(plain.finished);

  scene of_xa;
  left_open(of_xa);
  CHECK(of_xa.sent() == rolls_back);
  of_xa.says(error_of_server(1));
  CHECK(of_xa.sent().empty());
  CHECK(of_xa.finished);
  CHECK_FALSE(of_xa.given_back);

  scene on_mysql;
  on_mysql.client(asks(command::query, "begin"));
  on_mysql.says(ok(1, status::autocommit | status::in_transaction));
  on_mysql.sent();
  on_mysql.leaves();
  CHECK(on_mysql.sent() == asks(command::reset_connection));
}

TEST_CASE("a collation that MariaDB does not know is its own, as in a login") {
  for (const auto& [which, number] :
       {std::pair{flavour::mysql, "255"}, std::pair{flavour::mariadb, "default"}}) {
    scene at(1000, {"app", "", {{"collation", "255"}}});
    at.server.which = which;
    at.server.has_been_reset = true;
    at.actions.clear();
    at.talk.settle_in(at.actions);
    std::string nothing;
    at.carry_out(nothing, true);
    const std::string to = number;
    CHECK(at.sent() ==
          asks(command::query, "set character_set_client=" + to + ",character_set_results=" + to +
                                   ",collation_connection=" + to));
  }
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
