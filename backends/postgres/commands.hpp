// What one statement leaves behind, by its command: the table of PostgreSQL's commands. For
// `effects_of`, which joins the statements of a message.
#pragma once

#include "backends/postgres/effects.hpp"
#include "backends/postgres/statement_cursor.hpp"

namespace skein::postgres {

// The statement's first word in hand; to its end. Adds to `found` what it finds, and sets
// `may_commit` where the statement may end a block with a commit.
void read_statement(statement_cursor& at, effects& found);

// CREATE, whose word is in hand.
void read_create(statement_cursor& at, effects& found);

// Nothing is known of it.
inline void read_unclear(statement_cursor& at, effects& found) {
  found.how = handling::plain;
  found.anything = found.unseen_code = found.draws_sequences = found.may_commit = true;
  at.pass_statement();
}

// EXECUTE, its name in hand.
void read_execute(statement_cursor& at, effects& found);

}  // namespace skein::postgres
