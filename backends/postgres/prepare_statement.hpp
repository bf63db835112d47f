// PREPARE, EXECUTE and DEALLOCATE of SQL as the proxy reads them to carry them out itself: a
// PREPARE is a Parse in other words, and the names in the others are replaced by the server's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/effects.hpp"

namespace skein::postgres {

// PREPARE name [(types)] AS query, as the Parse that does the same.
struct prepare_statement {
  std::string parse_tail = {};  // query, terminator, types
  std::uint32_t query_at = 0;   // where the query stands in the text
  bool types_by_name = false;   // a search_path that names pg_catalog may mean other types
};
// Of a statement that `effects_of` calls a PREPARE. Nothing: a Parse would not do the same (it
// takes any statement, PREPARE few), or a type's number is not known.
std::optional<prepare_statement> read_prepare_statement(std::string_view text,
                                                        bool standard_strings);

// A statement's name in a message: who does what with it.
struct name_use {
  handling how = handling::plain;
  std::string name = {};
  text_range at = {};
  std::size_t place = 0;  // which statement of the message
};
// In order; of DEALLOCATE ALL and DISCARD ALL without a name.
std::vector<name_use> name_uses(std::string_view text, bool standard_strings);

// Of a text of which only the beginning is known: unseen, but for the name behind EXECUTE,
// and that it begins a block.
effects effects_of_beginning(std::string_view beginning, bool standard_strings);

}  // namespace skein::postgres
