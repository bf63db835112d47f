// CREATE: what it makes may be temporary without a word that says so, since search_path may begin
// with pg_temp, and a view of a temporary table is temporary itself.
#include "backends/postgres/calls.hpp"
#include "backends/postgres/commands.hpp"

namespace skein::postgres {

namespace {

// Up to the statement's end; behind BEGIN ATOMIC that is not the next semicolon, but one behind an
// END that stands where a statement would.
void pass_routine(statement_cursor& at) {
  for (; !at.ended(); at.advance()) {
    if (!at.is("begin") || !is_word(at.following(), "atomic")) continue;
    bool behind_statement = true;
    at.advance();
    do {
      at.advance();
      if (behind_statement && at.is("end")) break;
      behind_statement = at.is(token_kind::semicolon) && at.depth() == 0;
    } while (!at.is(token_kind::end) && !at.is(token_kind::broken));
  }
}

// FOR VALUES FROM (...) TO (...), then perhaps PARTITION BY, which only looks like a call.
void read_bounds(statement_cursor& at, effects& found) {
  while (!at.ended() && !at.is("partition"))
    at.is(token_kind::open) ? read_calls_inside(at, found) : at.advance();
  at.pass_statement();
}

// Its query runs at once, as do the bounds of a partition.
void read_table(statement_cursor& at, effects& found) {
  for (; !at.ended(); at.advance()) {
    if (at.depth() > 0) continue;
    if (at.is("values")) return read_bounds(at, found);
    if (at.pass("as")) {
      if (!at.pass("execute")) return read_calls(at, found);
      return read_execute(at, found);
    }
  }
}

// What it indexes is computed at once; the access method and the table only look like calls.
void read_index(statement_cursor& at, effects& found) {
  while (!at.ended() && !at.is("where"))
    at.is(token_kind::open) ? read_calls_inside(at, found) : at.advance();
  read_calls(at, found);
}

bool is_never_temporary(const statement_cursor& at) {
  for (const std::string_view kind :
       {"access", "cast", "constraint", "database", "event", "group", "policy", "publication",
        "role", "rule", "schema", "server", "subscription", "tablespace", "trigger", "user"})
    if (at.is(kind)) return true;
  return false;
}

}  // namespace

void read_create(statement_cursor& at, effects& found) {
  at.advance();
  if (at.pass("or")) {
    found.changes_results = true;
    at.pass("replace");
  }
  found.defines |= !at.is("role") && !at.is("user") && !at.is("database") && !at.is("temp") &&
                   !at.is("temporary") && !at.is("local") && !at.is("global");
  if (at.is("index") || at.is("unique")) return read_index(at, found);
  if (is_never_temporary(at)) return at.pass_statement();
  found.anything = true;
  if (at.is("extension")) return read_unclear(at, found);
  if (at.is("function") || at.is("procedure")) return pass_routine(at);
  bool is_table = false;
  for (; at.is(token_kind::word); at.advance()) {
    if (at.is("table") || at.is("materialized")) is_table = true;
    if (!at.is("local") && !at.is("global") && !at.is("temp") && !at.is("temporary") &&
        !at.is("unlogged"))
      break;
  }
  is_table ? read_table(at, found) : at.pass_statement();
}

}  // namespace skein::postgres
