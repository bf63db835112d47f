// The messages that turn the settings of a server connection into those of the session that
// borrows it: one prepared set_config a connection, then Bind and Execute a setting, no Sync, so
// that a failure skips whatever the client sent behind them.
#pragma once

#include <string>
#include <vector>

#include "backends/postgres/replies.hpp"
#include "backends/postgres/session_state.hpp"

namespace skein::postgres {

// `prepared`: set_config is prepared on this connection already. `clean`: the connection ran code
// that cannot be seen for somebody else: everything is reset first (RESET ALL, DISCARD SEQUENCES and
// what else a session may leave behind, but not the prepared statements).
// Returns the replies that the server owes for it, in order.
std::vector<reply_kind> append_replay(std::string& out, const std::vector<setting_change>& changes,
                          bool prepared, bool clean);

}  // namespace skein::postgres
