// What a statement is to routing, as its dialect tells it: where it may run, what it names, why.
// Without its literals: all statements of one form share what is known of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skein {

enum class place : std::uint8_t {
  any,          // it reads what all members share
  transaction,  // it begins a transaction that any member may run
  leader,
};

struct statement_facts {
  place where = place::leader;
  // False: nobody can tell afterwards that it ran, so no read has to wait until it is seen.
  bool may_write = true;
  std::string why = {};   // a clause, "it locks rows (FOR UPDATE)"; empty unless it is the leader's
  std::string form = {};  // the text without its literals; empty: it could not be read
  std::uint64_t fingerprint = 0;            // of the form, in every process the same; 0: no form
  std::vector<std::string> relations = {};  // that it names, sorted, with schemas where written so

  // Which rules fit it, as the rules of that edition say: kept here by `routing::rules`. Facts are
  // one core's.
  struct rule_marks {
    std::uint64_t edition = 0;
    std::uint64_t fitting = 0;  // a bit a rule
  };
  mutable rule_marks marks = {};
};

}  // namespace skein
