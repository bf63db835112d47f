// Where a statement may run, and the reason: what it does by its text, what the server's own names
// mean, and what the database's do. Unsure means the leader.
#pragma once

#include <string_view>

#include "backends/placement.hpp"
#include "backends/postgres/deeds.hpp"
#include "backends/postgres/own_names.hpp"

namespace skein::postgres {

// `known`: what its database defines; null: nothing is known, and so no name of the user's either.
placement place_of(std::string_view statement, bool standard_strings, const own_names* known);

}  // namespace skein::postgres
