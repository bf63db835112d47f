// What a statement does by its own syntax, as every dialect's reader tells it, and that in words
// for people. A dialect's own deeds have the names besides by which a statement may do more.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skein {

// Where several are true of one statement, the last of them counts.
enum class deed : std::uint8_t {
  reads,
  calls,    // runs code whose text is not here: DO, CALL
  block,    // begins, ends or shapes a transaction
  session,  // sets, or asks, what belongs to one connection or one server
  locks,
  defines,  // whatever changes a database and not rows alone
  writes,
  unknown,
};

struct statement_deeds {
  deed kind = deed::reads;
  std::string command = {};  // in capitals, of what is not `reads`: "INSERT", "FOR UPDATE" ...
  bool begins = false;       // a transaction ...
  bool read_only = false;    // ... by its own words, and by none of them for writing
  bool ends = false;         // a transaction, whatever it did
  bool commits = false;
  std::vector<std::string> relations = {};  // as the dialect writes them; no CTE's
};

// A clause, "it writes (INSERT)"; empty: it only reads.
std::string words_of(const statement_deeds& done);
// What it locks are rows, by its query.
bool locks_rows(const statement_deeds& done);

}  // namespace skein
