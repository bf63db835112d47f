#include "backends/mysql/grants.hpp"

#include <algorithm>

#include "backends/mysql/commit_tokens.hpp"

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
constexpr std::string_view of_definitions =
    R"(-- It also reads what databases define (views, functions, triggers), which neither server
-- shows to whom it may not show rows: no row is read. What is not visible counts as code that may
-- do anything, and is the leader's.
)";
constexpr std::string_view of_pooling =
    R"(-- pooling: server connections are opened as the application's own user, who needs what it
-- needs without Skein.
)";
constexpr std::string_view of_auth_query =
    R"(-- auth_query: reads what the server stores of who logs in, by these columns alone. They are
-- of all users: whoever has this user's password can read them.
)";
constexpr std::string_view of_own_query =
    "-- auth_query: runs the query of the settings, and needs what that reads: grant it here.\n";

constexpr std::string_view of_failover =
    R"(-- failover: stops followers, makes one of them the leader, has the others follow it, and
-- keeps who led from writing: by read_only, and by the end of its connections, which it must see.
-- It writes a row of its own, by which followers see that the leader lives. On MySQL system_user
-- lets it end the connections of administrators, too. On MariaDB it may write where read_only is
-- on, which comes with the right to set that.
)";

std::string observer_of(const grants_request& who) {
  return who.observer.user.empty() ? "skein" : who.observer.user;
}

std::string mover_of(const grants_request& who) {
  return who.failover.user.empty() ? observer_of(who) : who.failover.user;
}

std::string for_failover(const std::string& name) {
  const std::string to = " to " + user(name) + ";";
  return std::string(of_failover) + create(name) +
         "grant replication client, replication_slave_admin, system_variables_admin, "
         "connection_admin,\n  system_user, process, reload on *.*" +
         to + "  -- MySQL\n" + "grant insert on mysql.plugin" + to + "  -- MySQL\n" +
         "grant select on performance_schema.replication_applier_status_by_worker\n " + to +
         "  -- MySQL\n" +
         "grant replica monitor, replication slave admin, replication master admin, read_only "
         "admin,\n"
         "  connection admin, process, reload on *.*" +
         to + "  -- MariaDB\n" + "grant create, select, insert, update on skein.*" + to + "\n";
}

constexpr std::string_view of_tokens =
    R"(-- failover.commit_tokens: each COMMIT of an application writes a row in its transaction, by
-- which what became of it is asked for where its answer is lost, as who looks at the members.
-- Those of more than an hour ago are deleted.
)";

std::string for_tokens(const std::string& mover, const grants_request& who) {
  std::string all(of_tokens);
  for (const std::string_view each : commits_table().makes) all += std::string(each) + ";\n";
  all += "grant delete on skein.commits to " + user(mover) + ";\n";
  all += "grant select on skein.commits to " + user(observer_of(who)) + ";\n";
  std::vector<std::string> names;
  for (const auto& each : who.applications)
    if (std::ranges::find(names, each.user) == names.end()) names.push_back(each.user);
  for (const std::string& each : names)
    all += "grant insert on skein.commits to " + user(each) + ";\n";
  return all;
}

constexpr std::string_view of_rejoin =
    R"(-- rejoin: an old leader is told to follow, as failover tells the others. What only it has is
-- read from its binary log, as followers read it.
)";

std::string for_rejoin(const std::string& name) {
  const std::string to = " to " + user(name) + ";";
  return std::string(of_rejoin) + create(name) +
         "grant replication client, replication slave on *.*" + to + "  -- MySQL\n" +
         "grant binlog monitor, replication slave on *.*" + to + "  -- MariaDB\n";
}

std::string for_auth_query(const grants_request& who) {
  const std::string& name = who.directory.user;
  if (!who.directory_query.empty()) return std::string(of_own_query) + create(name);
  return std::string(of_auth_query) + create(name) +
         "grant select (user, host, plugin, authentication_string, account_locked, "
         "password_expired)\n  on mysql.user to " +
         user(name) + ";  -- MySQL\ngrant select (user, host, priv) on mysql.global_priv to " +
         user(name) + ";  -- MariaDB\n";
}

}  // namespace

// What shows whom a server follows has another name in MariaDB.
std::string grants_for(grants_feature what, const grants_request& who) {
  switch (what) {
    case grants_feature::health: {
      const std::string name = observer_of(who);
      return std::string(of_health) + create(name) + "grant replication client on *.* to " +
             user(name) + ";  -- MySQL\n" + "grant replica monitor on *.* to " + user(name) +
             ";     -- MariaDB\n" + std::string(of_definitions) +
             "grant select, show view, trigger on *.* to " + user(name) + ";\n";
    }
    case grants_feature::auth_query:
      return for_auth_query(who);
    case grants_feature::failover: {
      const std::string name = mover_of(who);
      return for_failover(name) + (who.commit_tokens ? for_tokens(name, who) : std::string());
    }
    case grants_feature::rejoin:
      return for_rejoin(mover_of(who));
    case grants_feature::pooling:
      break;
  }
  return std::string(of_pooling);
}

}  // namespace skein::mysql
