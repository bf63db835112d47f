// Reading back what a session holds on its server connection, by one hidden exchange after a
// transaction whose text gave a reason: settings, and whatever else would be lost or seen by others
// if the connection went to another client. Built and decoded here; the conversation sends it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/login.hpp"
#include "backends/postgres/own_statements.hpp"
#include "backends/postgres/session_state.hpp"

namespace skein::postgres {

// What a look costs the server (PostgreSQL 15): 11 us, 45 us, 560 us, the last nearly all in
// listing every setting that there is.
enum class look_depth : std::uint8_t {
  // The values of the names that are given, set or not: for SETs that all went well. It cannot tell
  // what RESET left behind from what was set, nor a name that nobody may set from one that was.
  names,
  held,   // these, and what else the session holds
  whole,  // everything that is set, and what else the session holds
};

// The messages of a look, Sync included; returns the replies that the server owes for them, in
// order. `touched`: names that the client is known to have touched, as they stand in its text.
// `on_server`: what the connection had before; names of it that the server may not list are asked
// for too.
std::vector<reply_kind> append_look(std::string& out, const std::vector<std::string>& touched,
                                    const session_state& on_server, look_depth depth,
                                    own_statements& there);

struct held_state {
  look_depth depth = look_depth::names;
  settings_map settings = {};  // whole: what is set in this session; else: the names' values
  bool temporary_objects = false;
  bool advisory_locks = false;  // of the session, not of a transaction
  bool held_cursors = false;
  bool listening = false;
  std::vector<std::string> prepared_in_sql = {};  // by PREPARE, whatever their names
  // The words that people read, or empty: nothing holds the connection.
  std::string_view pin_reason() const;
};

// Fed with the look's replies, message by message, in order.
class look_reader {
 public:
  explicit look_reader(look_depth depth) { found_.depth = depth; }
  void data_row(byte_view body);
  // The look itself failed, by a client's tiny statement_timeout or by its late cancel as a rule:
  // nothing is known, and the connection must stay where it is.
  void error() { failed_ = true; }
  bool failed() const { return failed_; }
  held_state take() { return std::move(found_); }

 private:
  held_state found_ = {};
  bool failed_ = false;
};

}  // namespace skein::postgres
