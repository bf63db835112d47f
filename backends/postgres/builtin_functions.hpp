// What calling a function of the server's own may leave behind in a session, by the function's name
// alone: for `calls`. A name counts as the server's, though a function of somebody's own is called
// where search_path names pg_catalog behind another schema or the arguments fit that one better:
// where the database's definitions are known they say so. Names are those of PostgreSQL 15, and a
// few that are newer; all others of newer servers are unknown, and so suspicious.
#pragma once

#include <cstdint>
#include <string_view>

namespace skein::postgres {

enum class function_kind : std::uint8_t {
  unknown,    // not the server's own
  harmless,   // leaves nothing, or nothing beyond its transaction
  sets,       // set_config
  locks,      // advisory locks of the session
  runs_code,  // that its arguments bring along, or with an effect that cannot be read back
  binds,      // leaves what only this server connection has: a replication origin, a backup
};

// `name` is folded, without quotes and schema.
function_kind kind_of_function(std::string_view name);

// False: no function of that name, in whatever case, is `sets` or worse. Cheap: columns are asked
// for too.
bool may_be_harmful(std::string_view name);

}  // namespace skein::postgres
