// A client of transaction pooling, servers that answer as they are told, and what passes between
// them: whatever is not told otherwise is answered OK.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "backends/mysql/greeting.hpp"
#include "backends/mysql/transaction_conversation.hpp"

namespace skein::mysql {

inline constexpr capability_set tested_capabilities =
    capability::deprecate_eof | capability::session_track | capability::multi_statements;

inline std::string packet_of(std::uint8_t number, std::string_view body) {
  std::string out;
  message_writer(out).begin(number).raw(body).end();
  return out;
}
inline std::string asks(command what, std::string_view text = {}) {
  return packet_of(0, std::string(1, static_cast<char>(what)) + std::string(text));
}
inline std::string says_ok(std::uint16_t status = status::autocommit,
                           std::vector<session_change> changes = {}, std::uint64_t insert_id = 0,
                           std::uint16_t warnings = 0) {
  return written(1,
                 ok_packet{.last_insert_id = insert_id,
                           .status = status,
                           .warnings = warnings,
                           .changes = std::move(changes)},
                 tested_capabilities);
}
inline std::string says_error(std::uint16_t code, const std::string& text = "no") {
  return written(1, error_packet{code, "HY000", text});
}
// One row of texts, each with the type of its column.
inline std::string says_row(const std::vector<std::pair<std::uint8_t, std::string>>& values,
                            std::uint16_t status = status::autocommit) {
  std::uint8_t number = 1;
  std::string all = packet_of(number++, std::string(1, static_cast<char>(values.size())));
  std::string row;
  for (const auto& [type, value] : values) {
    std::string definition;
    message_writer body(definition);
    body.begin(number++).counted_text("def");
    for (int name = 0; name < 5; ++name) body.counted_text("c");
    body.counted(12).u16(45).u32(100).u8(type).u16(0).u8(0).u16(0).end();
    all += definition;
    std::string counted;
    message_writer(counted).begin(0).counted_text(value).end();
    row += counted.substr(header_bytes);
  }
  all += packet_of(number++, row);
  return all + written(number, ok_packet{.status = status}, tested_capabilities, reply::eof);
}
// Without parameters' or columns' definitions where there are none.
inline std::string says_prepared(std::uint32_t id, std::uint16_t columns,
                                 std::uint16_t parameters) {
  std::string out;
  std::uint8_t number = 1;
  message_writer(out).begin(number++).u8(0).u32(id).u16(columns).u16(parameters).u8(0).u16(0).end();
  for (int each = 0; each < columns + parameters; ++each)
    out += packet_of(number++, std::string("\3def\0\0\0\1c\1c\x0c", 11) + std::string(12, '\0'));
  return out;
}

struct fake_server {
  fake_server()
      : memory({.parameters = {{"capabilities", std::to_string(tested_capabilities)},
                               {"database", "shop"},
                               {"version", "8.0.36"}},
                .key = {}}) {}

  // By the command's number and what stands behind it: "3 select 1".
  std::string take(std::string_view packet) {
    std::string asked = std::to_string(static_cast<unsigned char>(packet[header_bytes])) + " " +
                        std::string(packet.substr(header_bytes + 1));
    heard.push_back(asked);
    for (const auto& [text, answer] : answers)
      if (asked.starts_with(text)) return answer;
    const auto what = static_cast<command>(packet[header_bytes]);
    if (asked.starts_with("3 select @@session.sql_mode"))
      return says_row({{0xfd, ""}, {0xfd, "REPEATABLE-READ"}});
    if (what == command::stmt_prepare) return says_prepared(next_id++, 1, 1);
    return answer::is_owed(what) ? says_ok() : std::string();
  }
  std::vector<std::string> asked() { return std::exchange(heard, {}); }

  mysql::server_memory memory;
  std::map<std::string, std::string> answers = {};
  std::vector<std::string> heard = {};
  std::uint32_t next_id = 100;
};

// One client; several may share a core.
class pooled_client {
 public:
  pooled_client(mysql::core_memory& core, fake_server& server,
                pool_mode mode = pool_mode::transaction, const std::string& database = "shop",
                capability_set shaped = tested_capabilities)
      : server_(&server), talk(mode, request(database, shaped), core) {
    talk.lend(server_->memory);
    lent = true;
    step([&] { talk.settle_in(actions_); }, nullptr);
    pump();
  }
  // Who is lent next, and then; the last of them from there on.
  void meets(std::vector<fake_server*> next) { next_ = std::move(next); }
  void refuse_servers(const error& why) { refused_ = why; }

  const std::string& unheard() const { return from_client_; }
  // What it hears in return.
  std::string ask(std::string_view bytes) {
    from_client_ += bytes;
    pump();
    return std::exchange(to_client_, {});
  }
  std::string query(std::string_view text) { return ask(asks(command::query, text)); }
  void leaves() {
    step([&] { of_use = talk.leave(actions_); }, nullptr);
    pump();
  }
  bool server_dies() {
    from_server_.clear();
    actions_.clear();
    const bool again = talk.ask_again(actions_);
    lent = false;
    carry_out(nullptr);
    pump();
    return again;
  }
  // Its server is gone; what it hears of that. Nothing: its session ends.
  std::optional<std::string> outlives(const error& why) {
    from_server_.clear();
    actions_.clear();
    if (!talk.outlive(why, actions_)) return std::nullopt;
    lent = false;
    carry_out(nullptr);
    pump();
    return std::exchange(to_client_, {});
  }
  // ... where by then it is known what became of its commit.
  std::optional<std::string> outlives_commit(const error& why, commit_fate fate) {
    from_server_.clear();
    actions_.clear();
    if (!talk.outlive_commit(why, fate, actions_)) return std::nullopt;
    lent = false;
    carry_out(nullptr);
    pump();
    return std::exchange(to_client_, {});
  }

