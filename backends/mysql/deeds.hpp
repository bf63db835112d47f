// What a statement does by its own syntax, and the names by which it may do more. No parser of this
// grammar is to be had as a library, so the tokens are scanned: what a statement is, is told by its
// first words, and what a query names by where the name stands. Whatever is not as expected makes
// it `unknown`. Who may run it where is judged from this (see `placement`).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "backends/deeds.hpp"
#include "backends/mysql/lexer.hpp"

namespace skein::mysql {

using skein::deed;

struct function_use {
  std::string name = {};      // in lower case
  bool built_in = true;       // it may be one: neither quoted nor with a schema
  bool behind_blank = false;  // a blank stands in front of its parenthesis
  std::string schema = {};    // as written, where one is
};

// Its relations are as written, "s.t", without quotes.
struct deeds : statement_deeds {
  std::size_t statements = 0;                // that are not empty
  bool calls = false;                        // by CALL: the first of the functions is a procedure
  std::vector<function_use> functions = {};  // in the order of the text
  std::vector<std::string> assigned = {};    // user variables, in lower case, without @ and quotes
  std::vector<std::string> asked = {};       // likewise, that are read
  std::vector<std::string> settings = {};    // system variables that are read, likewise
};

class statement_tokens;
deeds deeds_of(std::string_view statement, const reading_rules& rules);
// Of tokens that were read by rules of the usual grammar.
deeds deeds_of(const statement_tokens& statement);

}  // namespace skein::mysql
