// What code that a database brings along uses by name: a view's query, a function's body, a
// domain's check. For own_names_maker.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "backends/postgres/deeds.hpp"

namespace skein::postgres {

struct code_uses {
  // In the order of the text. Of code in PL/pgSQL, whose words may be variables too, relations,
  // types and operators are guessed: only what is known of their names counts.
  std::vector<use> uses = {};
  bool guessed = false;
  std::string_view locks = {};  // FOR UPDATE ...; empty: it does not
};

// Nothing: it cannot be read, or runs what its text does not tell.
std::optional<code_uses> uses_of_query(std::string_view query);
std::optional<code_uses> uses_of_expressions(std::string_view list);
std::optional<code_uses> uses_of_sql_body(std::string_view body);
std::optional<code_uses> uses_of_procedure(std::string_view body);

}  // namespace skein::postgres
