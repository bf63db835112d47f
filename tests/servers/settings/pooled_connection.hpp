// A server connection as a pool holds it, without Skein between: what a client does goes through
// its driver, what Skein does by itself goes past it on the same socket.
#pragma once

#include <string>
#include <vector>

#include "backends/postgres/look.hpp"
#include "backends/postgres/replay.hpp"
#include "tests/servers/cluster.hpp"
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/wire_socket.hpp"

namespace skein::servers {

struct pooled_connection {
  explicit pooled_connection(server& at, const login& who = app);

  // What Skein sends by itself; what it owes is taken off the front of the replies, REQUIREd to be
  // just that. Sync included where the messages hold one.
  std::vector<wire_message> exchange(const std::string& messages);
  std::vector<wire_message> without(const std::vector<postgres::reply_kind>& owed,
                                    std::vector<wire_message> replies);

  // REQUIREs that it went well.
  postgres::held_state look(postgres::look_depth depth = postgres::look_depth::whole,
                            const std::vector<std::string>& touched = {},
                            const postgres::session_state& on_server = {});
  bool look_fails(postgres::look_depth depth = postgres::look_depth::whole);
  // Followed by a Sync; the SQLSTATE of its error, or "".
  std::string replay(const std::vector<postgres::setting_change>& changes);
  std::string clean(const std::vector<std::string>& prepared_in_sql = {});

  void ask(const std::string& sql);  // REQUIREs that it goes well

  pg_session session;
  wire_socket socket;
  postgres::own_statements own = {};

 private:
  postgres::look_reader look_at(postgres::look_depth depth, const std::vector<std::string>& touched,
                                const postgres::session_state& on_server);
  std::string run(std::string messages, const std::vector<postgres::reply_kind>& owed);
};

// A client's statement in extended messages, unnamed.
std::string extended(const std::string& sql);
inline const std::string sync_message = wire('S', "");
// "2DCZ": the types of messages, without notices and ParameterStatus.
std::string types_of(const std::vector<wire_message>& messages);

}  // namespace skein::servers
