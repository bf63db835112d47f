// A pooled conversation on byte arrays: the client's bytes, servers that are lent when one is asked
// for, what each side has received. Carries actions out as the proxy does.
#pragma once

#include <doctest/doctest.h>

#include "backends/postgres/transaction_conversation.hpp"
#include "tests/unit/backends/postgres/bytes.hpp"

namespace wire {

inline std::string parse(std::string_view name, std::string_view sql) {
  return message('P', std::string(name) + text("\0") + std::string(sql) + text("\0\0\0"));
}
inline std::string bind(std::string_view name, std::string_view rest = text("\0\0\0\0\0\0")) {
  return message('B', text("\0") + std::string(name) + text("\0") + std::string(rest));
}
inline std::string describe(char what, std::string_view name) {
  return message('D', std::string(1, what) + std::string(name) + text("\0"));
}
inline std::string close(char what, std::string_view name) {
  return message('C', std::string(1, what) + std::string(name) + text("\0"));
}
inline const std::string execute = message('E', text("\0\0\0\0\0"));
inline const std::string sync_message = message('S');
inline const std::string parsed = message('1');
inline const std::string bound = message('2');
inline const std::string closed = message('3');
inline const std::string no_data = message('n');
inline std::string row(std::string_view value) {
  return message('D',
                 text("\0\1") + u32(static_cast<std::uint32_t>(value.size())) + std::string(value));
}
inline std::string failed(std::string_view state, std::string_view words) {
  return message('E', text("SERROR\0C") + std::string(state) + text("\0M") + std::string(words) +
                          text("\0\0"));
}
// As the server tells it, in the language of its lc_messages.
inline std::string stale_plan(
    std::string_view words = "gecachter Plan darf den Ergebnistyp nicht ändern") {
  return message('E', text("SFEHLER\0VERROR\0C0A000\0M") + std::string(words) +
                          text("\0Fplancache.c\0L718\0RRevalidateCachedQuery\0\0"));
}
inline std::string parameter(std::string_view name, std::string_view value) {
  return message('S', std::string(name) + text("\0") + std::string(value) + text("\0"));
}

inline const std::string begin = query("begin");
inline const std::string select_1 = query("select 1");
inline const std::string columns = message('T', "columns");
inline const std::string answered = columns + row("1") + complete() + ready('I');
inline const std::string in_block = complete("BEGIN") + ready('T');

// The types of the messages in a row, and with `names` what a Parse, Bind or Query says first.
std::string types(std::string_view messages);
bool holds(std::string_view bytes, std::string_view words);
// What our own messages are answered in order; a look finds nothing.
std::string well(std::string_view asked);

}  // namespace wire

struct borrowing {
  explicit borrowing(skein::postgres::settings_map at_startup = {},
                     skein::pool_mode mode = skein::pool_mode::transaction)
      : borrowing(std::move(at_startup), mode, nullptr) {}
  // Another client of the same core.
  explicit borrowing(skein::postgres::core_memory& core,
                     skein::postgres::settings_map at_startup = {})
      : borrowing(std::move(at_startup), skein::pool_mode::transaction, &core) {}

  void client(std::string_view written) {
    client_held += written;
    go_on();
  }
  void server(std::string_view written) {
    server_held += written;
    actions.clear();
    talk.from_server(wire::bytes(server_held), actions);
    carry(server_held, to_client);
    go_on();
  }
  // The lent server's connection is gone. True: what it was asked is asked again.
  bool lose_server() {
    server_held.clear();
    actions.clear();
    lent = false;
    const bool again = talk.ask_again(actions);
    carry(nothing, to_client);
    go_on();
    return again;
  }
  // The channel that it asked to listen on is live.
  void live() {
    actions.clear();
    talk.channel_live({}, actions);
    carry(nothing, to_client);
    go_on();
  }
  // What was received since the last look.
  std::string at_server() { return std::exchange(to_server, {}); }
  std::string at_client() { return std::exchange(to_client, {}); }
  void leave() {
    actions.clear();
    may_stay = talk.leave(actions);
    carry(nothing, to_client);
  }

  static const skein::server_greeting& greeting();
  skein::postgres::core_memory shared{};
  skein::postgres::server_memory first{greeting(), 100};
  skein::postgres::server_memory* next = &first;  // who is lent at the next borrow
  skein::postgres::transaction_conversation talk;
  skein::action_list actions = {};
  std::string client_held = {}, server_held = {}, to_server = {}, to_client = {};
  std::string listened = {};  // on which channel last
  bool lent = false, finished = false, may_stay = true;
  int borrowed = 0;
  std::vector<skein::server_wish> wished = {};  // at each borrow

 private:
  borrowing(skein::postgres::settings_map at_startup, skein::pool_mode mode,
            skein::postgres::core_memory* core)
      : talk(mode, skein::postgres::session_state(std::move(at_startup)), core ? *core : shared) {
    lend(first);
    actions.clear();
    talk.settle_in(actions);
    carry(nothing, to_client);
  }
  void lend(skein::postgres::server_memory& there) {
    talk.lend(there);
    lent = true;
  }
  void go_on() {
    for (bool again = true; again && !talk.on_hold() && !client_held.empty();) {
      actions.clear();
      talk.from_client(wire::bytes(client_held), actions);
      again = carry(client_held, to_server);
    }
  }
  // True: a server was asked for and has been lent.
  bool carry(std::string& held, std::string& forwarded) {
    std::size_t taken = 0, said = 0;
    bool wanted = false;
    for (const auto& one : actions.all()) {
      using skein::action_kind;
      const bool says = one.kind == action_kind::to_client || one.kind == action_kind::to_server ||
                        one.kind == action_kind::listen || one.kind == action_kind::unlisten ||
                        one.kind == action_kind::again;
      const auto words = says ? actions.text().substr(said, one.bytes) : std::string_view();
      said += words.size();
      if (one.kind == action_kind::listen) listened = words;
      if (one.kind == action_kind::forward) {
        REQUIRE(lent);
        forwarded += held.substr(taken, one.bytes);
      }
      if (one.kind == action_kind::to_client) to_client += words;
      if (one.kind == action_kind::to_server) {
        REQUIRE(lent);
        to_server += words;
      }
      if (one.kind == action_kind::again) {
        CAPTURE(words);
        client_held.insert(0, words);
      }
      if (one.kind == action_kind::borrow) {
        REQUIRE_FALSE(lent);
        wished.push_back(talk.wish());
        lend(*next);
        ++borrowed;
        wanted = true;
      }
      if (one.kind == action_kind::give_back) {
        REQUIRE(lent);
        lent = false;
      }
      if (one.kind == action_kind::finish) finished = true;
      if (one.kind == action_kind::forward || one.kind == action_kind::hide) taken += one.bytes;
      REQUIRE(taken <= held.size());
    }
    held.erase(0, taken);
    return wanted;
  }
  std::string nothing = {};
};
