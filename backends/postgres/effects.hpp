// What a statement may leave behind in its session, as far as its text tells: which pooling must
// know before the server connection goes to somebody else. The text only raises a suspicion; what
// is really there is then read back from the server (see `look`), so that nothing here has to
// imitate the server's rules for rollbacks and savepoints. Unsure means suspicious.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::postgres {

class catalog;

// What the proxy must do itself, in place of passing the text on or beside it. Only ever set when
// the statement stands alone in its message.
enum class handling : std::uint8_t {
  plain,
  prepare,         // PREPARE name [(types)] AS ...
  execute,         // EXECUTE name [(...)], also inside EXPLAIN and CREATE TABLE AS
  deallocate,      // DEALLOCATE [PREPARE] name
  deallocate_all,  // DEALLOCATE ALL
  listen,          // LISTEN channel
  unlisten,        // UNLISTEN channel
  unlisten_all,    // UNLISTEN *
  discard_all,     // DISCARD ALL
};

// Where a name stands in the text, so that it can be replaced: [begin, end).
struct text_range {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const text_range&) const = default;
};

struct effects {
  handling how = handling::plain;
  // It may stand behind a replay of settings in the same implicit transaction: SELECT (also WITH,
  // VALUES, TABLE), INSERT, UPDATE, DELETE, MERGE, one statement alone, which is not suspicious and
  // sets nothing even for its transaction: an error would undo the replay with it. (What reads a
  // setting finds the replayed value.) All else (BEGIN, VACUUM, COPY, ...) waits for the replay's
  // end.
  bool follows_replay = false;
  // Settings named in it, folded: SET, RESET, set_config('literal', ...); "role",
  // "session_authorization", "timezone" and the like under the setting's own name. To be read back.
  // Not those that end with the transaction: SET LOCAL, SET TRANSACTION, set_config(..., true).
  std::vector<std::string> settings = {};
  // Anything may have changed, settings included: DO, CALL, RESET ALL, DISCARD ALL, DECLARE ...
  // WITH HOLD, set_config of a computed name, an advisory lock, a statement that is not known, a
  // function that is not known to be harmless, CREATE of what a schema holds (with or without TEMP:
  // see create_statement.cpp) ... The session's whole state is to be read back.
  bool anything = false;
  // It runs code that cannot be seen: DO, CALL, a function that the server does not bring along, or
  // what a relation, a type or an operator that it names brings along.
  // What such code leaves behind beyond what can be read back is cleaned before the connection
  // goes to another client.
  bool unseen_code = false;
  // It loads a library into the server process, changes who the session is or binds it to what
  // only this server connection has: LOAD, SET SESSION AUTHORIZATION, pg_backup_start ... Cannot be
  // undone for another client: the words are the reason that people read.
  std::string_view pins = {};
  // CLOSE, DROP, UNLISTEN, DISCARD: what held the connection may be gone. Leaves nothing behind,
  // but where something holds the connection it is worth a look.
  bool may_free = false;
  // Beside other statements, DEALLOCATE ALL, which reaches the server: what the proxy prepared
  // there is gone too.
  bool drops_prepared = false;
  // Somewhere in the message stands the name of a prepared statement: see `name_uses`.
  bool names_statements = false;
  std::string name = {};      // of prepare, execute, deallocate, listen, unlisten: folded
  text_range name_at = {};    // where that name stands
  bool begins_block = false;  // BEGIN, START TRANSACTION, also COMMIT AND CHAIN
  bool ends_block = false;    // COMMIT, END, ROLLBACK, ABORT, PREPARE TRANSACTION (not ROLLBACK TO)
  bool may_commit = true;     // false: seen not to commit when it runs inside a block

  // What others have prepared may give rows of another shape from here on: ALTER, DROP, CREATE OR
  // REPLACE.
  bool changes_results = false;

  // It may define what a catalog tells of (see catalog.hpp): CREATE but of what is temporary, ALTER
  // ... Not DROP, which takes away only, nor DO, functions and procedures, out of sight.
  bool defines = false;

  // It sets synchronous_commit, also if only for its transaction, to what waits for no follower, or
  // to what is not seen.
  bool lowers_commit = false;

  // It asks for the last value of a sequence, which must not be another client's.
  bool reads_sequences = false;
  // It may have made such a value of its own: nextval(), INSERT ... False: seen not to.
  bool draws_sequences = false;

  bool operator==(const effects&) const = default;
  bool suspicious() const { return anything || unseen_code || !settings.empty(); }
};

// Of a statement alone that reads, and sets nothing.
effects effects_of_plain_read();
// Of a whole message's text, which may hold several statements. `standard_strings`: see `lexer`,
// whose limit on encodings holds here too. `known`: what its database defines; null: the text alone
// tells.
effects effects_of(std::string_view statement, bool standard_strings = true,
                   const catalog* known = nullptr);
// Of a Parse message behind its name, which may say of what types its parameters are.
effects effects_of_parse(std::string_view tail, bool standard_strings, const catalog* known);
// The same as effects_of, however plain the statement is.
effects effects_by_token(std::string_view statement, bool standard_strings,
                         const catalog* known = nullptr);
// Of a text that cannot be read, or has not been.
effects effects_of_unseen();
// Of synchronous_commit.
bool waits_for_followers(std::string_view value);
// What both leave, one running the other.
void join(effects& into, const effects& other);

}  // namespace skein::postgres
