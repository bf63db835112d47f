#include "conf/describe.hpp"

#include <algorithm>

#include "conf/describe_routing.hpp"

namespace skein::conf {
namespace {

std::string counted(std::size_t n, const std::string& one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

std::string sentence(const listener_tls_settings& tls) {
  switch (tls.mode) {
    case tls_mode::disable:
      return "without TLS";
    case tls_mode::allow:
      return tls.certificate.empty() ? "without TLS (there is no certificate to offer)"
                                     : "with TLS for clients that ask for it";
    case tls_mode::require:
      return "with TLS only";
    case tls_mode::verify_ca:
      return "with TLS only, from clients whose certificate " + tls.ca.string() + " signed";
    case tls_mode::verify_full:
      return "with TLS only, from clients whose certificate " + tls.ca.string() +
             " signed and whose common name is the user's";
  }
  return {};
}

std::string sentence(const server_tls_settings& tls) {
  switch (tls.mode) {
    case tls_mode::disable:
      return "Skein speaks to them without TLS.";
    case tls_mode::allow:
      return "Skein speaks TLS to those that offer it, without looking at their certificates.";
    case tls_mode::require:
      return "Skein speaks only TLS to them, without looking at their certificates.";
    case tls_mode::verify_ca:
      return "Skein speaks only TLS to them and wants a certificate that " + tls.ca.string() +
             " signed.";
    case tls_mode::verify_full:
      return "Skein speaks only TLS to them and wants a certificate that " + tls.ca.string() +
             " signed and that names their host.";
  }
  return {};
}

std::string sentence(compression by) {
  if (by == compression::none) return {};
  return "  Connections to those that offer it are compressed by " + std::string(to_string(by)) +
         ".\n";
}

std::string line(const listener_rule& each) {
  std::string text = "  - ";
  switch (each.address.of) {
    case network::kind::any:
      text += "from anywhere";
      break;
    case network::kind::local:
      text += "by unix socket";
      break;
    case network::kind::ip4:
    case network::kind::ip6:
      text += "from " + each.address.address + "/" + std::to_string(each.address.bits);
  }
  if (each.tls != rule_tls::any) {
    text += each.tls == rule_tls::required ? ", with TLS" : ", without TLS";
  }
  text += each.user.empty() ? ", any user" : ", user '" + each.user + "'";
  if (!each.database.empty()) text += ", database '" + each.database + "'";
  return text + ": " + std::string(to_string(each.method)) + "\n";
}

std::string rules(const listener_settings& door) {
  if (door.rules.empty()) return {};
  std::string text = "  The first of these that fits decides how a client proves who it is:\n";
  for (const listener_rule& each : door.rules) text += line(each);
  return text + "  - all others are sent away\n";
}

std::string line(const listener_settings& each) {
  const std::string where = to_string(each.bind);
  const std::string name = each.name == where ? "" : " (listener '" + each.name + "')";
  return "Applications connect to " + where + name + ", " + sentence(each.tls) +
         (each.proxy_protocol ? ", by a load balancer that names them (PROXY protocol)" : "") +
         ", and reach cluster '" + each.cluster + "'.\n" + rules(each);
}

std::string line(const member_settings& each) {
  const share usual = member_settings{}.weight;
  return "  - " + each.name + " at " + to_string(each.address) +
         (each.zone.empty() ? "" : ", zone '" + each.zone + "'") +
         (each.weight == usual ? "" : ", weight " + to_string(each.weight)) +
         (each.upstream.empty() ? "" : ", below " + each.upstream) +
         (each.priority > 0 ? "" : ", never to lead") +
         (each.hooks.stop.empty() ? "" : ", brought back by its hooks") + "\n";
}

std::string looked_up(const cluster_settings& cluster) {
  const auth_query_settings& how = cluster.auth_query;
  if (how.user.empty()) return {};
  return std::string(cluster.users.empty() ? "  Users" : "  Others") +
         " are looked up on the leader by '" + how.user + "' in " +
         (how.database.empty() ? "the engine's own database" : "database '" + how.database + "'") +
         "; an answer is used for " + to_string(how.keep) + ".\n";
}

std::string users(const cluster_settings& cluster) {
  if (cluster.users.empty()) return {};
  std::string text = "  " + counted(cluster.users.size(), "user") + " may log in: ";
  for (std::size_t i = 0; i < cluster.users.size(); ++i) {
    const user_settings& each = cluster.users[i];
    text += (i == 0 ? "" : ", ") + each.name;
    text += each.method == login_method::trust ? " (believed without a password)" : "";
    if (each.clients > 0) text += " (" + counted(each.clients, "client") + " at most)";
  }
  return text + ".\n";
}

std::string what_lasts(const cluster_settings& cluster) {
  const durability_settings& how = cluster.durability;
  if (how.mode == durability_mode::async) return {};
  const std::string whom = how.mode == durability_mode::all
                               ? "every follower has"
                               : counted(how.acks, "follower") + (how.acks == 1 ? " has" : " have");
  return "  A commit is acknowledged when " + whom + " it; with fewer there, " +
         (how.on_shortfall == shortfall::block ? "writes wait" : "writes go on without") + ".\n";
}

std::string who_leads(const cluster_settings& cluster, const coordination_settings& together) {
  const failover_settings& how = cluster.failover;
  if (how.automatic == failover::external)
    return "  Another than Skein decides who leads; Skein follows.\n";
  if (how.automatic == failover::no) return {};
  return "  When the leader refuses connections, or has been silent for " +
         to_string(how.detect_after) + ", Skein promotes the follower\n  that has most, as '" +
         how.user + "'" +
         (together.etcd.empty() ? ": no other Skein may do so here.\n"
                                : ", if it is the one of all Skeins that decides.\n");
}

std::string health(const cluster_settings& cluster) {
  const health_settings& how = cluster.health;
  const bool first = !cluster.users.empty() && cluster.users.front().name == how.user;
  return "  Each member is asked for its role and position every " + to_string(how.interval) +
         " and counts as down after " + to_string(how.timeout) + " of silence.\n  '" + how.user +
         "'" + (first ? " (the first of the users)" : "") + " asks, in " +
         (how.database.empty() ? "the engine's own database" : "database '" + how.database + "'") +
         ".\n";
}

std::string sentence(pool_mode mode) {
  switch (mode) {
    case pool_mode::transaction:
      return "A client has one for the time of each transaction.";
    case pool_mode::session:
      return "A client keeps one until it leaves.";
    case pool_mode::statement:
      return "A client has one for the time of each statement; longer transactions are refused.";
  }
  return {};
}

std::string upkeep(const pool_settings& pool) {
  std::string text = "One that is unused for " + to_string(pool.idle);
  if (pool.lifetime.count() > 0) text += ", or older than " + to_string(pool.lifetime) + ",";
  text += " is closed; at most " + std::to_string(pool.logins) + " are opened at one time.";
  if (pool.min_idle == 0) return text;
  return text + "\n  Each thread keeps " + std::to_string(pool.min_idle) +
         " warm for each user and database that it has served within the last hour.";
}

std::string timeouts(const timeout_settings& times) {
  std::string text;
  const auto add = [&](duration limit, const std::string& what, const std::string& then) {
    if (limit.count() > 0) text += "  " + what + to_string(limit) + " " + then + ".\n";
  };
  add(times.statement, "A statement that runs for ", "is cancelled");
  add(times.idle, "A session that is idle for ", "is ended");
  add(times.idle_in_transaction, "A transaction that is idle for ",
      "is rolled back and its session ended");
  return text;
}

std::string paragraph(const cluster_settings& cluster, const coordination_settings& together) {
  std::string text = "Cluster '" + cluster.name + "' (" + cluster.engine + ") has " +
                     counted(cluster.members.size(), "member") + ":\n";
  for (const member_settings& each : cluster.members) text += line(each);
  text += "  " + sentence(cluster.tls) + "\n" + sentence(cluster.compression) +
          describe_routing(cluster);
  text += "  At most " + counted(cluster.pool.size, "server connection") +
          (cluster.members.size() > 1 ? " to each member" : "") + ", each made within " +
          to_string(cluster.pool.connect_timeout) + "; a client waits up to " +
          to_string(cluster.pool.wait) + " for one.\n  " + sentence(cluster.pool.mode) + "\n  " +
          upkeep(cluster.pool) + "\n";
  return text + timeouts(cluster.timeouts) + what_lasts(cluster) + who_leads(cluster, together) +
         health(cluster) + users(cluster) + looked_up(cluster);
}

std::string line(const admin_settings& admin) {
  const bool tls = !admin.tls.certificate.empty();
  return "Metrics and health are served at " + std::string(tls ? "https://" : "http://") +
         to_string(admin.bind) + "/ to " +
         (admin.token.empty() ? "whoever can reach it" : "callers that send the token") + ".\n";
}

// A load balancer's user id is nobody's.
bool lets_own_user_in(const listener_settings& door) {
  return door.bind.is_unix() && !door.proxy_protocol;
}

std::string console(const settings& what) {
  std::vector<std::string> who;
  who.reserve(what.console.users.size() + 1);
  for (const console_user_settings& each : what.console.users) {
    who.push_back("'" + each.name + "' of '" + each.cluster + "'");
  }
  if (std::ranges::any_of(what.listeners, lets_own_user_in)) {
    who.emplace_back("Skein's own user by unix socket");
  }
  if (who.empty()) return {};
  std::string text = "Skein's console, database 'skein', is open to";
  for (const std::string& each : who) text += (&each == &who.front() ? " " : ", ") + each;
  return text + ".\n";
}

std::string line(const takeover_settings& takeover) {
  if (!takeover.socket.is_unix()) return {};
  return "Another Skein may take over by " + to_string(takeover.socket) +
         "; clients then stay here for up to " + to_string(takeover.linger) + ".\n";
}

std::string line(const coordination_settings& together) {
  if (together.etcd.empty()) return {};
  std::string text =
      "Several Skeins agree who of them decides, below " + together.prefix + "/ in etcd:";
  for (const service_url& each : together.etcd)
    text += (&each == &together.etcd.front() ? " " : ", ") + to_string(each);
  text += together.user.empty() ? ".\n" : ", as '" + together.user + "'.\n";
  return text + "One that cannot reach it takes no writes after " + to_string(together.lease) +
         ".\n";
}

// Behind "takes so many clients at most".
std::string parts(const limit_settings& limits) {
  std::string text;
  const auto add = [&](unsigned most, const std::string& of) {
    if (most > 0) text += ", " + std::to_string(most) + " " + of;
  };
  add(limits.per_user, "of one user");
  add(limits.per_database, "to one database");
  add(limits.per_address, "from one address");
  return text;
}

std::string line(const settings& what) {
  const std::string threads =
      what.threads.count == 0 ? "one thread a core" : counted(what.threads.count, "thread");
  return "Skein runs " + threads + " and takes " + counted(what.limits.clients, "client") +
         " at most" + parts(what.limits) + "; each must log in within " +
         to_string(what.limits.startup_timeout) + ".\nA shutdown waits up to " +
         to_string(what.limits.drain) + " for sessions to end.\n" + "Log lines of level '" +
         std::string(to_string(what.log.level)) + "' and above go to standard error as " +
         std::string(to_string(what.log.format)) + ".\n";
}

}  // namespace

std::string describe(const settings& what) {
  std::string text;
  for (const listener_settings& each : what.listeners) text += line(each);
  for (const cluster_settings& each : what.clusters) {
    text += '\n';
    text += paragraph(each, what.coordination);
  }
  return text + "\n" + line(what.admin) + console(what) + line(what.takeover) +
         line(what.coordination) + line(what);
}

}  // namespace skein::conf
