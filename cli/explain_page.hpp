// What `skein explain` and /explain answer: the console's EXPLAIN ROUTE, as text for people and as
// JSON for machines.
#pragma once

#include "console/table.hpp"

namespace skein::cli {

std::string explain_text(const console::table& told);
std::string explain_json(const console::table& told);

}  // namespace skein::cli
