// Code that a database brings along: whether a statement names any that cannot be seen through, for
// `effects`; and whether such code, a function's body or a view's query, can be, for catalog_maker.
#pragma once

#include <cstdint>
#include <string_view>

#include "backends/postgres/catalog.hpp"

namespace skein::postgres {

// Of a message's text, with as many statements as it has: by relations, types and operators, not by
// the functions that it calls. Whoever reads is told from who writes by words alone, so that one
// who only seems to write counts as writing.
bool names_brought_code(std::string_view text, bool standard_strings, const catalog& known);

enum class code_form : std::uint8_t {
  expression,     // also a query, or the text that makes a rule, as the server prints it
  sql_body,       // of a function
  procedure_body  // in PL/pgSQL
};

// True: running it may leave something in the session, or depends on what was left there.
bool hides_effects(std::string_view code, code_form form, const catalog& known);

}  // namespace skein::postgres
