#include "cli/status_page.hpp"

#include <cstdio>

#include "cli/version.hpp"
#include "metrics/json.hpp"

namespace skein::cli {

namespace {

std::string decimal(double number, const char* unit) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", number, unit);
  return text.data();
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  const double kib = static_cast<double>(bytes) / 1024;
  if (kib < 1024) return decimal(kib, "KiB");
  return kib < 1024 * 1024 ? decimal(kib / 1024, "MiB") : decimal(kib / 1024 / 1024, "GiB");
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string lag_text(const routing::cluster_view& now, std::size_t member) {
  std::string text;
  if (const auto bytes = lag_bytes(now, member)) text = bytes_text(*bytes) + " behind";
  if (const auto& seconds = now.members[member].last.lag_seconds; seconds && *seconds > 0) {
    text += (text.empty() ? "" : ", ") + decimal(*seconds, "s");
  }
  return text;
}

std::optional<bool> orphans_of(const cluster::orphan_board::findings& known, std::size_t member) {
  return member < known.size() ? known[member] : std::nullopt;
}

void add_cluster(const cluster_status& one, std::string& out) {
  const routing::cluster_view& now = *one.now;
  out +=
      "cluster " + now.cluster + " (epoch " + std::to_string(now.epoch) + "): " + now.reason + "\n";
  std::size_t name_width = 0;
  std::size_t address_width = 0;
  for (const auto& member : now.members) {
    name_width = std::max(name_width, member.name.size());
    address_width = std::max(address_width, to_string(member.address).size());
  }
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const auto& member = now.members[i];
    const bool follows = member.role == member_role::follower;
    const std::string role = member.reachable ? std::string(to_string(member.role)) : "out";
    out += "  " + padded(member.name, name_width) + "  " +
           padded(to_string(member.address), address_width) + "  " + padded(role, 8) + "  ";
    const std::string lag = follows ? lag_text(now, i) : "";
    out += lag.empty() ? member.reason : member.reason + " (" + lag + ")";
    out += "\n";
  }
  if (!one.together.empty()) out += "  several Skeins: " + one.together + "\n";
  if (!one.lead.empty()) out += "  about the lead: " + one.lead + "\n";
  if (one.acknowledged_short > 0)
    out += "  durability: " + std::to_string(one.acknowledged_short) +
           " statements so far were answered while fewer followers acknowledged than is promised\n";
  for (const auto& where : one.listeners) out += "  listens on " + where + "\n";
  out += "  " + std::to_string(one.sessions) + " sessions, " +
         std::to_string(one.server_connections_active) + " server connections in use, " +
         std::to_string(one.server_connections_idle) + " idle, " + std::to_string(one.waiting) +
         " sessions waiting for one, " + std::to_string(one.queries) + " queries so far\n";
}

void write_member(metrics::json_writer& json, const cluster_status& one, std::size_t index) {
  const routing::cluster_view& now = *one.now;
  const auto& member = now.members[index];
  json.begin_object()
      .member("name", member.name)
      .member("address", to_string(member.address))
      .member("reachable", member.reachable)
      .member("role", to_string(member.role))
      .member("reason", member.reason)
      .member("version", member.last.server_version);
  const bool leads = member.role == member_role::leader;
  json.member("position", leads ? member.last.written.text : member.last.applied.text);
  json.key("lag_bytes");
  if (const auto bytes = lag_bytes(now, index)) {
    json.value(*bytes);
  } else {
    json.value(nullptr);
  }
  json.key("lag_seconds");
  if (member.reachable && member.last.lag_seconds) {  // else it is that of an earlier time
    json.value(*member.last.lag_seconds);
  } else {
    json.value(nullptr);
  }
  json.key("has_orphans");
  if (const auto known = orphans_of(one.orphans, index)) {
    json.value(*known);
  } else {
    json.value(nullptr);
  }
  json.member("round_trip_seconds", std::chrono::duration<double>(member.last.round_trip).count());
  json.end_object();
}

void write_shortfall(metrics::json_writer& json, const cluster_status& one) {
  json.member("acknowledged_short", one.acknowledged_short).key("falls_short");
  const auto& now = one.now->falls_short;
  if (!now) {
    json.value(nullptr);
    return;
  }
  const std::chrono::duration<double> lasts = std::chrono::steady_clock::now() - now->since;
  json.begin_object()
      .member("acknowledging", now->acks)
      .member("promised", now->promised)
      .member("for_seconds", lasts.count())
      .end_object();
}

}  // namespace

bool status_facts::healthy() const {
  for (const auto& one : clusters) {
    if (!one.now->leader) return false;
  }
  return true;
}

