// Where a statement may run, and the reason: what every dialect's judge makes of one, and what a
// cache keeps of that. Unsure means the leader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/deeds.hpp"
#include "backends/facts.hpp"
#include "backends/fingerprint.hpp"

namespace skein {

struct placement {
  place where = place::leader;
  deed kind = deed::unknown;
  bool may_write = true;
  std::string why = {};   // a clause, "it locks rows (FOR UPDATE)"; empty unless it is the leader's
  std::string form = {};  // see normal_form; empty: it could not be read
  std::vector<std::string> relations = {};  // that it names, sorted
};

placement unsure_placement(std::string why);
// What is made of a statement that nobody reads, for it is longer than `statement_bytes_max`.
constexpr std::size_t statement_bytes_max = 16UZ * 1024;
placement place_of_long_one();
// And of one that is no statement by the lexical rules alone.
placement place_of_broken_one();

// The last of a judge's words: any member may run what nothing speaks against, and a transaction
// that only reads may begin on any.
void conclude(placement& made, statement_deeds& done, bool begins_anywhere);

// `number`: of its form, see `number_of_form`; 0: it has none.
void take_placement(statement_facts& facts, placement placed, std::uint64_t number);
// Of a form's digest in every process the same; 0 is no form's.
std::uint64_t number_of_form(std::string_view digest);
// Of as many random bytes as one has.
fingerprint_seed seed_of(std::string_view random);

}  // namespace skein
