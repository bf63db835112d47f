// Makes own_names of what a database's system catalogs say: a closure over who runs and reads what,
// beside catalog_maker's over what hides effects. There code is harmless until it is known to be
// otherwise, for a follower's session can be read back; here its own word counts, its volatility,
// and of what says that it only reads, whatever it uses is asked in turn.
#pragma once

#include "backends/postgres/code_index.hpp"
#include "backends/postgres/own_names.hpp"

namespace skein::postgres {

own_names make_own_names(const database_code& code, const code_index& index);

}  // namespace skein::postgres
