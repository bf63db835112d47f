// A client that is pooled by session, its server and what passes between them, in whatever pieces.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "backends/mysql/conversation.hpp"
#include "backends/mysql/replies.hpp"

namespace skein::mysql::by_session {

inline server_greeting greeting(capability_set agreed) {
  return {.parameters = {{"capabilities", std::to_string(agreed)}}, .key = {}};
}

inline std::string packet(std::uint8_t number, std::string_view body) {
  std::string out;
  message_writer(out).begin(number).raw(body).end();
  return out;
}

inline std::string asks(command what, std::string_view text = {}) {
  return packet(0, std::string(1, static_cast<char>(what)) + std::string(text));
}

inline std::string ok(std::uint8_t number, std::uint16_t status = status::autocommit,
                      std::uint8_t first = reply::ok) {
  return written(number, ok_packet{.status = status}, capability::deprecate_eof, first);
}

inline std::string error_of_server(std::uint8_t number) {
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
        case action_kind::sign_in_again:
          signs_in = true;
          break;
        case action_kind::cancel:
        case action_kind::end_session:
          ordered += (each.kind == action_kind::cancel ? "cancel " : "end ") +
                     std::to_string(each.bytes) + ";";
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
  void ordered_done(const result<void>& outcome) {
    actions.clear();
    talk.cancelled(outcome, actions);
    std::string nothing;
    carry_out(nothing, false);
    if (!talk.on_hold()) feed(from_client, true);
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
  std::string ordered = {};
  bool signs_in = false;
  bool given_back = false;
  bool finished = false;
  bool of_use = false;
};

inline const std::string result_of_one =
    packet(1, "\1") + packet(2, "\3def" + std::string(20, 'd')) + packet(3, "\1a");

}  // namespace skein::mysql::by_session
