// The messages that turn the settings of a server connection into those of the session that
// borrows it: one prepared set_config a connection, then Bind and Execute a setting, no Sync, so
// that a failure skips whatever the client sent behind them.
#pragma once

#include <string>
#include <vector>

#include "backends/postgres/session_state.hpp"

namespace skein::postgres {

// How many replies of each kind the server owes for what was appended.
struct replay_size {
  std::size_t parses = 0;
  std::size_t settings = 0;  // each: BindComplete, DataRow, CommandComplete
};

// `prepared`: set_config is prepared on this connection already. `clean`: the connection ran code
// that cannot be seen for somebody else: everything is reset first (RESET ALL, DISCARD SEQUENCES and
// what else a session may leave behind, but not the prepared statements).
replay_size append_replay(std::string& out, const std::vector<setting_change>& changes,
                          bool prepared, bool clean);

}  // namespace skein::postgres
