#include "cli/compose.hpp"

#include "backends/registry/registry.hpp"
#include "cli/routes.hpp"
#include "cli/version.hpp"
#include "conf/listing.hpp"

namespace skein::cli {

namespace {

using std::expected;
using std::unexpected;

tls_mode mode_of(conf::tls_mode mode) {
  switch (mode) {
    case conf::tls_mode::disable:
      return tls_mode::disable;
    case conf::tls_mode::allow:
      return tls_mode::allow;
    case conf::tls_mode::require:
      return tls_mode::require;
    case conf::tls_mode::verify_ca:
      return tls_mode::verify_ca;
    case conf::tls_mode::verify_full:
      break;
  }
  return tls_mode::verify_full;
}

pool_mode mode_of(conf::pool_mode mode) {
  switch (mode) {
    case conf::pool_mode::transaction:
      return pool_mode::transaction;
    case conf::pool_mode::session:
      return pool_mode::session;
    case conf::pool_mode::statement:
      break;
  }
  return pool_mode::statement;
}

compression compression_of(conf::compression by) {
  if (by == conf::compression::none) return compression::none;
  return by == conf::compression::zlib ? compression::zlib : compression::zstd;
}

bool verifies(conf::tls_mode mode) {
  return mode == conf::tls_mode::verify_ca || mode == conf::tls_mode::verify_full;
}

member_address address_of(const conf::endpoint& where, const backend& database) {
  const std::uint16_t port = where.port ? where.port : database.default_port();
  return {where.is_unix() ? where.path : where.host, port};
}

// For what connects by the engine's own library.
tls_settings tls_of(const conf::server_tls_settings& from) {
  return {mode_of(from.mode), from.ca, from.certificate, from.key};
}

expected<proxy::cluster_settings, std::string> compose_cluster(const conf::cluster_settings& from,
                                                               const backend& database) {
  proxy::cluster_settings out;
  out.name = from.name;
  out.database = &database;
  out.server_tls = mode_of(from.tls.mode);
  if (from.tls.mode != conf::tls_mode::disable) {
    net::tls_files files{from.tls.ca, from.tls.certificate, from.tls.key};
    if (!verifies(from.tls.mode)) files.ca.clear();
    files.verify_host = from.tls.mode == conf::tls_mode::verify_full;
    auto context = net::tls_context::load(net::tls_role::client, files);
    if (!context) return unexpected("clusters." + from.name + ".tls: " + context.error());
    out.server_tls_context = std::move(*context);
    out.server_tls_files = std::move(files);
  }
  if (from.compression != conf::compression::none && !database.compresses()) {
    return unexpected("clusters." + from.name + ".compression: engine " +
                      std::string(database.name()) + " has no compressed connections");
  }
  out.server_compression = compression_of(from.compression);
  for (const auto& user : from.users) {
    auto known = database.credentials_of(user.name, user.password.reveal());
    if (!known) {
      return unexpected("clusters." + from.name + ".users: the password of \"" + user.name + "\" " +
                        known.error());
    }
    known->trusted = user.method == conf::login_method::trust;
    out.derives_keys = out.derives_keys && known->verifier.empty();
    out.users[user.name] = std::move(*known);
    if (user.clients > 0) out.clients_of[user.name] = user.clients;
  }
  if (!from.auth_query.user.empty()) {
    const auto& how = from.auth_query;
    out.derives_keys = false;
    out.auth_query = {.directory = {.tls = tls_of(from.tls),
                                    .who = {how.user, how.password.reveal()},
                                    .database = how.database,
                                    .query = how.query,
                                    .timeout = from.pool.connect_timeout},
                      .keep = how.keep};
  }
  // A reading holds nobody up: it may take longer than a look at a member.
  out.catalog = {.tls = tls_of(from.tls), .who = {from.health.user, from.health.password.reveal()}};
  out.pool.mode = mode_of(from.pool.mode);
  out.pool.size = from.pool.size;
  out.pool.wait = from.pool.wait;
  out.pool.connect_timeout = from.pool.connect_timeout;
  out.pool.logins = from.pool.logins;
  out.pool.min_idle = from.pool.min_idle;
  out.pool.idle = from.pool.idle;
  out.pool.idle_check =
      std::clamp(from.pool.idle / 4, std::chrono::milliseconds(10), out.pool.idle_check);
  out.pool.lifetime = from.pool.lifetime;
  out.hold = from.failover.hold;
  out.keeps_promise = from.durability.mode != conf::durability_mode::async;
  // Where nobody is promoted a lost answer is rare, and each commit would pay for it.
  if (from.failover.resolve_commits && from.failover.automatic == conf::failover::yes)
    out.commits = {.tls = tls_of(from.tls),
                   .who = {from.health.user, from.health.password.reveal()},
                   .database = from.health.database,
                   .timeout = from.health.timeout};
  out.marks_commits = out.commits && from.failover.commit_tokens;
  out.times = {from.timeouts.statement, from.timeouts.idle, from.timeouts.idle_in_transaction};
  if (auto done = compose_routes(from, out); !done) return unexpected(done.error());
  return out;
}

cluster::watch_settings compose_watch(const conf::cluster_settings& from, const backend& database) {
  cluster::watch_settings out;
  out.cluster = from.name;
  for (const auto& member : from.members) {
    out.members.push_back(
        {member.name, address_of(member.address, database), member.zone, member.weight.of_load});
  }
  out.tls = tls_of(from.tls);
  out.who = {from.health.user, from.health.password.reveal()};
  out.database = from.health.database;
  out.interval = from.health.interval;
  out.timeout = from.health.timeout;
  out.max_lag = from.routing.max_lag;
  out.careful = from.failover.automatic == conf::failover::yes;
  out.vouched = out.careful || from.durability.mode != conf::durability_mode::async;
  return out;
}

cluster::keeper_settings compose_keeper(const conf::cluster_settings& from,
                                        const cluster::watch_settings& looks) {
  const conf::failover_settings& how = from.failover;
  cluster::keeper_settings out;
  out.cluster = from.name;
  out.members = looks.members;
  const bool read_while_it_runs = find_backend(from.engine)->write_orphans({}) != nullptr;
  for (const auto& each : from.members) {
    cluster::member_part part{.priority = static_cast<int>(each.priority),
                              .hooks = {.stop = each.hooks.stop,
                                        .start = each.hooks.start,
                                        .rejoin = each.hooks.rejoin,
                                        .keep = read_while_it_runs ? cluster::own_keep : "",
                                        .timeout = each.hooks.timeout}};
    for (std::size_t i = 0; i < from.members.size(); ++i)
      if (!each.upstream.empty() && from.members[i].name == each.upstream) part.upstream = i;
    out.parts.push_back(part);
  }
  out.policy.automatic = static_cast<cluster::failover_policy::way>(how.automatic);
  out.policy.detect_after = how.detect_after;
  // Two looks that are refused are no accident.
  out.policy.refused_for = std::max<std::chrono::milliseconds>(
      out.policy.refused_for, 3 * std::chrono::milliseconds(from.health.interval) / 2);
  out.policy.again_after = how.again_after;
  out.policy.max_loss = how.max_loss;
  out.patience = how.switchover_hold;
  const auto others = static_cast<unsigned>(from.members.size()) - 1;
  if (from.durability.mode == conf::durability_mode::quorum)
    out.policy.assured = from.durability.acks;
  if (from.durability.mode == conf::durability_mode::all) out.policy.assured = others;
  out.policy.degrade = from.durability.on_shortfall == conf::shortfall::degrade;
  out.tls = looks.tls;
  out.who = {how.user, how.password.reveal()};
  out.entrusted = how.user != from.health.user;
  out.replicator = {how.replication.user, how.replication.password.reveal()};
  out.database = looks.database;
  out.timeout = looks.timeout;
  return out;
}

std::optional<coordination::council_settings> compose_council(
    const conf::coordination_settings& from, const cluster::watch_settings& looks) {
  if (from.etcd.empty()) return std::nullopt;
  coordination::council_settings out;
  out.cluster = looks.cluster;
  out.skein = from.name;
  out.prefix = from.prefix;
  out.lease = from.lease;
  out.etcd = {.user = from.user,
              .password = from.password.reveal(),
              .ca_file = from.tls.ca,
              .certificate_file = from.tls.certificate,
              .key_file = from.tls.key};
  for (const auto& each : from.etcd) out.etcd.places.push_back({each.host, each.port, each.tls});
  for (const auto& each : looks.members) out.members.push_back(each.name);
  return out;
}

login_rule rule_of(const conf::listener_rule& from) {
  login_rule out;
  out.from = network_of(from.address);
  out.user = from.user;
  out.database = from.database;
  out.tls = static_cast<rule_tls>(from.tls);
  out.method = static_cast<proof_method>(from.method);
  for (const auto& each : from.names) out.users_by_name.emplace(each.name, each.user);
  return out;
}

expected<proxy::listener_settings, std::string> compose_listener(
    const conf::listener_settings& from, const conf::settings& all) {
  proxy::listener_settings out;
  out.name = from.name;
  out.bind = endpoint_of(from.bind);
  out.startup_timeout = all.limits.startup_timeout;
  out.proxy_protocol = from.proxy_protocol;
  for (const auto& each : from.rules) out.rules.push_back(rule_of(each));
  while (all.clusters[out.cluster].name != from.cluster) ++out.cluster;
  out.tls = mode_of(from.tls.mode);
  // `allow` without a certificate has nothing to offer.
  if (from.tls.certificate.empty() && from.tls.mode == conf::tls_mode::allow) {
    out.tls = tls_mode::disable;
  }
  if (out.tls == tls_mode::disable) return out;
  net::tls_files files{from.tls.ca, from.tls.certificate, from.tls.key};
  // A client without a certificate is refused by its login, in words that drivers show: TLS itself
  // could only break off.
  auto context = net::tls_context::load(net::tls_role::server, files);
  if (!context) return unexpected("listener \"" + from.name + "\": " + context.error());
  out.tls_context = std::move(*context);
  return out;
}

expected<void, std::string> compose_admin(const conf::admin_settings& from, parts& out) {
  out.admin.bind = endpoint_of(from.bind);
  out.admin_token = from.token.reveal();
  if (from.tls.certificate.empty()) return {};
  auto context = net::tls_context::load(net::tls_role::server,
                                        {.certificate = from.tls.certificate, .key = from.tls.key});
  if (!context) return unexpected("admin.tls: " + context.error());
  out.admin.tls = std::move(*context);
  return {};
}

}  // namespace

net::endpoint endpoint_of(const conf::endpoint& where) {
  return {where.host, where.path, where.port};
}

expected<parts, std::string> compose(const conf::settings& from) {
  parts out;
  out.proxy.cores = from.threads.resolve();
  out.proxy.clients = {from.limits.clients, from.limits.per_user, from.limits.per_database,
                       from.limits.per_address};
  out.proxy.drain = from.limits.drain;
  out.proxy.console.version = version;
  if (from.takeover.socket.is_unix()) out.takeover = endpoint_of(from.takeover.socket);
  out.linger = from.takeover.linger;
  out.log.format = from.log.format == conf::log_format::json ? metrics::log::format::json
                                                             : metrics::log::format::logfmt;
  out.log.least = static_cast<metrics::log::level>(from.log.level);
  for (const auto& each : from.clusters) {
    const backend* database = find_backend(each.engine);
    if (!database) return unexpected("cluster \"" + each.name + "\": no engine " + each.engine);
    auto made = compose_cluster(each, *database);
    if (!made) return unexpected(made.error());
    for (const auto& user : from.console.users) {
      if (user.cluster == each.name) made->console_users.insert(user.name);
    }
    // Where places are few, one for those who listen would be missed by all others.
    made->pool.shares_announcements = made->pool.size >= 2UZ * out.proxy.cores;
    out.proxy.clusters.push_back(std::move(*made));
    out.watches.push_back(compose_watch(each, *database));
    out.councils.push_back(compose_council(from.coordination, out.watches.back()));
    out.watches.back().together = out.councils.back().has_value();
    out.keepers.push_back(compose_keeper(each, out.watches.back()));
  }
  for (const auto& each : from.listeners) {
    auto made = compose_listener(each, from);
    if (!made) return unexpected(made.error());
    out.proxy.listeners.push_back(std::move(*made));
  }
  if (auto done = compose_admin(from.admin, out); !done) return unexpected(done.error());
  return out;
}

console::table compose_settings_table(const conf::loaded& from, const std::string& file) {
  console::table told{console::columns_of(console::verb::show_settings)};
  const auto cell = [](const std::optional<std::string>& text) {
    return text ? console::cell(*text) : console::cell();
  };
  for (const auto& each : conf::list_settings(from, file))
    told.rows.push_back({each.key, cell(each.value), cell(each.initial), each.source});
  return told;
}

}  // namespace skein::cli
