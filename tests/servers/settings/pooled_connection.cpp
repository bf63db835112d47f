#include "tests/servers/settings/pooled_connection.hpp"

#include <doctest/doctest.h>

namespace skein::servers {

namespace {

using namespace skein::postgres;

std::string words(server& at, const login& who) {
  return "host=127.0.0.1 dbname=app sslmode=disable port=" + std::to_string(at.port()) +
         " user=" + who.user + " password=" + who.password;
}

bool is_told_at_any_time(char type) {
  return type == 'N' || type == 'S' || type == 'A';
}

std::string error_in(const std::vector<wire_message>& replies) {
  for (const auto& reply : replies)
    if (reply.type == 'E') return reply.field('C');
  return {};
}

}  // namespace

pooled_connection::pooled_connection(server& at, const login& who)
    : session(words(at, who)), socket(PQsocket(session.raw())) {}

std::vector<wire_message> pooled_connection::exchange(const std::string& messages) {
  REQUIRE(socket.send(messages));
  std::vector<wire_message> replies;
  do {
    auto reply = socket.message();
    REQUIRE(reply);
    replies.push_back(std::move(*reply));
  } while (replies.back().type != 'Z');
  return replies;
}

std::vector<wire_message> pooled_connection::without(const std::vector<reply_kind>& owed,
                                                     std::vector<wire_message> replies) {
  auto next = replies.begin();
  const auto take = [&] {
    while (next != replies.end() && is_told_at_any_time(next->type)) ++next;
    REQUIRE(next != replies.end());
    return (next++)->type;
  };
  for (const auto kind : owed) {
    if (kind == reply_kind::parse) REQUIRE(take() == '1');
    if (kind == reply_kind::bind) REQUIRE(take() == '2');
    if (kind == reply_kind::close) REQUIRE(take() == '3');
    if (kind == reply_kind::sync) REQUIRE(take() == 'Z');
    if (kind != reply_kind::execute) continue;
    char type = take();
    while (type == 'D') type = take();
    REQUIRE(type == 'C');
  }
  replies.erase(replies.begin(), next);
  return replies;
}

look_reader pooled_connection::look_at(look_depth depth, const std::vector<std::string>& touched,
                                       const session_state& on_server) {
  std::string messages;
  const auto owed = append_look(messages, touched, on_server, depth, own);
  const auto replies = exchange(messages);
  look_reader reader(depth);
  for (const auto& reply : replies) {
    if (reply.type == 'D') reader.data_row(std::as_bytes(std::span(reply.body)));
    if (reply.type == 'E') reader.error();
  }
  if (reader.failed()) {
    own.doubt();
  } else {
    REQUIRE(without(owed, replies).empty());
  }
  REQUIRE(replies.back().body == "I");
  return reader;
}

held_state pooled_connection::look(look_depth depth, const std::vector<std::string>& touched,
                                   const session_state& on_server) {
  auto reader = look_at(depth, touched, on_server);
  REQUIRE_FALSE(reader.failed());
  return reader.take();
}

bool pooled_connection::look_fails(look_depth depth) {
  return look_at(depth, {}, {}).failed();
}

std::string pooled_connection::run(std::string messages, const std::vector<reply_kind>& owed) {
  const auto replies = exchange(messages += sync_message);
  const auto failure = error_in(replies);
  if (failure.empty()) {
    REQUIRE(types_of(without(owed, replies)) == "Z");
  } else {
    own.doubt();
  }
  REQUIRE(replies.back().body == "I");
  return failure;
}

std::string pooled_connection::replay(const std::vector<setting_change>& changes) {
  std::string messages;
  const auto owed = append_replay(messages, changes, own);
  return run(std::move(messages), owed);
}

std::string pooled_connection::clean(const std::vector<std::string>& prepared_in_sql) {
  std::string messages;
  const auto owed = append_clean(messages, prepared_in_sql, own);
  return run(std::move(messages), owed);
}

void pooled_connection::ask(const std::string& sql) {
  CAPTURE(sql);
  const auto answer = session.ask(sql);
  CAPTURE(answer.text);
  REQUIRE(answer.ok());
}

std::string extended(const std::string& sql) {
  const std::string zero(1, '\0');
  return wire('P', zero + sql + std::string(3, '\0')) + wire('B', std::string(8, '\0')) +
         wire('D', "P" + zero) + wire('E', std::string(5, '\0'));
}

std::string types_of(const std::vector<wire_message>& messages) {
  std::string all;
  for (const auto& one : messages)
    if (!is_told_at_any_time(one.type)) all += one.type;
  return all;
}

}  // namespace skein::servers
