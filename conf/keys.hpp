// Every key of the settings file, once: its name, what it means, what it may hold.
// A key stands here only when Skein honours it.
#pragma once

#include "conf/coordination_keys.hpp"
#include "conf/failover_keys.hpp"
#include "conf/fields.hpp"
#include "conf/routing_keys.hpp"
#include "conf/settings.hpp"

namespace skein::conf {

template <>
struct words<tls_mode> {
  static constexpr std::array<std::string_view, 5> all{"disable", "allow", "require", "verify_ca",
                                                       "verify_full"};
};
template <>
struct words<pool_mode> {
  static constexpr std::array<std::string_view, 3> all{"transaction", "session", "statement"};
};
template <>
struct words<compression> {
  static constexpr std::array<std::string_view, 3> all{"none", "zlib", "zstd"};
};
template <>
struct words<login_method> {
  static constexpr std::array<std::string_view, 2> all{"scram", "trust"};
};
template <>
struct words<proof_method> {
  static constexpr std::array<std::string_view, 5> all{"scram", "md5", "trust", "cert", "reject"};
};
template <>
struct words<rule_tls> {
  static constexpr std::array<std::string_view, 3> all{"any", "required", "none"};
};
template <>
struct words<log_format> {
  static constexpr std::array<std::string_view, 2> all{"logfmt", "json"};
};
template <>
struct words<log_level> {
  static constexpr std::array<std::string_view, 4> all{"debug", "info", "warn", "error"};
};

template <>
struct table<listener_tls_settings> {
  using self = listener_tls_settings;
  static constexpr std::tuple keys{
      key("mode", &self::mode,
          "disable: no TLS. allow: TLS for clients that ask, once a certificate is set. require: "
          "only TLS. verify_ca: clients must show a certificate that `ca` signed. verify_full: "
          "and its common name must be the user's name."),
      key("certificate", &self::certificate, "PEM file with Skein's certificate and its chain."),
      key("key", &self::key, "PEM file with the certificate's private key."),
      key("ca", &self::ca, "PEM file with the authorities that may sign clients' certificates."),
  };
};

template <>
struct table<server_tls_settings> {
  using self = server_tls_settings;
  static constexpr std::tuple keys{
      key("mode", &self::mode,
          "disable: no TLS. allow: TLS when the server offers it. require: only TLS, whoever the "
          "server is. verify_ca: its certificate must be signed by `ca`. verify_full: and name "
          "the host of the member's address."),
      key("ca", &self::ca, "PEM file with the authorities that may sign servers' certificates."),
      key("certificate", &self::certificate, "PEM file with the certificate shown to servers."),
      key("key", &self::key, "PEM file with that certificate's private key."),
  };
};

template <>
struct table<certificate_name> {
  using self = certificate_name;
  static constexpr std::tuple keys{
      key("name", &self::name, "The common name in a certificate.").required(),
      key("user", &self::user, "Who may log in with it.").required(),
  };
};

template <>
struct table<listener_rule> {
  using self = listener_rule;
  static constexpr std::tuple keys{
      key("address", &self::address,
          "Where the client is: 10.0.0.0/8, 2001:db8::/32, 192.0.2.1 or unix; by default "
          "anywhere."),
      key("user", &self::user, "Which user; by default any."),
      key("database", &self::database, "Which database; by default any."),
      key("tls", &self::tls, "Whether the rule is for clients with TLS, without, or any."),
      key("method", &self::method,
          "scram, md5: applications prove that they know the password. cert: they show a "
          "certificate that the listener's `ca` signed. trust: they are believed. reject: they "
          "are sent away.")
          .required(),
      key("names", &self::names,
          "cert: which common names stand for which users; by default the name is the user's."),
  };
};

template <>
struct table<listener_settings> {
  using self = listener_settings;
  static constexpr auto called_by = &self::name;
  static constexpr std::tuple keys{
      key("name", &self::name, "Its name in logs and metrics; by default what `bind` says.").name(),
      key("bind", &self::bind, "Where applications connect: host:port, or unix:/path.")
          .only_at_start(),
      key("cluster", &self::cluster,
          "The cluster that it serves; may be left out when there is only one."),
      key("proxy_protocol", &self::proxy_protocol,
          "true: each connection begins with the header of the PROXY protocol (version 1 or 2), as "
          "a load balancer sends it, and its client's address is the one named there; others are "
          "refused. Only the load balancer should reach such a listener."),
      key("tls", &self::tls, "TLS between applications and Skein."),
      key("rules", &self::rules,
          "Who may log in, from where and how: the first rule that fits decides, and whom none "
          "fits is sent away. By default the cluster's users may, as their own `method` says."),
  };
};

template <>
struct table<member_settings> {
  using self = member_settings;
  static constexpr auto called_by = &self::name;
  static constexpr auto short_form = &self::address;
  static constexpr std::tuple keys{
      key("name", &self::name, "Its name in logs and metrics; by default the host.").name(),
      key("address", &self::address, "Where it listens: host:port, or unix:/path.").required(),
      key("zone", &self::zone, "Where it stands, for `nearest` and for rules.").name(),
      key("weight", &self::weight, "Its share of the reads, beside the other members'."),
      key("priority", &self::priority,
          "Of followers that have as much, the one with the higher priority is promoted; 0: this "
          "one never is.")
          .between(0, 1000),
      key("upstream", &self::upstream,
          "The member that it follows, as long as that one is a follower; by default who leads.")
          .name(),
      key("hooks", &self::hooks,
          "What brings it back by itself after it has led, where its server cannot follow without "
          "being rewound and restarted; with failover.automatic yes."),
      key("data_directory", &self::data_directory,
          "Where its server has its data, for `skein rejoin` on its machine."),
      key("orphans", &self::orphans,
          "Where `skein rejoin` keeps what only this member has; by default beside its data."),
  };
};

template <>
struct table<pool_settings> {
  using self = pool_settings;
  static constexpr std::tuple keys{
      key("mode", &self::mode,
          "When a server connection goes back for others to use. transaction: after each "
          "transaction. session: when the client leaves. statement: after each statement; "
          "transactions of several statements are refused."),
      key("size", &self::size, "Server connections at most, to each member.").between(1, 100000),
      key("wait", &self::wait, "How long a client waits for a server connection.")
          .between(1, an_hour),
      key("connect_timeout", &self::connect_timeout,
          "How long connecting and logging in to a server may take.")
          .between(1, 10 * a_minute),
      key("logins", &self::logins,
          "Server connections at most that are being opened at one time to each member; others "
          "wait in the line.")
          .between(1, 100000),
      key("min_idle", &self::min_idle,
          "Unused server connections that each thread keeps open to each member, as far as `size` "
          "has room, for each user and database that it has served there within the last hour.")
          .between(0, 100000),
      key("idle", &self::idle, "A server connection that is not used for so long is closed.")
          .between(1, 30 * a_day),
      key("lifetime", &self::lifetime,
          "A server connection that is older than 80 to 100 % of this, by lot, is closed once its "
          "client is done with it; 0: none is.")
          .between(0, 30 * a_day),
  };
};

template <>
struct table<timeout_settings> {
  using self = timeout_settings;
  static constexpr std::tuple keys{
      key("statement", &self::statement,
          "A statement that its server has run for so long is cancelled there; 0: none is.")
          .between(0, 30 * a_day),
      key("idle", &self::idle,
          "A session that has been without a statement and a transaction for so long is ended; 0: "
          "none is.")
          .between(0, 30 * a_day),
      key("idle_in_transaction", &self::idle_in_transaction,
          "A transaction whose client has been silent for so long is rolled back and its session "
          "ended; 0: none is.")
          .between(0, 30 * a_day),
  };
};

template <>
struct table<health_settings> {
  using self = health_settings;
  static constexpr std::tuple keys{
      key("interval", &self::interval, "How often each member is asked for its role and position.")
          .between(10, 10 * a_minute),
      key("timeout", &self::timeout, "How long a member may be silent before it counts as down.")
          .between(10, 10 * a_minute),
      key("user", &self::user,
          "Who asks; by default the first of the cluster's users, else that of `auth_query`. "
          "Connects to the databases that clients use, too, to read what they define."),
      key("password", &self::password,
          "That user's password; by default the one that stands in `users`."),
      key("database", &self::database, "The database to ask in; by default the engine's own."),
  };
};

template <>
struct table<user_settings> {
  using self = user_settings;
  static constexpr auto called_by = &self::name;
  static constexpr std::tuple keys{
      key("name", &self::name, "The user, in Skein and on the servers.").required(),
      key("password", &self::password,
          "The password, in Skein and on the servers; or what the servers store in its stead, "
          "`SCRAM-SHA-256$...`, the same on each."),
      key("method", &self::method,
          "scram: applications prove that they know the password. trust: they are believed."),
      key("clients", &self::clients,
          "Client connections at most of this user; 0: as limits.per_user says.")
          .between(0, 1'000'000),
  };
};

template <>
struct table<auth_query_settings> {
  using self = auth_query_settings;
  static constexpr std::tuple keys{
      key("user", &self::user, "Who asks the leader for what it stores of users.").required(),
      key("password", &self::password,
          "That user's password; by default the one that stands in `users`."),
      key("database", &self::database, "The database to ask in; by default the engine's own."),
      key("query", &self::query,
          "Gives the row (user, what is stored for it) of the user $1; by default by a function "
          "that the README shows."),
      key("keep", &self::keep, "How long an answer is used before the leader is asked again.")
          .between(100, a_day),
  };
};

template <>
struct table<cluster_settings> {
  using self = cluster_settings;
  static constexpr auto keyed_by = &self::name;
  static constexpr std::tuple keys{
      key("engine", &self::engine, "What the members run.").engine().only_at_start(),
      key("members", &self::members, "The database servers; all hold the same data.").required(),
      key("tls", &self::tls, "TLS between Skein and the servers."),
      key("compression", &self::compression,
          "By what connections between Skein and the servers are compressed, where the engine can: "
          "zlib, zstd. A member that does not offer it is used uncompressed, and the log says so. "
          "Clients choose for themselves."),
      key("routing", &self::routing, "Which member serves which statement."),
      key("pool", &self::pool, "Connections from Skein to the servers."),
      key("timeouts", &self::timeouts, "For how long a client may do what."),
      key("health", &self::health, "How Skein watches the members."),
      key("durability", &self::durability, "When a commit is acknowledged."),
      key("failover", &self::failover, "What happens when the leader dies."),
      key("users", &self::users, "Who may log in."),
      key("auth_query", &self::auth_query,
          "Looks users up on the leader who are not in `users`, or instead of it."),
  };
};

template <>
struct table<admin_tls_settings> {
  using self = admin_tls_settings;
  static constexpr std::tuple keys{
      key("certificate", &self::certificate, "PEM file with the certificate; with `key`: HTTPS."),
      key("key", &self::key, "PEM file with the certificate's private key."),
  };
};

template <>
struct table<admin_settings> {
  using self = admin_settings;
  static constexpr std::tuple keys{
      key("bind", &self::bind, "Where metrics and health are served: host:port.")
          .tcp()
          .only_at_start(),
      key("token", &self::token, "What callers must send as `Authorization: Bearer ...`."),
      key("tls", &self::tls, "TLS for this port."),
  };
};

template <>
struct table<log_settings> {
  using self = log_settings;
  static constexpr std::tuple keys{
      key("format", &self::format, "How a log line is written."),
      key("level", &self::level, "The least important lines that are written."),
  };
};

template <>
struct table<limit_settings> {
  using self = limit_settings;
  static constexpr std::tuple keys{
      key("clients", &self::clients,
          "Client connections at most, over all listeners; who talks to the console is let in all "
          "the same.")
          .between(1, 1'000'000),
      key("per_user", &self::per_user,
          "Client connections at most of one user of a cluster; 0: no bound but `clients`.")
          .between(0, 1'000'000),
      key("per_database", &self::per_database,
          "Client connections at most to one database of a cluster; 0: no bound but `clients`.")
          .between(0, 1'000'000),
      key("per_address", &self::per_address,
          "Client connections at most from one address, over all listeners; 0: no bound but "
          "`clients`. Unix sockets are not counted.")
          .between(0, 1'000'000),
      key("startup_timeout", &self::startup_timeout, "A client must have logged in by then.")
          .between(100, an_hour),
      key("drain", &self::drain, "How long a shutdown waits for sessions to end by themselves.")
          .between(0, a_day),
  };
};

template <>
struct table<console_user_settings> {
  using self = console_user_settings;
  static constexpr auto called_by = &self::name;
  static constexpr auto short_form = &self::name;
  static constexpr std::tuple keys{
      key("name", &self::name, "One of the users of a cluster.").required(),
      key("cluster", &self::cluster,
          "That cluster: its listeners are where this user may come; may be left out when there is "
          "only one."),
  };
};

template <>
struct table<console_settings> {
  using self = console_settings;
  static constexpr std::tuple keys{
      key("users", &self::users,
          "Who may talk to the console, by connecting to database `skein`. Whoever connects over a "
          "unix socket with Skein's own user id may as well, as far as the listener's rules let "
          "him."),
  };
};

template <>
struct table<takeover_settings> {
  using self = takeover_settings;
  static constexpr std::tuple keys{
      key("socket", &self::socket,
          "Where a newer Skein of the same user asks for the listening sockets: unix:/path.")
          .required()
          .local()
          .only_at_start(),
      key("linger", &self::linger,
          "For how long clients of the older one may stay as they are; then it is drained, see "
          "limits.drain.")
          .between(0, a_day)
          .only_at_start(),
  };
};

template <>
struct table<settings> {
  using self = settings;
  static constexpr std::tuple keys{
      key("listeners", &self::listeners, "Where applications connect; by default one listener.")
          .only_at_start(),
      key("clusters", &self::clusters, "The databases behind Skein, by name.")
          .required()
          .only_at_start(),
      key("admin", &self::admin, "The HTTP port for metrics and health."),
      key("log", &self::log, "What Skein writes to standard error."),
      key("threads", &self::threads, "Proxy threads: auto is one a core.").only_at_start(),
      key("limits", &self::limits, "Bounds for the whole process."),
      key("console", &self::console, "Skein's own console, spoken to with any client."),
      key("takeover", &self::takeover,
          "How `skein run --take-over` takes the place of a Skein that runs; by default it "
          "cannot."),
      key("coordination", &self::coordination,
          "How several Skeins agree who of them moves the lead; by default this is the only one."),
  };
};

}  // namespace skein::conf
