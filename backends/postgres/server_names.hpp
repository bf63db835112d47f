// What the names that every server brings along mean for routing. Lists are those of PostgreSQL 15:
// what is newer is unknown, and so the leader's.
#pragma once

#include <cstdint>
#include <string_view>

namespace skein::postgres {

enum class server_function : std::uint8_t {
  unknown,        // not the server's own
  anywhere,       // a follower's answer is as good as the leader's
  differs,        // is, too, though it is another each time
  is_volatile,    // it may write
  of_one_server,  // it tells of one server or connection, or holds something there
};
// `name`: folded, without its schema.
server_function function_of_server(std::string_view name);
// A relation that shows what one server does.
bool is_of_one_server(std::string_view relation);

}  // namespace skein::postgres
