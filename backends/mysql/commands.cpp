#include "backends/mysql/commands.hpp"

namespace skein::mysql {

// What would turn the connection into something else than a client's, or stop its server.
bool is_refused(command what) {
  switch (what) {
    case command::init_db:
    case command::query:
    case command::field_list:
    case command::create_db:
    case command::drop_db:
    case command::refresh:
    case command::statistics:
    case command::process_info:
    case command::process_kill:
    case command::debug:
    case command::ping:
    case command::stmt_prepare:
    case command::stmt_execute:
    case command::stmt_send_long_data:
    case command::stmt_close:
    case command::stmt_reset:
    case command::set_option:
    case command::stmt_fetch:
    case command::reset_connection:
    case command::change_user:
    case command::stmt_bulk_execute:
    case command::quit:
      return false;
    default:
      return true;
  }
}

bool may_commit(command what) {
  return what == command::query || what == command::stmt_execute ||
         what == command::stmt_bulk_execute || what == command::create_db ||
         what == command::drop_db;
}

bool has_text(command what) {
  return what == command::query || what == command::stmt_prepare;
}

bool is_looked_at(command what) {
  return has_text(what) || what == command::process_kill;
}

kill_reading kill_in(command what, std::string_view text, bool whole, flavour which) {
  if (what == command::process_kill) return read_process_kill(text);
  if (!has_text(what)) return std::nullopt;
  if (what == command::query && whole) return read_kill(text, which);
  return refuse_kill(text, which);
}

std::string name_of(command what) {
  return "command " + std::to_string(static_cast<unsigned>(what));
}

error refusal_of(command what) {
  return {error_kind::unsupported,
          fault::client,
          {},
          name_of(what) + " is not taken here: connect to the server itself for it",
          {}};
}

}  // namespace skein::mysql
