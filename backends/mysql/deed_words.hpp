// What a statement does by its own syntax, in words for people, and what follows from these alone.
#pragma once

#include <string>

#include "backends/mysql/deeds.hpp"

namespace skein::mysql {

// A clause, "it writes (INSERT)"; empty: it only reads.
std::string words_of(const deeds& done);
// By its command alone; what it calls may write besides.
bool may_write(const deeds& done);

}  // namespace skein::mysql
