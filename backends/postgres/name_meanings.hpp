// What it means for routing that a statement, or code that it runs, uses a name: what the database
// has of that name, and what the server has. For `placement` and `own_names_maker`.
#pragma once

#include <optional>
#include <string>

#include "backends/postgres/deeds.hpp"
#include "backends/postgres/own_names.hpp"

namespace skein::postgres {

// `known`: what the database defines; null: nothing is known of that.
meaning meaning_of(const use& one, const own_names* known);

// The kind of who does what has that meaning.
deed deed_of(const meaning& what);
// "it calls bump, which is volatile"
std::string in_words(const use& one, const meaning& what);

}  // namespace skein::postgres
