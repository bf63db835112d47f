// All that a settings file can say, as plain structs whose initialisers are the defaults.
// The loader fills them and completes what depends on other keys (a listener's only cluster, a
// member's name, the user for health checks), so that readers find no gaps; they are immutable
// afterwards and comparable, so that a reload can say what changed. keys.hpp documents each key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "conf/routing.hpp"
#include "conf/values.hpp"

namespace skein::conf {

enum class tls_mode : std::uint8_t { disable, allow, require, verify_ca, verify_full };
enum class pool_mode : std::uint8_t { transaction, session, statement };
enum class compression : std::uint8_t { none, zlib, zstd };
enum class login_method : std::uint8_t { scram, trust };
enum class proof_method : std::uint8_t { scram, md5, trust, cert, reject };
enum class rule_tls : std::uint8_t { any, required, none };
enum class failover : std::uint8_t { no, yes, external };
enum class log_format : std::uint8_t { logfmt, json };
enum class log_level : std::uint8_t { debug, info, warn, error };

std::string_view to_string(tls_mode mode);
std::string_view to_string(pool_mode mode);
std::string_view to_string(compression by);
std::string_view to_string(login_method method);
enum class durability_mode : std::uint8_t { async, quorum, all };
std::string_view to_string(durability_mode mode);
enum class shortfall : std::uint8_t { block, degrade };
std::string_view to_string(shortfall then);
std::string_view to_string(failover automatic);
std::string_view to_string(proof_method method);
std::string_view to_string(rule_tls tls);
std::string_view to_string(log_format format);
std::string_view to_string(log_level level);

// Towards applications: Skein is the TLS server here.
struct listener_tls_settings {
  tls_mode mode = tls_mode::disable;
  std::filesystem::path certificate = {};
  std::filesystem::path key = {};
  std::filesystem::path ca = {};

  bool operator==(const listener_tls_settings&) const = default;
};

// Towards the database servers: Skein is the TLS client here.
struct server_tls_settings {
  tls_mode mode = tls_mode::allow;
  std::filesystem::path ca = {};
  std::filesystem::path certificate = {};
  std::filesystem::path key = {};

  bool operator==(const server_tls_settings&) const = default;
};

struct certificate_name {
  std::string name = {};
  std::string user = {};

  bool operator==(const certificate_name&) const = default;
};

// Who may come in: the first that fits decides.
struct listener_rule {
  network address = {};
  std::string user = {};      // empty: any
  std::string database = {};  // empty: any
  rule_tls tls = rule_tls::any;
  proof_method method = proof_method::scram;
  std::vector<certificate_name> names = {};  // cert; empty: a certificate is named like its user

  bool operator==(const listener_rule&) const = default;
};

struct listener_settings {
  std::string name = {};  // completed: the bind as text
  endpoint bind = {.host = "127.0.0.1", .port = 6432};
  std::string cluster = {};  // completed: the only cluster
  bool proxy_protocol = false;
  listener_tls_settings tls = {};
  std::vector<listener_rule> rules = {};  // empty: whoever is a user of the cluster

  bool operator==(const listener_settings&) const = default;
};

// What brings a member back that has led; run by `sh -c` where Skein runs.
struct hook_settings {
  std::string stop = {};  // each empty: there is none
  std::string start = {};
  std::string rejoin = {};  // empty, where there is another: `skein rejoin` of that member
  duration timeout = std::chrono::minutes(5);

  bool operator==(const hook_settings&) const = default;
};

struct member_settings {
  std::string name = {};  // completed: the host, or host:port where members share a host
  endpoint address = {};
  std::string zone = {};
  share weight = {};
  unsigned priority = 1;      // 0: is never to lead
  std::string upstream = {};  // the member that it follows; empty: who leads
  hook_settings hooks = {};
  std::string data_directory = {};  // on its machine, for `skein rejoin` there
  std::string orphans = {};         // there, too: what only it has is kept in this folder

  bool operator==(const member_settings&) const = default;
};

struct pool_settings {
  pool_mode mode = pool_mode::transaction;
  unsigned size = 100;
  duration wait = std::chrono::seconds(5);
  duration connect_timeout = std::chrono::seconds(5);
  unsigned logins = 16;
  unsigned min_idle = 0;
  duration idle = std::chrono::minutes(5);
  duration lifetime = std::chrono::hours(1);  // 0: without end

  bool operator==(const pool_settings&) const = default;
};

// 0: without end.
struct timeout_settings {
  duration statement = {};
  duration idle = {};
  duration idle_in_transaction = {};

  bool operator==(const timeout_settings&) const = default;
};

struct health_settings {
  duration interval = std::chrono::milliseconds(200);
  duration timeout = std::chrono::seconds(2);
  std::string user = {};      // completed: the first of the cluster's users, or who looks them up
  secret password = {};       // completed: that user's password, if it is one of the users
  std::string database = {};  // empty: the engine's own default

