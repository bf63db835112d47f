// What a statement does by its own syntax, and the names by which it may do more: who may run it
// where is judged from this and from what the database defines (see `placement`).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/deeds.hpp"
#include "backends/postgres/own_names.hpp"
#include "backends/postgres/parse_tree.hpp"

namespace skein::postgres {

using skein::deed;

struct use {
  used_as as = used_as::function;
  std::int64_t at = 0;     // grows with the text
  std::string name = {};   // folded, without its schema
  bool of_server = false;  // written with a schema of the server's own
};

// Its relations have their schemas where they are written so.
struct deeds : statement_deeds {
  bool serializable = false;  // the transaction that it begins
  // Names what it does not touch yet: PREPARE, CREATE FUNCTION, CREATE VIEW ...
  bool runs_nothing = false;
  std::vector<use> uses = {};  // in the order of the text
};

// `form`: the text that the tree is of.
deeds deeds_of(const PgQuery__Node& statement, std::string_view form);

}  // namespace skein::postgres
