#include "backends/postgres/grants.hpp"

#include <set>

#include "backends/postgres/lead_row.hpp"

namespace skein::postgres {

namespace {

constexpr std::string_view own_database = "postgres";

std::string identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char each : name) quoted.append(each == '"' ? 2 : 1, each);
  return quoted + "\"";
}

// In a comment a line break would end the comment.
std::string in_words(std::string_view name) {
  std::string out(name);
  for (char& each : out) {
    if (static_cast<unsigned char>(each) < ' ') each = '?';
  }
  return out;
}

const std::string& or_own(const std::string& database) {
  static const std::string own(own_database);
  return database.empty() ? own : database;
}

// As CREATE ROLE, which has no IF NOT EXISTS. The body's quotes must not stand in the name.
std::string role(const std::string& name) {
  const std::string body = " begin create role " + identifier(name) +
                           " login; exception when duplicate_object then null; end ";
  std::string quotes = "$$";
  while (body.contains(quotes)) quotes.insert(1, "q");
  return "do " + quotes + body + quotes + ";\n";
}

std::string connect(const std::string& database, const std::string& user) {
  return "grant connect on database " + identifier(database) + " to " + identifier(user) + ";\n";
}

// pg_monitor would do as well, and may do much more.
constexpr std::string_view of_health =
    R"(-- health: looks at each member's role and position. What it calls is open to every role, but
-- for the timeline that a follower receives: without pg_read_all_stats nobody can tell whether it
-- follows this leader or another one, so that it serves no reads.
-- It also connects to each database that applications use, to read what that defines (triggers,
-- views, functions): from system catalogs alone, which every role may read. Where it may not
-- connect, server connections are cleaned each time that another client has them, which costs.
)";

constexpr std::string_view of_auth_query =
    R"(-- auth_query: reads what the server stores of a user who logs in, by a function that runs as
-- the superuser who makes it here, tells no more than that, and may be called by this role alone.
-- No superuser, as with most managed services? Nobody reads pg_shadow there: leave auth_query out
-- and list the users in the settings, with their passwords, or with SCRAM secrets that you also
-- give to the server (ALTER ROLE app PASSWORD 'SCRAM-SHA-256$...'): then Skein logs in with what
-- the application itself has proved.
)";

constexpr std::string_view function = R"(create schema if not exists skein;
create or replace function skein.user_secret(asked name) returns table (usename name, passwd text)
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.usename, case when s.valuntil is null or s.valuntil > now() then s.passwd end
    from pg_catalog.pg_shadow s where s.usename = asked
  $$;
revoke all on function skein.user_secret(name) from public;
)";

constexpr std::string_view of_own_query =
    "-- auth_query: runs the query of the settings, and needs what that reads: grant it here.\n";

constexpr std::string_view of_pooling =
    R"(-- pooling: server connections are opened as the application's own user, who needs what it
-- needs without Skein: to log in, and CONNECT, which everybody has where nobody has revoked it.
)";

constexpr std::string_view of_failover =
    R"(-- failover: promotes a member and has the others follow it, by settings that ALTER SYSTEM
-- writes. It reads primary_conninfo, passwords included, ends the clients of a leader that has lost
-- the lead (but those of superusers), and writes a message into the log that followers receive, and
-- into a row of its own who leads since when, by which it goes on after it has been restarted.
-- Parameters can be granted in PostgreSQL 15 and newer; in older ones it must be a superuser.
)";

constexpr std::string_view of_rejoin =
    R"(-- rejoin: pg_rewind reads the leader's files by these functions, those with what passwords
-- are checked by among them. Not needed for `skein rejoin --copy`, which signs in as followers
-- do. From PostgreSQL 15 on, `grant pg_checkpoint` besides saves a wait for the next checkpoint.
)";

// Each database once; where an application's is not known, a line to be filled in.
std::string for_health(const grants_request::login& who,
                       const std::vector<grants_request::login>& applications) {
  std::string text = std::string(of_health) + role(who.user);
  std::set<std::string> named = {or_own(who.database)};
  text += connect(or_own(who.database), who.user);
  for (const auto& each : applications) {
    if (!named.insert(each.database).second) continue;
    text += each.database.empty() ? "-- " + connect("DATABASE", in_words(who.user))
                                  : connect(each.database, who.user);
  }
  return text + "grant pg_read_all_stats to " + identifier(who.user) + ";\n";
}

std::string for_auth_query(const grants_request::login& who, bool own_query) {
  const std::string& database = or_own(who.database);
  const std::string comes = role(who.user) + connect(database, who.user);
  if (own_query) return std::string(of_own_query) + comes;
  const std::string user = identifier(who.user);
  return std::string(of_auth_query) + "\\connect " + identifier(database) + "\n" + comes +
         std::string(function) + "grant usage on schema skein to " + user +
         ";\ngrant execute on function skein.user_secret(name) to " + user + ";\n";
}

std::string for_pooling(const std::vector<grants_request::login>& all) {
  std::string text(of_pooling);
  for (const auto& each : all) {
    text += role(each.user);
    text += each.database.empty() ? "-- " + connect("DATABASE", in_words(each.user))
                                  : connect(each.database, each.user);
  }
  return text;
}

std::string for_failover(const grants_request::login& who) {
  const std::string user = identifier(who.user);
  std::string table;
  for (const std::string_view each : lead_table()) table += std::string(each) + ";\n";
  return std::string(of_failover) + "\\connect " + identifier(or_own(who.database)) + "\n" +
         role(who.user) + connect(or_own(who.database), who.user) +
         "grant pg_read_all_settings, pg_read_all_stats, pg_signal_backend to " + user +
         ";\ngrant execute on function pg_promote(boolean, integer), pg_reload_conf() to " + user +
         ";\ngrant alter system on parameter primary_conninfo, wal_receiver_timeout,"
         " synchronous_standby_names,\n  synchronous_commit, default_transaction_read_only to " +
         user + ";\n" + table + "grant usage on schema skein to " + user +
         ";\ngrant select, insert, update on skein.lead to " + user + ";\n";
}

std::string for_rejoin(const grants_request::login& who) {
  const std::string user = identifier(who.user);
  return std::string(of_rejoin) + "\\connect " + identifier(or_own(who.database)) + "\n" +
         role(who.user) + connect(or_own(who.database), who.user) +
         "grant execute on function pg_ls_dir(text, boolean, boolean),\n"
         "  pg_stat_file(text, boolean),\n"
         "  pg_read_binary_file(text), pg_read_binary_file(text, bigint, bigint, boolean)\n  to " +
         user + ";\n";
}

}  // namespace

std::string grants_for(grants_feature what, const grants_request& who) {
  switch (what) {
    case grants_feature::health:
      return for_health(who.observer, who.applications);
    case grants_feature::auth_query:
      return for_auth_query(who.directory, !who.directory_query.empty());
    case grants_feature::failover:
      return for_failover(who.failover.user.empty() ? who.observer : who.failover);
    case grants_feature::rejoin:
      return for_rejoin(who.failover.user.empty() ? who.observer : who.failover);
    case grants_feature::pooling:
      break;
  }
  return for_pooling(who.applications);
}

}  // namespace skein::postgres