 private:
  static login_request request(const std::string& database, capability_set shaped) {
    login_request made{"app", database, {}};
    write_traits({.shaped = shaped, .collation = default_collation, .attributes = {}}, made);
    return made;
  }
  template <typename Call>
  void step(Call call, std::string* input) {
    actions_.clear();
    call();
    carry_out(input);
  }
  void pump() {
    for (;;) {
      const auto before = std::tuple(from_client_.size(), from_server_.size(), turns_);
      if (wants) {
        wants = false;
        if (refused_) {
          talk.refuse_next(*std::exchange(refused_, {}));
        } else {
          if (!next_.empty()) {
            server_ = next_.front();
            next_.erase(next_.begin());
          }
          talk.lend(server_->memory);
          lent = true;
        }
        ++turns_;
      }
      if (!from_server_.empty())
        step([&] { talk.from_server(as_bytes(from_server_), actions_); }, &from_server_);
      if (!from_client_.empty() && !talk.on_hold() && !signs_in)
        step([&] { talk.from_client(as_bytes(from_client_), actions_); }, &from_client_);
      if (before == std::tuple(from_client_.size(), from_server_.size(), turns_) && !wants) return;
    }
  }
  void carry_out(std::string* input) {
    std::size_t used = 0;
    std::size_t said = 0;
    const bool of_client = input == &from_client_;
    std::string again;
    for (const action& each : actions_.all()) {
      std::string taken;
      const bool of_text = each.kind == action_kind::to_client ||
                           each.kind == action_kind::to_server || each.kind == action_kind::again ||
                           each.kind == action_kind::token_refused;
      if (of_text) {
        taken = actions_.text().substr(said, each.bytes);
        said += each.bytes;
      } else if (each.kind == action_kind::forward || each.kind == action_kind::hide) {
        taken = input->substr(used, each.bytes);
        used += each.bytes;
      }
      const bool to_server =
          each.kind == action_kind::to_server || (each.kind == action_kind::forward && of_client);
      if (to_server) to_server_ += taken;
      if (each.kind == action_kind::to_client || (each.kind == action_kind::forward && !of_client))
        to_client_ += taken;
      if (each.kind == action_kind::again) again = taken;
      if (each.kind == action_kind::token_refused) refused_tokens.push_back(taken);
      if (each.kind == action_kind::borrow) wants = true;
      if (each.kind == action_kind::finish) finished = true;
      if (each.kind == action_kind::sign_in_again) signs_in = true;
      if (each.kind == action_kind::give_back) {
        send();
        lent = false;
        ++given_back;
      }
    }
    if (input) input->erase(0, used);
    from_client_.insert(0, again);
    send();
  }
  void send() {
    while (to_server_.size() > header_bytes) {
      const std::size_t size = header_bytes + body_size(as_bytes(to_server_).data());
      if (to_server_.size() < size) return;
      from_server_ += server_->take(std::string_view(to_server_).substr(0, size));
      to_server_.erase(0, size);
      ++turns_;
    }
  }

  fake_server* server_;
  std::vector<fake_server*> next_ = {};
  action_list actions_ = {};
  std::optional<error> refused_ = {};
  std::string from_client_ = {};
  std::string from_server_ = {};
  std::string to_client_ = {};
  std::string to_server_ = {};
  std::size_t turns_ = 0;

 public:
  transaction_conversation talk;
  bool wants = false;
  std::vector<std::string> refused_tokens = {};  // why
  bool lent = false;
  bool finished = false;
  bool signs_in = false;
  bool of_use = false;
  int given_back = 0;
};

using texts = std::vector<std::string>;

inline std::string types_of(std::uint8_t type) {
  return std::string(1, static_cast<char>(type)) + std::string(1, '\0');
}
inline std::string id_bytes(std::uint32_t id) {
  std::string bytes;
  for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(id >> shift & 0xff);
  return bytes;
}
// One parameter, a TINY.
inline std::string execute(std::uint32_t id, bool with_types, char value = '\7') {
  return asks(command::stmt_execute, id_bytes(id) + std::string("\0\1\0\0\0\0", 6) +
                                         (with_types ? "\1" + types_of(1) : std::string(1, '\0')) +
                                         value);
}
inline std::uint32_t id_in(std::string_view prepared) {
  return field_reader(as_bytes(prepared.substr(header_bytes + 1, 4))).u32();
}
inline session_change sets(const std::string& name, const std::string& value) {
  return {session_track::system_variable, name, value};
}
inline error_packet error_in(std::string_view heard) {
  auto told = read_error(as_bytes(heard.substr(header_bytes)));
  REQUIRE(told.has_value());
  return *told;
}

struct pooled_scene {
  mysql::core_memory core{};
  fake_server server{};
  pooled_client one{core, server};
};

}  // namespace skein::mysql
