// Which settings a statement changes: SET and RESET in all their forms, and set_config(). What ends
// with its transaction (SET LOCAL, SET TRANSACTION, set_config(..., true)) changes nothing here.
// For `effects` and `calls`.
#pragma once

#include "backends/postgres/effects.hpp"
#include "backends/postgres/statement_cursor.hpp"

namespace skein::postgres {

// The word itself in hand; to the statement's end.
void read_set(statement_cursor& at, effects& found);
void read_reset(statement_cursor& at, effects& found);

// The opening parenthesis of its arguments in hand, where it is left. `peeked_to`: up to where an
// earlier call was followed; one inside it counts as lasting.
void read_set_config(const statement_cursor& at, effects& found, std::size_t& peeked_to);

}  // namespace skein::postgres
