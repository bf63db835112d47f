// What a statement leaves behind in its session, or asks of it, as its text tells: which pooling
// must know before the server connection goes to somebody else. Neither server can be asked
// afterwards for all that a session has, so what is left is told by the text alone, and whoever is
// in doubt says so: `unseen`, `opaque`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/catalog.hpp"
#include "backends/mysql/lexer.hpp"

namespace skein::mysql {

// What keeps a session on its server, as bits.
enum class hold : std::uint16_t {
  temporary_table = 1,
  table_lock = 2,
  named_lock = 4,
  handler = 8,
  prepared = 16,
  xa = 32,
  setting = 64,  // one that cannot be carried elsewhere: sql_log_bin, timestamp, a role ...
  next_transaction = 128,  // SET TRANSACTION: for the one that follows
  found_rows = 256,        // SQL_CALC_FOUND_ROWS: the next statement asks for their number
};
constexpr std::uint16_t bit_of(hold one) {
  return static_cast<std::uint16_t>(one);
}

struct leavings {
  // Holds. What has several of a kind (temporary tables, PREPARE, HANDLER ... OPEN, GET_LOCK) is
  // not counted, so that nothing ends by giving back one of them.
  std::uint16_t begins = 0;
  std::uint16_t ends = 0;
  std::vector<std::string> variables = {};  // user variables that it sets, lower case, each once
  // It runs code whose text is not known, and which may set user variables and settings or make
  // temporary tables. Also where the name of a variable is one that the server folds in its own
  // way.
  bool unseen = false;
  bool opaque = false;  // it was not understood: anything may be
  // The text asks for what a statement before it has left.
  bool asks_insert_id = false;   // LAST_INSERT_ID(), @@last_insert_id, @@identity, unseen code
  bool asks_warnings = false;    // SHOW WARNINGS, GET DIAGNOSTICS, @@warning_count ...
  bool shows_warnings = false;   // precisely SHOW WARNINGS and nothing else
  bool asks_counts = false;      // ROW_COUNT(), FOUND_ROWS()
  bool reads_sequences = false;  // LASTVAL(), PREVIOUS VALUE FOR
  bool defines = false;          // what is known of definitions may change
  bool sets = false;             // session settings may be others: SET but of user variables, USE
  bool sets_collation = false;   // among them those by which the connection's texts are compared
  bool unlogged = false;         // what is written after it is in no log: SET sql_log_bin = 0
  bool begins_block = false;     // BEGIN, XA START, SET autocommit = 0, COMMIT AND CHAIN
  // It may leave an insert id that no answer tells: INSERT ... RETURNING, LAST_INSERT_ID(n) outside
  // of an INSERT or UPDATE, unseen code.
  bool hides_insert_id = false;
  bool draws_sequences =
      false;  // NEXTVAL(), MariaDB's INSERT: LASTVAL() is another. False: it is not
  bool operator==(const leavings&) const = default;
};

// What is longer is opaque: nobody else on this thread is to wait for it.
constexpr std::size_t leavings_bytes_max = 256UZ * 1024;

// `known`: what is defined; null: that is not known, every function of a database may do anything,
// and a relation brings no code along. `database`: the current one; empty: none.
leavings leavings_of(std::string_view statement, const reading_rules& rules,
                     const catalog* known = nullptr, std::string_view database = {});
// Of a text that cannot be read, or has not been.
leavings leavings_of_unseen();

// A clause for people: "it has a temporary table".
std::string_view words_of_hold(hold one);

}  // namespace skein::mysql
