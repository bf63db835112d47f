// A client that speaks packets of MySQL's wire: for ids that no driver would send, and for what
// drivers do not wait for.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "backends/mysql/greeting.hpp"
#include "backends/mysql/scramble.hpp"
#include "tests/servers/server.hpp"
#include "tests/servers/wire_socket.hpp"

namespace skein::servers::mysql {

namespace wire = skein::mysql;

class raw_client {
 public:
  raw_client(std::uint16_t port, const login& who, const std::string& database = "app",
             std::uint8_t collation = wire::default_collation)
      : socket_(port), collation_(collation) {
    const auto greeting = wire::read_greeting(wire::as_bytes(packet()));
    REQUIRE(greeting);
    const std::string nonce = greeting->nonce;
    socket_.send(wire::written(1, described(who, database, nonce)));
    REQUIRE(finish_login(who) == "ok");
  }
  // "ok", or the number of the error.
  std::string change_user(const login& who, const std::string& database = "app") {
    socket_.send(wire::written_change(described(who, database, "")));
    return finish_login(who);
  }
  void send(wire::command what, std::string_view text = {}) {
    std::string out;
    wire::message_writer(out).begin(0).u8(static_cast<std::uint8_t>(what)).raw(text).end();
    socket_.send(out);
  }
  // The first packet of the answer, without its header.
  std::string packet() {
    const auto header = socket_.receive(wire::header_bytes);
    if (header.size() < wire::header_bytes) return {};
    number_ = static_cast<std::uint8_t>(header[3]);
    return socket_.receive(wire::body_size(wire::as_bytes(header).data()));
  }
  static std::string meaning(std::string_view body) {
    if (body.empty()) return "closed";
    if (body[0] == '\0') return "ok";
    if (body[0] != '\xff') return "something";
    wire::field_reader fields(wire::as_bytes(body.substr(1)));
    return std::to_string(fields.u16());
  }
  std::string ask(wire::command what, std::string_view text = {}) {
    send(what, text);
    return meaning(packet());
  }
  // Of a statement without parameters and columns.
  std::string prepare(std::string_view text) {
    send(wire::command::stmt_prepare, text);
    const auto body = packet();
    REQUIRE(meaning(body) == "ok");
    return body.substr(1, 4);
  }
  std::string execute(const std::string& id) {
    return ask(wire::command::stmt_execute, id + std::string("\0\1\0\0\0", 5));
  }

 private:
  wire::handshake_response described(const login& who, const std::string& database,
                                     std::string_view nonce) const {
    return {.capabilities = wire::capability::long_password | wire::capability::protocol_41 |
                            wire::capability::secure_connection | wire::capability::transactions |
                            wire::capability::plugin_auth | wire::capability::connect_with_db,
            .collation = collation_,
            .user = who.user,
            .proof = nonce.empty() ? "" : proof(who, nonce),
            .database = database,
            .plugin = "mysql_native_password"};
  }
  static std::string proof(const login& who, std::string_view nonce) {
    using enum wire::auth_plugin;
    return std::string(proof_of(native, key_of(native, who.password).view(), nonce).view());
  }
  std::string finish_login(const login& who) {
    for (;;) {
      const auto body = packet();
      if (body.empty() || body[0] != '\xfe') return meaning(body);
      const auto asked = wire::read_auth_switch(wire::as_bytes(body));
      REQUIRE(asked);
      REQUIRE(asked->plugin == "mysql_native_password");
      socket_.send(
          wire::written_raw(static_cast<std::uint8_t>(number_ + 1), proof(who, asked->nonce)));
    }
  }

  wire_socket socket_;
  std::uint8_t collation_;
  std::uint8_t number_ = 0;
};

}  // namespace skein::servers::mysql
