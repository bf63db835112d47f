// What a statement does by its own syntax, and the names by which it may do more: who may run it
// where is judged from this and from what the database defines (see `placement`).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/own_names.hpp"
#include "backends/postgres/parse_tree.hpp"

namespace skein::postgres {

// Where several are true of one statement, the last of them counts.
enum class deed : std::uint8_t {
  reads,
  calls,    // runs code whose text is not here: DO, CALL
  block,    // begins, ends or shapes a transaction
  session,  // sets, or asks, what belongs to one connection
  locks,
  defines,  // whatever changes a database and not rows alone
  writes,
  unknown,
};

struct use {
  used_as as = used_as::function;
  std::int64_t at = 0;     // grows with the text
  std::string name = {};   // folded, without its schema
  bool of_server = false;  // written with a schema of the server's own
};

struct deeds {
  deed kind = deed::reads;
  std::string command = {};  // in capitals, of what is not `reads`: "INSERT", "FOR UPDATE" ...
  bool begins = false;       // a transaction ...
  bool read_only = false;    // ... by its own words, and by none of them for writing
  bool serializable = false;
  bool ends = false;  // a transaction, whatever it did
  bool commits = false;
  // Names what it does not touch yet: PREPARE, CREATE FUNCTION, CREATE VIEW ...
  bool runs_nothing = false;
  std::vector<std::string> relations = {};  // with their schemas where written so; no CTE's
  std::vector<use> uses = {};               // in the order of the text
};

// `form`: the text that the tree is of.
deeds deeds_of(const PgQuery__Node& statement, std::string_view form);

}  // namespace skein::postgres
