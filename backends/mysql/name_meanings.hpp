// What a name in a statement stands for: the server's own thing, one of its databases', or nobody
// knows.
#pragma once

#include <string_view>

#include "backends/mysql/catalog.hpp"
#include "backends/mysql/flavour.hpp"

namespace skein::mysql {

// `database`: by which bare names are meant. `known` null: nothing is known of databases, and so
// every function of theirs is unknown, and every relation is taken for a table.
meaning meaning_of(const function_use& called, flavour of, const catalog* known,
                   std::string_view database);
meaning meaning_of_relation(std::string_view written, const catalog* known,
                            std::string_view database);

}  // namespace skein::mysql
