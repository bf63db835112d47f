// What conversations of one core go by of one database's definitions.
#pragma once

#include "backends/database_memory.hpp"
#include "backends/postgres/catalog.hpp"

namespace skein::postgres {

using database_memory = skein::database_memory<catalog>;

}  // namespace skein::postgres
