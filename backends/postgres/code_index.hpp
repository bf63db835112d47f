// What a database defines, by the numbers of its system catalogs, and what is true of all of it
// whatever it is suspected of: for the two closures over it, catalog_maker's and own_names_maker's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "backends/postgres/catalog_maker.hpp"

namespace skein::postgres {

// In C, by its own word; an aggregate only seems so.
bool is_compiled(const function_code& one);
// Its body can be read.
bool is_written(const function_code& one);
// Which the server itself makes for each type of ranges.
bool makes_ranges(const function_code& one);

// Operators that a statement uses without naming them: sorting, grouping, IN, BETWEEN, CASE ...
bool compares(std::string_view symbol);
// The word that an operator has besides: LIKE. Empty: none.
std::string_view spelling_of(std::string_view symbol);

class code_index {
 public:
  struct named_type {
    std::string_view name;
    std::string_view array_name;
    oid array = 0;
    oid relation = 0;  // whose row it is
  };

  explicit code_index(const database_code& code);

  // Null: it was not read.
  const function_code* function(oid id) const;
  const relation_code* relation(oid id) const;
  // The user's; an array counts as its elements' type.
  const named_type* type(oid id) const;
  oid element_of(oid type) const;
  // Its own number first, then those of partitions and children, of theirs too.
  std::vector<oid> with_children(oid relation) const;

 private:
  std::unordered_map<oid, const function_code*> functions_ = {};
  std::unordered_map<oid, const relation_code*> relations_ = {};
  std::unordered_map<oid, named_type> types_ = {};
  std::unordered_map<oid, oid> elements_ = {};  // of arrays
  std::unordered_multimap<oid, oid> children_ = {};
};

}  // namespace skein::postgres
