// What a session looks like from inside: two clients that share one server connection must each see
// what they would see alone. Told by statements that give Skein no reason to look itself.
#pragma once

#include <string>
#include <vector>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"

namespace skein::servers {

// Every setting, and whatever else a session may hold; one line each.
inline constexpr auto picture_query = R"(
  select 'setting ' || name || '=' || setting from pg_settings
   where name not like 'transaction%' and (name not like 'plpgsql.%' or source = 'session')
  union all select 'custom tenant ' || current_setting('app.tenant', true)
   where current_setting('app.tenant', true) <> ''
  union all select 'user ' || current_user || ' of ' || session_user
  union all select 'prepared ' || name from pg_prepared_statements
   where from_sql or name not like 'skein\_%'
  union all select 'cursor ' || name from pg_cursors
  union all select 'advisory lock ' || mode from pg_locks
   where locktype = 'advisory' and pid = pg_backend_pid()
  union all select 'listens to ' || channel from pg_listening_channels() as channel
  union all select 'temporary ' || relname from pg_class where relnamespace = pg_my_temp_schema()
  order by 1)";

using picture = std::vector<std::string>;
picture picture_of(const rows& told);
picture draw(pg_session& session);
// What stands in one of them only; empty: they are the same.
std::string difference(const picture& one, const picture& other);

// The one server connection that everybody shares.
inline skein_options one_server(milliseconds wait = milliseconds{5000}) {
  return {.pool_size = 1, .pool_wait = wait, .threads = 1};
}

// libpq's words for the server itself.
std::string direct_words(const server& at, const login& who, const std::string& more = {});

}  // namespace skein::servers
