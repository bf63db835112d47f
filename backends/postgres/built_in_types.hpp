// The types that a PREPARE may name and whose numbers are the same on every server: so its text can
// be sent as a Parse, which wants numbers. For `prepare_statement`.
#pragma once

#include <cstdint>
#include <optional>

#include "backends/postgres/statement_cursor.hpp"

namespace skein::postgres {

struct built_in_type {
  std::uint32_t oid = 0;
  bool by_name = false;  // search_path may find another type of that name; false: the grammar's own
};

// From its first token to the comma or parenthesis behind it. Nothing: a type that is not known, or
// not written as people do.
std::optional<built_in_type> read_built_in_type(statement_cursor& at);

}  // namespace skein::postgres
