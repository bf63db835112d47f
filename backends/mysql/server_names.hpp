// The schemas of the servers' own, by their names: what of them is the same on all members, and
// what is of one server.
#pragma once

#include <string_view>

namespace skein::mysql {

// `relation` with its schema, "s.t".
bool is_of_one_server(std::string_view relation);
// Also where all members share it: no catalog has it.
bool is_of_server(std::string_view relation);
// What is read from it may set variables of the session.
bool is_of_sys(std::string_view relation);

}  // namespace skein::mysql