  bool operator==(const health_settings&) const = default;
};

// As whom followers sign in to who leads.
struct replication_settings {
  std::string user = {};  // empty: as each did until now
  secret password = {};

  bool operator==(const replication_settings&) const = default;
};

struct durability_settings {
  durability_mode mode = durability_mode::async;
  unsigned acks = 1;
  shortfall on_shortfall = shortfall::block;

  bool operator==(const durability_settings&) const = default;
};

struct failover_settings {
  failover automatic = failover::no;
  duration detect_after = std::chrono::seconds(3);
  duration again_after = std::chrono::minutes(1);
  duration max_loss = std::chrono::seconds(10);
  duration switchover_hold = std::chrono::seconds(10);
  duration hold = std::chrono::seconds(10);
  bool resolve_commits = true;
  bool commit_tokens = false;
  std::string user = {};  // completed: that of `health`
  secret password = {};   // completed: that user's
  replication_settings replication = {};

  bool operator==(const failover_settings&) const = default;
};

struct user_settings {
  std::string name = {};
  secret password = {};
  login_method method = login_method::scram;
  unsigned clients = 0;  // 0: as limits.per_user says

  bool operator==(const user_settings&) const = default;
};

// How users are found who are not in the list.
struct auth_query_settings {
  std::string user = {};      // empty: they are not
  secret password = {};       // completed: that user's, if it is one of the users
  std::string database = {};  // empty: the engine's own default
  std::string query = {};     // empty: the engine's own
  duration keep = std::chrono::minutes(1);

  bool operator==(const auth_query_settings&) const = default;
};

struct cluster_settings {
  std::string name = {};    // its key below `clusters`
  std::string engine = {};  // completed: the first of load_options::engines
  std::vector<member_settings> members = {};
  server_tls_settings tls = {};
  conf::compression compression = conf::compression::none;
  routing_settings routing = {};
  pool_settings pool = {};
  timeout_settings timeouts = {};
  health_settings health = {};
  durability_settings durability = {};
  failover_settings failover = {};
  std::vector<user_settings> users = {};
  auth_query_settings auth_query = {};

  bool operator==(const cluster_settings&) const = default;
};

struct admin_tls_settings {
  std::filesystem::path certificate = {};  // both set: TLS; neither: plain HTTP
  std::filesystem::path key = {};

  bool operator==(const admin_tls_settings&) const = default;
};

struct admin_settings {
  endpoint bind = {.host = "127.0.0.1", .port = 9187};
  secret token = {};  // empty: none is asked for
  admin_tls_settings tls = {};

  bool operator==(const admin_settings&) const = default;
};

struct log_settings {
  log_format format = log_format::logfmt;
  log_level level = log_level::info;

  bool operator==(const log_settings&) const = default;
};

struct limit_settings {
  unsigned clients = 10000;
  unsigned per_user = 0;  // of these three 0 is no bound
  unsigned per_database = 0;
  unsigned per_address = 0;
  duration startup_timeout = std::chrono::seconds(15);
  duration drain = std::chrono::seconds(30);

  bool operator==(const limit_settings&) const = default;
};

// One of the users of a cluster; who has the same name in another is somebody else.
struct console_user_settings {
  std::string name = {};
  std::string cluster = {};  // completed: the only cluster

  bool operator==(const console_user_settings&) const = default;
};

struct console_settings {
  std::vector<console_user_settings> users = {};

  bool operator==(const console_settings&) const = default;
};

// How another process may take this one's place.
struct takeover_settings {
  endpoint socket = {};  // empty: it cannot
  duration linger = std::chrono::seconds(10);

  bool operator==(const takeover_settings&) const = default;
};

struct coordination_tls_settings {
  std::filesystem::path ca = {};
  std::filesystem::path certificate = {};
  std::filesystem::path key = {};

  bool operator==(const coordination_tls_settings&) const = default;
};

// How several Skeins agree who of them decides.
struct coordination_settings {
  std::vector<service_url> etcd = {};  // empty: this one decides alone
  std::string user = {};               // empty: without a login
  secret password = {};
  coordination_tls_settings tls = {};
  duration lease = std::chrono::seconds(5);
  std::string prefix = "/skein";
  std::string name = {};  // empty: the machine's

  bool operator==(const coordination_settings&) const = default;
};

struct settings {
  std::vector<listener_settings> listeners = {};  // completed: one with its defaults
  std::vector<cluster_settings> clusters = {};    // in the order of the file
  admin_settings admin = {};
  log_settings log = {};
  thread_count threads = {};
  limit_settings limits = {};
  console_settings console = {};
  takeover_settings takeover = {};
  coordination_settings coordination = {};

  bool operator==(const settings&) const = default;
};

}  // namespace skein::conf