status_facts gather_status(const proxy::proxy& proxy,
                           const std::vector<std::unique_ptr<cluster::watch>>& watches,
                           std::chrono::system_clock::time_point started_at, bool stopping) {
  const proxy::settings_in_force settings = proxy.settings();
  status_facts facts;
  facts.uptime = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() -
                                                                  started_at);
  facts.clients = proxy.clients();
  facts.stopping = stopping;
  for (std::size_t i = 0; i < watches.size(); ++i) {
    cluster_status one{watches[i]->now()};
    one.orphans = watches[i]->orphans();
    for (const auto& core : proxy.counters(i)) {
      one.sessions += core->sessions_active.value();
      one.server_connections_active += core->server_connections_active.value();
      one.server_connections_idle += core->server_connections_idle.value();
      one.waiting += core->pool_waiting.value();
      one.queries += core->queries.value();
      one.acknowledged_short += core->acknowledged_short.value();
    }
    for (std::size_t n = 0; n < settings->listeners.size(); ++n) {
      net::endpoint on = settings->listeners[n].bind;
      if (settings->listeners[n].cluster != i) continue;
      on.port = proxy.port(n);
      one.listeners.push_back(net::to_string(on));
    }
    facts.clusters.push_back(std::move(one));
  }
  return facts;
}

std::string status_text(const status_facts& facts) {
  std::string out = std::string("skein ") + version + ", up " +
                    std::to_string(facts.uptime.count()) + " s, " + std::to_string(facts.clients) +
                    " clients" + (facts.stopping ? ", stopping" : "") + "\n";
  if (facts.before) {
    out += "  process " + std::to_string(facts.before->pid) +
           ", before this one, drains: " + std::to_string(facts.before->clients) +
           " clients left\n";
  }
  for (const auto& one : facts.clusters) add_cluster(one, out);
  return out;
}

std::string status_json(const status_facts& facts) {
  metrics::json_writer json;
  json.begin_object()
      .member("version", version)
      .member("uptime_seconds", facts.uptime.count())
      .member("clients", facts.clients)
      .member("stopping", facts.stopping)
      .key("draining_before");
  if (facts.before) {
    json.begin_object()
        .member("pid", facts.before->pid)
        .member("clients", facts.before->clients)
        .end_object();
  } else {
    json.value(nullptr);
  }
  json.key("clusters").begin_array();
  for (const auto& one : facts.clusters) {
    const routing::cluster_view& now = *one.now;
    json.begin_object().member("name", now.cluster).member("epoch", now.epoch);
    json.key("leader");
    if (now.leader) {
      json.value(now.members[*now.leader].name);
    } else {
      json.value(nullptr);
    }
    json.member("two_claimants", now.two_claimants).member("reason", now.reason);
    json.member("about_the_lead", one.lead);
    if (!one.together.empty()) json.member("several_skeins", one.together);
    write_shortfall(json, one);
    json.member("sessions", one.sessions)
        .member("server_connections_active", one.server_connections_active)
        .member("server_connections_idle", one.server_connections_idle)
        .member("pool_waiting", one.waiting)
        .member("queries", one.queries);
    json.key("listeners").begin_array();
    for (const auto& where : one.listeners) json.value(where);
    json.end_array().key("members").begin_array();
    for (std::size_t i = 0; i < now.members.size(); ++i) write_member(json, one, i);
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

std::optional<std::uint64_t> lag_bytes(const routing::cluster_view& now, std::size_t member) {
  if (!now.leader || member == *now.leader || !now.members[member].reachable) return std::nullopt;
  const position& ahead = now.members[*now.leader].last.for_followers();
  const position& behind = now.members[member].last.applied;
  // Of a history that is not known a number is shown all the same: nothing is decided by it.
  if (behind.history != 0 && ahead.history != behind.history) return std::nullopt;
  if (ahead.exact || behind.exact) return std::nullopt;  // ranks that do not count bytes
  return ahead.rank > behind.rank ? ahead.rank - behind.rank : 0;
}

void sample_members(const routing::cluster_view& now, std::vector<metrics::member_sample>& into,
                    const cluster::orphan_board::findings& orphans) {
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const auto& member = now.members[i];
    const bool leads = member.role == member_role::leader;
    metrics::member_sample out;
    out.cluster = now.cluster;
    out.member = member.name;
    out.role = to_string(member.role);
    out.up = member.reachable;
    if (member.reachable) {
      out.lag_seconds = leads ? std::nullopt : member.last.lag_seconds;
      out.position = static_cast<double>((leads ? member.last.written : member.last.applied).rank);
      out.round_trip_seconds = std::chrono::duration<double>(member.last.round_trip).count();
    }
    if (const auto bytes = lag_bytes(now, i)) out.lag_bytes = static_cast<double>(*bytes);
    out.has_orphans = orphans_of(orphans, i);
    into.push_back(std::move(out));
  }
}

metrics::cluster_sample sample_cluster(const routing::cluster_view& now) {
  metrics::cluster_sample out{now.cluster, now.epoch};
  out.degraded = now.falls_short.has_value();
  for (const auto& member : now.members) out.claimants += member.role == member_role::leader;
  return out;
}

}  // namespace skein::cli
