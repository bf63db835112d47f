#include "backends/postgres/transaction_conversation.hpp"

#include "tests/unit/backends/postgres/borrowing.hpp"

using namespace skein;
using namespace wire;

const server_greeting& borrowing::greeting() {
  static const server_greeting known{
      {{"server_version", "15.1"}, {"application_name", ""}, {"standard_conforming_strings", "on"}},
      {}};
  return known;
}

std::string wire::types(std::string_view messages) {
  std::string found;
  while (messages.size() >= 5) {
    found.push_back(messages[0]);
    const auto body = postgres::load_u32(std::as_bytes(std::span(messages)).data() + 1);
    messages.remove_prefix(std::min<std::size_t>(messages.size(), 1 + body));
  }
  return found;
}

bool wire::holds(std::string_view bytes, std::string_view words) {
  return bytes.find(words) != bytes.npos;
}

std::string wire::well(std::string_view asked) {
  std::string reply;
  for (const char type : types(asked)) {
    if (type == 'P') reply += parsed;
    if (type == 'B') reply += bound;
    if (type == 'E') reply += complete("SELECT 0");
    if (type == 'C') reply += closed;
    if (type == 'S') reply += ready('I');
  }
  return reply;
}

TEST_CASE("a server is borrowed for a query and goes back with its answer") {
  borrowing one;
  CHECK_FALSE(one.lent);
  one.client(select_1);
  CHECK(one.borrowed == 1);
  CHECK(one.at_server() == select_1);
  CHECK(one.talk.busy());
  one.server(answered);
  CHECK(one.at_client() == answered);
  CHECK_FALSE(one.lent);
  CHECK(one.talk.at_rest());
  CHECK(one.talk.counts().queries_finished == 1);
}

TEST_CASE("split at every byte the outcome is the same") {
  const std::string asked =
      parse("s", "select $1") + bind("s") + describe('P', "") + execute + sync_message;
  const std::string rows = row("1") + row("") + row("three");
  const std::string reply = parsed + bound + no_data + rows + complete() + ready('I');
  borrowing whole;
  whole.client(asked);
  whole.server(reply);
  CHECK(whole.to_client == reply);
  for (std::size_t at = 1; at < asked.size(); ++at) {
    borrowing split;
    split.client(asked.substr(0, at));
    split.client(asked.substr(at));
    CHECK(split.to_server == whole.to_server);
  }
  for (std::size_t at = 1; at < reply.size(); ++at) {
    borrowing split;
    split.client(asked);
    split.server(reply.substr(0, at));
    split.server(reply.substr(at));
    CHECK(split.to_client == whole.to_client);
    CHECK_FALSE(split.lent);
  }
}

TEST_CASE("the rows ahead of an impossible one are the client's, what follows is nobody's") {
  borrowing one;
  one.client(select_1);
  const std::string rows = columns + row("1") + row("2");
  one.server(rows + text("D\0\0\0\3") + row("3"));
  const std::string heard = one.at_client();
  CHECK(heard.starts_with(rows));
  CHECK(types(heard.substr(rows.size())) == "E");
  CHECK(one.finished);
}

TEST_CASE("a transaction keeps its server to the end") {
  borrowing one;
  one.client(begin);
  one.server(in_block);
  CHECK(one.lent);
  one.client(select_1);
  one.server(columns + row("1") + complete() + ready('T'));
  CHECK(one.lent);
  one.client(query("commit"));
  one.server(complete("COMMIT") + ready('I'));
  CHECK_FALSE(one.lent);
  CHECK(one.borrowed == 1);
}

TEST_CASE("settings go ahead of a statement in the same flight") {
  borrowing one(postgres::settings_map{{"application_name", "shop"}});
  // The login has set them already; its reply makes the connection known.
  one.server(well(one.at_server()));
  CHECK_FALSE(one.lent);
  postgres::server_memory other{borrowing::greeting(), 100};
  one.next = &other;
  const std::string asked = parse("", "select 1") + bind("") + execute + sync_message;
  one.client(asked);
  const std::string sent = one.at_server();
  CHECK(types(sent) == "PBEPBES");
  CHECK(sent.ends_with(asked));
  CHECK(sent.find("shop") != std::string::npos);
  const std::string reply = parsed + bound + answered;
  one.server(parsed + bound + row("shop") + complete() + reply);
  CHECK(one.at_client() == reply);
  CHECK_FALSE(one.lent);
  CHECK(other.settings == one.first.settings);
  one.client(select_1);
  CHECK(one.at_server() == select_1);
}

