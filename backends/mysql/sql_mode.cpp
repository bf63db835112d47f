#include "backends/mysql/sql_mode.hpp"

#include <algorithm>
#include <string>

#include "backends/lexing.hpp"
#include "backends/mysql/bytes.hpp"

namespace skein::mysql {

namespace {

// MariaDB, and MySQL before 8.0, have modes that are as another database reads; each of them
// brings ANSI_QUOTES along.
constexpr std::string_view with_ansi_quotes[] = {"ansi_quotes", "ansi",   "db2",       "maxdb",
                                                 "mssql",       "oracle", "postgresql"};

bool is_one_of(std::string_view name) {
  return std::ranges::find(with_ansi_quotes, name) != std::end(with_ansi_quotes);
}

}  // namespace

sql_mode sql_mode_of(std::string_view names) {
  sql_mode made;
  while (!names.empty()) {
    const auto end = std::min(names.find(','), names.size());
    std::string name;
    for (const char each : names.substr(0, end))
      if (!is(each, blank)) name += lower_of(each);
    if (is_one_of(name)) made.ansi_quotes = true;
    if (name == "no_backslash_escapes") made.backslash_escapes = false;
    if (name == "oracle") made.other_grammar = true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return made;
}

}  // namespace skein::mysql
