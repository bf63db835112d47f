// Which functions a statement calls, as far as its text tells, and whether it makes a table with
// SELECT INTO: for `effects`. What relations, types and operators bring along is another question:
// see brought_code.hpp.
#pragma once

#include "backends/postgres/effects.hpp"
#include "backends/postgres/statement_cursor.hpp"

namespace skein::postgres {

// From the token in hand to the statement's end.
void read_calls(statement_cursor& at, effects& found);
// From an opening parenthesis to behind the one that closes it.
void read_calls_inside(statement_cursor& at, effects& found);

}  // namespace skein::postgres
