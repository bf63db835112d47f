// What a SET sets: its parts between commas, each with its scope and name. For who asks what a
// session has afterwards (`leavings`), and whether code sets more than its own variables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/statement_tokens.hpp"

namespace skein::mysql {

enum class set_kind : std::uint8_t {
  user_variable,
  setting,  // of the session; in a body of code perhaps a variable of its own
  global,   // of the server
  names,    // SET NAMES, SET CHARACTER SET
};

struct set_target {
  set_kind kind = set_kind::setting;
  std::string name = {};  // lower case, without marks and quotes; of NEW.a "new.a"
  bool bare = false;      // of a setting: neither @@ nor SESSION stand in front
  bool unscoped = false;  // @@ stands there, and neither SESSION nor GLOBAL
  bool turns_on = false;  // its value is 1, ON or the like
  bool turns_off = false;
  bool resets = false;  // it is its default
};

// Of the words behind SET, up to the statement's end. Nothing: it is none of these.
std::optional<std::vector<set_target>> set_targets_of(const statement_tokens& tokens,
                                                      std::size_t place);

// Of settings, in lower case.
bool is_of_collation(std::string_view name);
// It is of one server or of the statements of one moment, or is not to be set by everybody.
bool is_bound_to_server(std::string_view name);
// With @@ and no scope they are set for the transaction that follows alone.
bool is_of_transaction(std::string_view name);

}  // namespace skein::mysql
