// Reading back what a session holds on its server connection, by one hidden exchange after a
// transaction whose text gave a reason: settings, and whatever else would be lost or seen by others
// if the connection went to another client. Built and decoded here; the conversation sends it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/login.hpp"
#include "backends/postgres/replies.hpp"
#include "backends/postgres/session_state.hpp"

namespace skein::postgres {

// The messages of a look, Sync included. `names`: settings that pg_settings does not list (custom
// ones, role) and that the client is known to have touched; read by current_setting(name, true).
// `whole`: everything; otherwise only `names` are read, which is cheaper.
// The query names every function and table with its schema: the client's search_path is in force.
// Returns the replies that the server owes for it, in order.
std::vector<reply_kind> append_look(std::string& out, const std::vector<std::string>& names, bool whole);

struct held_state {
  settings_map settings = {};          // set in this session (SET, set_config), current values
  bool whole = false;                  // a look at everything: `settings` is complete
  bool temporary_objects = false;
  bool advisory_locks = false;         // of the session, not of a transaction
  bool held_cursors = false;
  bool prepared_in_sql = false;        // by PREPARE, under a name that is not ours
  bool listening = false;
  // The words that people read, or empty: nothing holds the connection.
  std::string_view pin_reason() const;
};

// Fed with the look's replies, message by message, in order.
class look_reader {
 public:
  void data_row(byte_view body);
  void error(byte_view body);  // the look itself failed (a privilege, statement_timeout ...)
  bool failed() const { return failed_; }
  held_state take();

 private:
  held_state found_ = {};
  bool failed_ = false;
};

}  // namespace skein::postgres
