// What a session's sql_mode changes in how its statements are read. The other modes change what
// they mean, or who may do what, and are the server's affair.
#pragma once

#include <string_view>

namespace skein::mysql {

struct sql_mode {
  bool ansi_quotes = false;       // "a" is a name
  bool backslash_escapes = true;  // in strings
  bool other_grammar = false;     // ORACLE: statements that no reader of ours knows
  bool operator==(const sql_mode&) const = default;
};

// As the server tells it, or as a client sets it: names with commas between, in any case, and those
// that stand for several.
sql_mode sql_mode_of(std::string_view names);

}  // namespace skein::mysql
