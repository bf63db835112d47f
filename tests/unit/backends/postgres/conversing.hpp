// One conversation of session pooling and what it has its two sides told, for the tests of it.
#pragma once

#include <doctest/doctest.h>

#include "backends/postgres/conversation.hpp"
#include "tests/unit/backends/postgres/bytes.hpp"

namespace skein::conversing {

// Carries actions out as a session does, keeping what a header left over.
struct exchange {
  postgres::conversation talk;
  action_list actions;
  std::string client_held, server_held;
  std::string to_server, to_client;
  bool finished = false, given_back = false;

  void client(std::string_view written) {
    client_held += written;
    actions.clear();
    talk.from_client(wire::bytes(client_held), actions);
    carry(client_held, to_server);
  }
  void server(std::string_view written) {
    server_held += written;
    actions.clear();
    talk.from_server(wire::bytes(server_held), actions);
    carry(server_held, to_client);
  }
  bool leave() {
    actions.clear();
    const bool may_stay = talk.leave(actions);
    carry(client_held, to_server);
    return may_stay;
  }

 private:
  void carry(std::string& held, std::string& forwarded) {
    std::size_t taken = 0;
    std::size_t said = 0;
    for (const auto& one : actions.all()) {
      if (one.kind == action_kind::give_back) given_back = true;
      if (one.kind == action_kind::finish) finished = true;
      if (one.kind == action_kind::to_client || one.kind == action_kind::to_server) {
        auto& told = one.kind == action_kind::to_client ? to_client : to_server;
        told += actions.text().substr(said, one.bytes);
        said += one.bytes;
        continue;
      }
      if (one.kind == action_kind::forward) forwarded += held.substr(taken, one.bytes);
      taken += one.bytes;
      REQUIRE(taken <= held.size());
    }
    held.erase(0, taken);
  }
};

inline const std::string one_query = wire::query("select 1");
inline const std::string row = wire::message('T', "columns") + wire::message('D', "value");
inline const std::string answered = row + wire::complete() + wire::ready('I');
inline const std::string failed_answer = wire::message('E', wire::text("SERROR\0C42601\0Mno\0\0"));
inline const error lost{error_kind::lost, fault::server, {}, "the server is gone", "read: reset"};

inline std::string sqlstate(std::string_view response) {
  return wire::error_field(response, 'C');
}

}  // namespace skein::conversing
