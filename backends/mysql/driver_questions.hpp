// What drivers ask of every server as they sign in, variables, and the console has none of: it
// answers as a server would where nothing is set. Called by console_talk, before it takes a text
// for one of the console's own. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/table.hpp"

namespace skein::mysql {

struct variables_told {
  std::vector<std::string> columns;
  std::vector<console::row> rows;
};

// Of `SELECT @@name, @@session.name AS alias LIMIT 1` and `SHOW SESSION VARIABLES LIKE 'name'`;
// nothing: it asks something else.
std::optional<variables_told> answer_to_driver(std::string_view statement);

}  // namespace skein::mysql
