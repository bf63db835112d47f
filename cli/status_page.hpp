// What `skein status`, /status and the metrics say of the members: gathered once, told as text for
// people and as JSON for machines.
#pragma once

#include "cli/compose.hpp"
#include "cluster/watch.hpp"
#include "handover/taker.hpp"
#include "metrics/exporter.hpp"
#include "proxy/proxy.hpp"
#include "routing/view.hpp"

namespace skein::cli {

struct cluster_status {
  routing::view now = {};
  cluster::orphan_board::findings orphans = {};  // of each member; shorter: nobody knows
  std::int64_t sessions = 0;
  std::int64_t server_connections_active = 0;
  std::int64_t server_connections_idle = 0;
  std::int64_t waiting = 0;
  std::uint64_t queries = 0;
  std::uint64_t acknowledged_short = 0;     // by fewer followers than is promised
  std::vector<std::string> listeners = {};  // "127.0.0.1:6432"
  std::string together = {};                // how several Skeins stand; empty: this one is alone
  std::string lead = {};  // what is done about the lead, and why; empty: there is nothing to do
};

struct status_facts {
  std::chrono::seconds uptime{0};
  std::size_t clients = 0;
  bool stopping = false;
  std::optional<handover::predecessor> before = {};  // drains, for this one has taken its place
  std::vector<cluster_status> clusters = {};
  bool healthy() const;  // every cluster has a leader
};

status_facts gather_status(const proxy::proxy& proxy,
                           const std::vector<std::unique_ptr<cluster::watch>>& watches,
                           std::chrono::system_clock::time_point started_at, bool stopping);
std::string status_text(const status_facts& facts);
std::string status_json(const status_facts& facts);

// `orphans`: as in cluster_status.
void sample_members(const routing::cluster_view& now, std::vector<metrics::member_sample>& into,
                    const cluster::orphan_board::findings& orphans = {});
metrics::cluster_sample sample_cluster(const routing::cluster_view& now);
// How many bytes of the leader's log a follower has not applied; empty where it cannot be told.
std::optional<std::uint64_t> lag_bytes(const routing::cluster_view& now, std::size_t member);

}  // namespace skein::cli
