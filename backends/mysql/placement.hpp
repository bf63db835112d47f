// Where a statement may run, and the reason: what it does by its text, and what the server's own
// names mean. What a database defines is not known here yet: a view is taken for a table, and a
// function of the database's own is the leader's. Unsure means the leader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/facts.hpp"
#include "backends/mysql/deeds.hpp"

namespace skein::mysql {

struct placement {
  place where = place::leader;
  deed kind = deed::unknown;
  bool may_write = true;
  std::string why = {};   // a clause, "it locks rows (FOR UPDATE)"; empty unless it is the leader's
  std::string form = {};  // see normal_form; empty: it could not be read
  std::vector<std::string> relations = {};  // that it names, sorted
};

placement place_of(std::string_view statement, const reading_rules& rules);

// What is made of a statement that nobody reads, for it is longer than `statement_bytes_max`.
constexpr std::size_t statement_bytes_max = 16UZ * 1024;
placement place_of_long_one();
// And of one that is no statement by the lexical rules alone.
placement place_of_broken_one();

}  // namespace skein::mysql
