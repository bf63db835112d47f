// What the code of a routine or a trigger does: its statements one by one, told apart from what
// only says when they run. What it says of itself (READS SQL DATA, DETERMINISTIC) is not gone by:
// no server holds it to that. What is not as expected makes it one that cannot be seen through.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/deeds.hpp"

namespace skein::mysql {

struct body_deeds {
  // As of one statement that does all of it; `unknown`: it cannot be seen through. SELECT ... INTO
  // a variable of its own only reads.
  deeds done = {};
  std::vector<function_use> procedures = {};  // that it calls
  // It leaves in its session what nobody is told of: user variables, settings, temporary tables,
  // definitions ... What it calls may besides.
  bool leaves = false;
};

// `parameters`: in lower case.
body_deeds deeds_of_body(std::string_view body, const reading_rules& rules,
                         std::vector<std::string> parameters = {});

}  // namespace skein::mysql