TEST_CASE("a replay that fails is the statement's error, and the statement is not run") {
  borrowing one(postgres::settings_map{{"role", "gone"}});
  one.server(well(one.at_server()));
  postgres::server_memory other{borrowing::greeting(), 100};
  one.next = &other;
  std::string asked = parse("", "select 1") + bind("") + execute + sync_message;
  SUBCASE("in the same flight") {}
  SUBCASE("awaited") {
    asked = select_1;
  }
  one.client(asked);
  CHECK(types(one.at_server()).starts_with("PBE"));
  one.server(parsed + bound + failed("22023", "role does not exist") + ready('I'));
  CHECK(types(one.at_client()) == "EZ");
  CHECK(one.at_server().empty());
  CHECK_FALSE(one.lent);
  // The server is as it was: others are not troubled, this session hears of it each time.
  CHECK(other.settings == postgres::session_state());
  CHECK(other.unknown.empty());
  one.client(asked);
  CHECK(types(one.at_server()).find('B') != std::string::npos);
}

TEST_CASE("BEGIN waits for the replay") {
  borrowing one(postgres::settings_map{{"application_name", "shop"}});
  one.server(well(one.at_server()));
  postgres::server_memory other{borrowing::greeting(), 100};
  one.next = &other;
  one.client(begin);
  const std::string replay = one.at_server();
  CHECK(types(replay) == "PBES");
  CHECK(one.talk.on_hold());
  one.server(well(replay));
  CHECK_FALSE(one.talk.on_hold());
  CHECK(one.at_server() == begin);
  CHECK(one.at_client().empty());
  one.server(in_block);
  CHECK(one.at_client() == in_block);
}

TEST_CASE("BEGIN behind a replay that failed is not run") {
  borrowing one(postgres::settings_map{{"role", "gone"}});
  one.server(well(one.at_server()));
  postgres::server_memory other{borrowing::greeting(), 100};
  one.next = &other;
  one.client(begin);
  one.at_server();
  one.server(parsed + bound + failed("22023", "role does not exist") + ready('I'));
  CHECK(types(one.at_client()) == "EZ");
  CHECK(one.at_server().empty());
  CHECK_FALSE(one.lent);
}

TEST_CASE("what was set is read back before the server goes on") {
  borrowing one;
  one.client(query("set work_mem to '8MB'"));
  one.at_server();
  one.server(complete("SET") + ready('I'));
  CHECK(types(one.at_client()) == "CZ");
  CHECK(one.lent);
  const std::string look = one.at_server();
  CHECK(types(look).back() == 'S');
  one.server(well(look));
  CHECK(one.at_client().empty());
  CHECK_FALSE(one.lent);
}

TEST_CASE("a client that leaves inside a transaction has it rolled back") {
  borrowing one;
  one.client(begin);
  one.server(in_block);
  one.at_server();
  one.leave();
  CHECK(one.may_stay);
  CHECK(one.at_server() == query("ROLLBACK"));
  one.server(complete("ROLLBACK") + ready('I'));
  CHECK_FALSE(one.lent);
}

TEST_CASE("a server that still owes a reply goes back once it has come") {
  borrowing one;
  one.client(select_1);
  one.leave();
  CHECK(one.may_stay);
  CHECK(one.lent);
  one.server(complete() + ready('I'));
  CHECK_FALSE(one.lent);
}

TEST_CASE("a server that waits for the rest of a pipeline or a COPY is of no more use") {
  borrowing one;
  SUBCASE("pipeline") {
    one.client(parse("", "select 1") + bind(""));
  }
  SUBCASE("COPY") {
    one.client(query("copy t from stdin"));
    one.server(message('G', text("\0\0\0")));
  }
  one.leave();
  CHECK_FALSE(one.may_stay);
}

TEST_CASE("COPY from the client keeps its Syncs apart") {
  borrowing one;
  one.client(parse("", "copy t from stdin") + bind("") + execute + sync_message);
  one.server(parsed + bound + message('G', text("\0\0\0")));
  one.client(message('d', "1\n") + message('c') + sync_message);
  one.server(complete("COPY 1") + ready('I'));
  CHECK(types(one.at_client()) == "12GCZ");
  CHECK(one.talk.at_rest());
}

TEST_CASE("without a server Sync, Flush and Close are answered here") {
  borrowing one;
  one.client(sync_message + message('H') + close('S', "nobody") + sync_message);
  CHECK(types(one.at_client()) == "Z3Z");
  CHECK(one.borrowed == 0);
  one.client(query("discard all"));
  CHECK(types(one.at_client()) == "CZ");
  CHECK(one.borrowed == 0);
}

TEST_CASE("the client hears what another server reports otherwise") {
  borrowing one;
  postgres::server_memory other{{{{"server_version", "15.2"}}, {}}, 100};
  one.next = &other;
  one.client(select_1);
  one.server(answered);
  CHECK(one.at_client() ==
        columns + row("1") + complete() + parameter("server_version", "15.2") + ready('I'));
}
