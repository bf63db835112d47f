// The messages that turn the settings of a server connection into those of the session that
// borrows it: one prepared set_config a connection, then Bind and Execute a setting, no Sync, so
// that a failure skips whatever the client sent behind them.
//
// Only extended messages may stand behind them before that Sync. Behind a simple Query PostgreSQL
// 18 says ReadyForQuery and commits nothing, not even at the Sync: the client's write is lost.
#pragma once

#include <string>
#include <vector>

#include "backends/postgres/own_statements.hpp"
#include "backends/postgres/session_state.hpp"

namespace skein::postgres {

// Whether a Sync must stand between these and what the client sends, and its answer be awaited: a
// transaction takes its isolation and whether it may write from the settings at its beginning.
bool must_stand_alone(const std::vector<setting_change>& changes);

// Returns the replies that the server owes for it, in order.
std::vector<reply_kind> append_replay(std::string& out, const std::vector<setting_change>& changes,
                                      own_statements& there);

// Takes away what a session may have left on the connection: its settings, and all that a look
// tells of; `prepared_in_sql` as the look found it. Our prepared statements stay. It must stand
// alone too: much of it is undone when its transaction fails. A replay, from nothing set, may
// follow it before the Sync.
std::vector<reply_kind> append_clean(std::string& out,
                                     const std::vector<std::string>& prepared_in_sql,
                                     own_statements& there);

}  // namespace skein::postgres
