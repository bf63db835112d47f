// What a statement does by its own syntax, and the names by which it may do more. No parser of this
// grammar is to be had as a library, so the tokens are scanned: what a statement is, is told by its
// first words, and what a query names by where the name stands. Whatever is not as expected makes
// it `unknown`. Who may run it where is judged from this (see `placement`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/lexer.hpp"

namespace skein::mysql {

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

struct function_use {
  std::string name = {};      // in lower case, without its schema
  bool built_in = true;       // it may be one: neither quoted nor with a schema
  bool behind_blank = false;  // a blank stands in front of its parenthesis
};

struct deeds {
  deed kind = deed::reads;
  std::string command = {};    // in capitals, of what is not `reads`: "INSERT", "FOR UPDATE" ...
  std::size_t statements = 0;  // that are not empty
  bool begins = false;         // a transaction ...
  bool read_only = false;      // ... by its own words, and by none of them for writing
  bool ends = false;           // a transaction, whatever it did
  bool commits = false;
  std::vector<std::string> relations = {};   // as written, "s.t", without quotes; no CTE's
  std::vector<function_use> functions = {};  // in the order of the text
  std::vector<std::string> assigned = {};    // user variables, in lower case, without @ and quotes
  std::vector<std::string> asked = {};       // likewise, that are read
  std::vector<std::string> settings = {};    // system variables that are read, likewise
};

deeds deeds_of(std::string_view statement, const reading_rules& rules);

}  // namespace skein::mysql
