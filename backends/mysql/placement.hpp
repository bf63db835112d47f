// Where a statement may run, and the reason: what it does by its text, what the server's own names
// mean, and what those of its databases do. Unsure means the leader.
#pragma once

#include <string_view>

#include "backends/mysql/catalog.hpp"
#include "backends/mysql/deeds.hpp"
#include "backends/placement.hpp"

namespace skein::mysql {

// `known`: what is defined; null: that is not known, a view is taken for a table, and a function of
// a database is the leader's. `database`: the current one; empty: none.
placement place_of(std::string_view statement, const reading_rules& rules,
                   const catalog* known = nullptr, std::string_view database = {});

}  // namespace skein::mysql
