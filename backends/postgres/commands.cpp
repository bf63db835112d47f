#include "backends/postgres/commands.hpp"

#include <algorithm>
#include <array>

#include "backends/postgres/calls.hpp"
#include "backends/postgres/set_statements.hpp"

namespace skein::postgres {

namespace {

// It runs no code of the user's, unless as triggers do: out of sight.
void read_plain(statement_cursor& at, effects&) {
  at.pass_statement();
}

void read_query(statement_cursor& at, effects& found) {
  found.follows_replay = true;
  read_calls(at, found);
}

// The name that the proxy replaces; false: nothing that could be one.
bool take_name(statement_cursor& at, effects& found) {
  const auto name = name_of(at.now());
  if (!name) return false;
  found.name = name->view();
  found.name_at = at.place();
  at.advance();
  return true;
}

// A command of a name, or of none, and nothing else.
void read_handled(statement_cursor& at, effects& found, handling how, bool named) {
  if ((named && !take_name(at, found)) || !at.ended()) return read_unclear(at, found);
  found.how = how;
}

void read_alter(statement_cursor& at, effects& found) {
  found.changes_results = true;
  at.advance();
  found.defines |= !at.is("role") && !at.is("user") && !at.is("system") && !at.is("database");
  if (at.is("extension")) return read_unclear(at, found);  // runs its scripts
  // A new column's default is computed, a new constraint is checked.
  if (at.is("table") || at.is("domain")) return read_calls(at, found);
  at.pass_statement();
}

// [WORK|TRANSACTION] [AND [NO] CHAIN]
void read_chain(statement_cursor& at, effects& found) {
  if (!at.pass("work")) at.pass("transaction");
  found.ends_block = true;
  if (at.pass("and") && at.is("chain")) found.begins_block = true;
  at.pass_statement();
}

void read_begin(statement_cursor& at, effects& found) {
  found.begins_block = true;
  at.pass_statement();
}

void read_start(statement_cursor& at, effects& found) {
  at.advance();
  at.is("transaction") ? read_begin(at, found) : read_unclear(at, found);
}

void read_commit(statement_cursor& at, effects& found) {
  at.advance();
  found.may_commit = true;
  found.defines |= at.is("prepared");
  at.is("prepared") ? at.pass_statement() : read_chain(at, found);
}

void read_rollback(statement_cursor& at, effects& found) {
  at.advance();
  const bool optional_word = at.is("work") || at.is("transaction");
  const token next = optional_word ? at.following() : at.now();
  is_word(next, "to") || at.is("prepared") ? at.pass_statement() : read_chain(at, found);
}

// What the session holds may be gone: a cursor, a temporary table.
void read_close(statement_cursor& at, effects& found) {
  found.may_free = true;
  at.pass_statement();
}

void read_drop(statement_cursor& at, effects& found) {
  found.changes_results = true;
  read_close(at, found);
}

// COPY (query) TO ..., COPY table FROM ... WHERE ...
void read_copy(statement_cursor& at, effects& found) {
  at.advance();
  if (at.is(token_kind::open)) {
    read_calls_inside(at, found);
    return at.pass_statement();
  }
  while (!at.ended() && !(at.depth() == 0 && at.is("where"))) at.advance();
  read_calls(at, found);
}

void read_unseen(statement_cursor& at, effects& found) {
  found.anything = found.unseen_code = true;
  at.pass_statement();
}

void read_import(statement_cursor& at, effects& found) {
  found.anything = found.defines = true;
  at.pass_statement();
}

void read_deallocate(statement_cursor& at, effects& found) {
  at.advance();
  // PREPARE may itself be the name.
  if (at.is("prepare"))
    if (const auto next = at.following().kind;
        next != token_kind::end && next != token_kind::semicolon)
      at.advance();
  if (at.pass("all")) return read_handled(at, found, handling::deallocate_all, false);
  read_handled(at, found, handling::deallocate, true);
}

// DECLARE name ... CURSOR [WITH HOLD] FOR query
void read_declare(statement_cursor& at, effects& found) {
  for (at.advance(); !at.ended() && !at.is("for"); at.advance())
    if (at.is("with") && is_word(at.following(), "hold")) found.anything = true;
  read_calls(at, found);
}

void read_discard(statement_cursor& at, effects& found) {
  at.advance();
  if (at.pass("all")) {
    found.anything = found.may_free = true;
    return read_handled(at, found, handling::discard_all, false);
  }
  if (at.is("temp") || at.is("temporary")) {
    found.may_free = true;
  } else if (!at.is("plans") && !at.is("sequences")) {
    return read_unclear(at, found);
  }
  at.pass_statement();
}

void read_execute_command(statement_cursor& at, effects& found) {
  at.advance();
  read_execute(at, found);
}

// It counts as run even without ANALYZE: planning may call functions.
void read_explain(statement_cursor& at, effects& found) {
  at.advance();
  const token first = at.following();
  const bool in_parentheses = first.kind == token_kind::open || is_word(first, "select") ||
                              is_word(first, "with") || is_word(first, "values") ||
                              is_word(first, "table");
  if (at.is(token_kind::open) && !in_parentheses) {
    at.pass_parentheses();
  } else {
    if (!at.pass("analyze")) at.pass("analyse");
    at.pass("verbose");
  }
  // One EXPLAIN cannot explain another: this ends.
  at.is("explain") ? read_unclear(at, found) : read_statement(at, found);
  found.follows_replay = false;
}

void read_listen(statement_cursor& at, effects& found) {
  at.advance();
  read_handled(at, found, handling::listen, true);
}

void read_load(statement_cursor& at, effects& found) {
  found.pins = "LOAD";
  at.pass_statement();
}

// PREPARE name [(types)] AS query. The query runs when it is executed; but whoever keeps the
// statement wants to know now what it will leave.
void read_prepare(statement_cursor& at, effects& found) {
  at.advance();
  if (at.is("transaction") && at.following().kind == token_kind::string) {
    found.ends_block = found.may_commit = true;
    return at.pass_statement();
  }
  if (!take_name(at, found)) return read_unclear(at, found);
  if (at.is(token_kind::open)) at.pass_parentheses();
  if (!at.pass("as")) return read_unclear(at, found);
  found.how = handling::prepare;
  read_calls(at, found);
}

void read_unlisten(statement_cursor& at, effects& found) {
  at.advance();
  found.may_free = true;
  if (at.now().text != "*") return read_handled(at, found, handling::unlisten, true);
  at.advance();
  read_handled(at, found, handling::unlisten_all, false);
}

struct command {
  std::string_view word;
  void (*read)(statement_cursor& at, effects& found);
};

constexpr auto commands = std::to_array<command>({
    {"abort", read_rollback},
    {"alter", read_alter},
    {"analyse", read_plain},
    {"analyze", read_plain},
    {"begin", read_begin},
    {"call", read_unseen},
    {"checkpoint", read_plain},
    {"close", read_close},
    {"cluster", read_plain},
    {"comment", read_plain},
    {"commit", read_commit},
    {"copy", read_copy},
    {"create", read_create},
    {"deallocate", read_deallocate},
    {"declare", read_declare},
    {"delete", read_query},
    {"discard", read_discard},
    {"do", read_unseen},
    {"drop", read_drop},
    {"end", read_commit},
    {"execute", read_execute_command},
    {"explain", read_explain},
    {"fetch", read_plain},
    {"grant", read_plain},
    {"import", read_import},
    {"insert", read_query},
    {"listen", read_listen},
    {"load", read_load},
    {"lock", read_plain},
    {"merge", read_query},
    {"move", read_plain},
    {"notify", read_plain},
    {"prepare", read_prepare},
    {"reassign", read_plain},
    {"refresh", read_plain},
    {"reindex", read_plain},
    {"release", read_plain},
    {"reset", read_reset},
    {"revoke", read_plain},
    {"rollback", read_rollback},
    {"savepoint", read_plain},
    {"security", read_plain},
    {"select", read_query},
    {"set", read_set},
    {"show", read_plain},
    {"start", read_start},
    {"table", read_query},
    {"truncate", read_plain},
    {"unlisten", read_unlisten},
    {"update", read_query},
    {"vacuum", read_plain},
    {"values", read_query},
    {"with", read_query},
});
static_assert(std::ranges::is_sorted(commands, {}, &command::word));

// Nothing of these makes a sequence's value but a function that they call.
constexpr auto drawing_nothing = std::to_array<std::string_view>(
    {"abort",  "begin", "close",  "commit",  "deallocate", "discard",  "end",
     "listen", "lock",  "notify", "release", "reset",      "rollback", "savepoint",
     "select", "set",   "show",   "start",   "table",      "unlisten", "values"});
static_assert(std::ranges::is_sorted(drawing_nothing));

}  // namespace

void read_execute(statement_cursor& at, effects& found) {
  if (!take_name(at, found)) return read_unclear(at, found);
  found.how = handling::execute;
  read_calls(at, found);  // of its parameters
}

void read_statement(statement_cursor& at, effects& found) {
  if (at.is(token_kind::open)) return read_query(at, found);
  if (!at.is(token_kind::word)) return read_unclear(at, found);
  const auto word = name_of(at.now());
  if (!std::ranges::binary_search(drawing_nothing, word->view())) found.draws_sequences = true;
  const auto known = std::ranges::lower_bound(commands, word->view(), {}, &command::word);
  if (known == commands.end() || known->word != word->view()) return read_unclear(at, found);
  known->read(at, found);
}

}  // namespace skein::postgres
