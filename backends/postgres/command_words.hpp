// What the server's command tags call statements that define: CREATE TABLE, DROP MATERIALIZED VIEW,
// GRANT ROLE; and how SELECT locks. For `deeds`.
#pragma once

#include <string>
#include <string_view>

#include "backends/postgres/parse_tree.hpp"

namespace skein::postgres {

// `form`: the text that the tree is of, one blank between tokens.
std::string command_of(const PgQuery__Node& statement, std::string_view form);
// FOR UPDATE, FOR KEY SHARE ...
std::string_view strength_of(const PgQuery__LockingClause& lock);

}  // namespace skein::postgres
