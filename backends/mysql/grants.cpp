#include "backends/mysql/grants.hpp"

namespace skein::mysql {

namespace {

std::string quoted(std::string_view name) {
  std::string out = "'";
  for (const char each : name) {
    if (each == '\'' || each == '\\') out += '\\';
    out += static_cast<unsigned char>(each) < ' ' ? '?' : each;
  }
  return out + "'";
}

std::string user(const std::string& name) {
  return quoted(name) + "@'%'";
}

std::string create(const std::string& name) {
  return "create user if not exists " + user(name) + " identified by '...';\n";
}

constexpr std::string_view of_health =
    R"(-- health: looks whether each member takes writes, whom it follows, how far it is.
)";
constexpr std::string_view of_pooling =
    R"(-- pooling: server connections are opened as the application's own user, who needs what it
-- needs without Skein.
)";
constexpr std::string_view of_auth_query =
    "-- auth_query: users of this engine are not looked up so far; write them into users.\n";

}  // namespace

// What shows whom a server follows has another name in MariaDB.
std::string grants_for(grants_feature what, const grants_request& who) {
  switch (what) {
    case grants_feature::health: {
      const std::string name = who.observer.user.empty() ? "skein" : who.observer.user;
      return std::string(of_health) + create(name) + "grant replication client on *.* to " +
             user(name) + ";  -- MySQL\n" + "grant replica monitor on *.* to " + user(name) +
             ";     -- MariaDB\n";
    }
    case grants_feature::auth_query:
      return std::string(of_auth_query);
    case grants_feature::pooling:
      break;
  }
  return std::string(of_pooling);
}

}  // namespace skein::mysql
