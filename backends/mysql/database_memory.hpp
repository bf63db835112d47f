// What conversations of one core go by of what a server's databases define.
#pragma once

#include "backends/database_memory.hpp"
#include "backends/mysql/catalog.hpp"

namespace skein::mysql {

using database_memory = skein::database_memory<catalog>;

}  // namespace skein::mysql
