#include "metrics/exporter.hpp"

#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <map>

#include "metrics/process.hpp"

namespace skein::metrics {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using cores = std::span<const std::shared_ptr<const core_counters>>;
using labels = std::vector<ClientMetric::Label>;

template <typename Member>
struct described {
  const char* name;
  const char* help;
  Member core_counters::* member;
};

constexpr std::array counters = {
    described{"skein_clients_accepted_total", "Client connections accepted.",
              &core_counters::clients_accepted},
    described{"skein_clients_refused_total", "Client connections turned away before login.",
              &core_counters::clients_refused},
    described{"skein_logins_failed_total", "Clients whose login failed.",
              &core_counters::logins_failed},
    described{"skein_server_connections_opened_total", "Connections opened to servers.",
              &core_counters::server_connections_opened},
    described{"skein_server_connections_failed_total",
              "Connections to servers that could not be opened or signed in.",
              &core_counters::server_connections_failed},
    described{"skein_queries_total", "Queries passed on to servers.", &core_counters::queries},
    described{"skein_reads_repeated_total",
              "Reads that failed on a member before their client had heard of them, and were run "
              "again elsewhere.",
              &core_counters::reads_repeated},
    described{"skein_commit_tokens_refused_total",
              "Commits that went on without a token, because the server refused its row.",
              &core_counters::commit_tokens_refused},
    described{"skein_degraded_acknowledgements_total",
              "Statements that may have written, answered while fewer followers acknowledged than "
              "durability promises.",
              &core_counters::acknowledged_short},
    described{"skein_server_errors_total", "Errors that servers reported to clients.",
              &core_counters::server_errors},
    described{"skein_client_received_bytes_total", "Bytes received from clients.",
              &core_counters::bytes_from_client},
    described{"skein_client_sent_bytes_total", "Bytes sent to clients.",
              &core_counters::bytes_to_client},
    described{"skein_server_received_bytes_total", "Bytes received from servers.",
              &core_counters::bytes_from_server},
    described{"skein_server_sent_bytes_total", "Bytes sent to servers.",
              &core_counters::bytes_to_server},
    described{"skein_cancels_requested_total", "Requests by clients to cancel a query.",
              &core_counters::cancels_requested},
    described{"skein_cancels_sent_total", "Cancel requests passed on to a server.",
              &core_counters::cancels_sent},
    described{"skein_notifications_total", "Notifications handed to clients that share a listener.",
              &core_counters::announcements},
    described{"skein_notification_gaps_total",
              "Clients that may have missed notifications, because a server was lost.",
              &core_counters::announcement_gaps},
};

constexpr std::array gauges = {
    described{"skein_clients_active", "Clients connected now, logged in or not.",
              &core_counters::clients_active},
    described{"skein_sessions_active", "Clients logged in now.", &core_counters::sessions_active},
    described{"skein_server_connections_active", "Server connections in use by a session now.",
              &core_counters::server_connections_active},
    described{"skein_server_connections_idle", "Server connections waiting in the pool now.",
              &core_counters::server_connections_idle},
    described{"skein_pool_waiting", "Sessions waiting for a server connection now.",
              &core_counters::pool_waiting},
};

constexpr std::array histograms = {
    described{"skein_query_duration_seconds",
              "From a query's first byte to the end of its reply, in seconds.",
              &core_counters::query_latency},
    described{"skein_login_duration_seconds",
              "From a client's connection to the end of its login, in seconds.",
              &core_counters::login_latency},
};

ClientMetric counted(labels with, std::uint64_t value) {
  ClientMetric metric;
  metric.label = std::move(with);
  metric.counter.value = static_cast<double>(value);
  return metric;
}

ClientMetric gauged(labels with, double value) {
  ClientMetric metric;
  metric.label = std::move(with);
  metric.gauge.value = value;
  return metric;
}

template <typename Read>
auto sum(cores all, Read read) {
  decltype(read(*all.front())) total = {};
  for (const auto& core : all) total += read(*core);
  return total;
}

ClientMetric summed_histogram(labels with, cores all, latency_histogram core_counters::* member) {
  ClientMetric metric;
  metric.label = std::move(with);
  auto& histogram = metric.histogram;
  for (std::size_t index = 0; index < latency_histogram::bucket_count; ++index) {
    histogram.sample_count +=
        sum(all, [&](const core_counters& core) { return (core.*member).bucket(index); });
    const bool last = index == latency_histogram::bounds.size();
    const double bound =
        last ? std::numeric_limits<double>::infinity()
             : std::chrono::duration<double>(latency_histogram::bounds[index]).count();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = std::chrono::duration<double>(sum(all, [&](const core_counters& core) {
                           return (core.*member).sum();
                         })).count();
  return metric;
}

void collect_members(const std::vector<member_sample>& members,
                     const std::vector<std::string>& roles, std::vector<MetricFamily>& out) {
  MetricFamily up{
      "skein_member_up", "1: the last look at the member succeeded.", MetricType::Gauge, {}};
  MetricFamily role{"skein_member_role",
                    "1 for the role that the member has, 0 for the others.",
                    MetricType::Gauge,
                    {}};
  MetricFamily lag_seconds{"skein_member_lag_seconds",
                           "How old the data is that the member shows, in seconds.",
                           MetricType::Gauge,
                           {}};
  MetricFamily lag_bytes{"skein_member_lag_bytes",
                         "How many bytes of the leader's log the member has yet to apply.",
                         MetricType::Gauge,
                         {}};
  MetricFamily position{"skein_member_position",
                        "How far the member is in its history; comparable within a cluster.",
                        MetricType::Gauge,
                        {}};
  MetricFamily round_trip{"skein_member_round_trip_seconds",
                          "How long the last look at the member took, in seconds.",
                          MetricType::Gauge,
                          {}};
  MetricFamily orphans{"skein_member_has_orphans",
                       "1: the member has transactions that who leads has not.",
                       MetricType::Gauge,
                       {}};
  for (const auto& one : members) {
    const labels with = {{"cluster", one.cluster}, {"member", one.member}};
    const auto add = [&](MetricFamily& family, const std::optional<double>& value) {
      if (value) family.metric.push_back(gauged(with, *value));
    };
    add(up, one.up ? 1 : 0);
    for (const auto& name : roles) {
      auto with_role = with;
      with_role.push_back({"role", name});
      role.metric.push_back(gauged(std::move(with_role), one.role == name ? 1 : 0));
    }
    add(lag_seconds, one.lag_seconds);
    add(lag_bytes, one.lag_bytes);
    add(position, one.position);
    add(round_trip, one.round_trip_seconds);
    if (one.has_orphans) add(orphans, *one.has_orphans ? 1 : 0);
  }
  for (auto* family : {&up, &role, &lag_seconds, &lag_bytes, &position, &round_trip, &orphans})
    out.push_back(std::move(*family));
}

void collect_clusters(const std::vector<cluster_sample>& clusters, std::vector<MetricFamily>& out) {
  MetricFamily epoch{"skein_cluster_epoch",
                     "A number that grows each time the lead moves.",
                     MetricType::Gauge,
                     {}};
  MetricFamily claimants{"skein_cluster_leader_claimants",
                         "Members that say they lead; anything but 1 wants attention.",
                         MetricType::Gauge,
                         {}};
  MetricFamily decides{"skein_cluster_decides",
                       "1: this Skein decides who leads; of several, one does.",
                       MetricType::Gauge,
                       {}};
  MetricFamily degraded{"skein_cluster_degraded",
                        "1: fewer followers acknowledge than durability promises.",
                        MetricType::Gauge,
                        {}};
  MetricFamily agrees{"skein_coordination_up",
                      "1: etcd lets this Skein agree with the others, or it is alone.",
                      MetricType::Gauge,
                      {}};
  MetricFamily skeins{"skein_coordination_skeins",
                      "Skeins that are there, as etcd has it; 1 where this one is alone.",
                      MetricType::Gauge,
                      {}};
  for (const auto& one : clusters) {
    const labels with = {{"cluster", one.cluster}};
    decides.metric.push_back(gauged(with, one.decides ? 1 : 0));
    degraded.metric.push_back(gauged(with, one.degraded ? 1 : 0));
    agrees.metric.push_back(gauged(with, one.agrees ? 1 : 0));
    skeins.metric.push_back(gauged(with, static_cast<double>(one.skeins)));
    epoch.metric.push_back(gauged(with, static_cast<double>(one.epoch)));
    claimants.metric.push_back(gauged(with, static_cast<double>(one.claimants)));
  }
  for (auto* family : {&epoch, &claimants, &decides, &degraded, &agrees, &skeins})
    out.push_back(std::move(*family));
}

void collect_reloads(const reload_sample& told, std::vector<MetricFamily>& out) {
  MetricFamily ends{"skein_reloads_total",
                    "Times that the settings were read anew, by what came of it.",
                    MetricType::Counter,
                    {}};
  ends.metric.push_back(counted({{"outcome", "applied"}}, told.applied));
  ends.metric.push_back(counted({{"outcome", "unchanged"}}, told.unchanged));
  ends.metric.push_back(counted({{"outcome", "refused"}}, told.refused));
  out.push_back(std::move(ends));
  out.push_back({"skein_settings_loaded_timestamp_seconds",
                 "When the settings in force were read, or found unchanged; since 1970.",
                 MetricType::Gauge,
                 {gauged({}, told.succeeded_at)}});
}

// One family a description; `make` gives a cluster's metric.
template <typename Descriptions, typename Clusters, typename Make>
void collect_described(const Descriptions& all, MetricType type, const Clusters& clusters,
                       Make make, std::vector<MetricFamily>& out) {
  for (const auto& one : all) {
    MetricFamily family{one.name, one.help, type, {}};
    for (const auto& watched : clusters)
      family.metric.push_back(
          make(labels{{"cluster", watched.cluster}}, cores(watched.cores), one.member));
    out.push_back(std::move(family));
  }
}

template <typename Clusters>
MetricFamily collect_errors(const Clusters& clusters, const std::vector<std::string>& kinds) {
  MetricFamily family{"skein_errors_total",
                      "Errors of Skein's own making or finding, by kind.",
                      MetricType::Counter,
                      {}};
  const auto named = std::min(kinds.size(), error_kinds_max);
  for (const auto& watched : clusters) {
    for (std::size_t kind = 0; kind < named; ++kind) {
      const auto total = sum(cores(watched.cores),
                             [&](const core_counters& core) { return core.errors[kind].value(); });
      family.metric.push_back(
          counted({{"cluster", watched.cluster}, {"kind", kinds[kind]}}, total));
    }
  }
  return family;
}

struct described_by_words {
  const char* name;
  const char* help;
  const char* label;
  counter_by_reason core_counters::* member;
};
constexpr std::array counters_by_words = {
    described_by_words{
        "skein_sessions_pinned_total",
        "Sessions that kept a server connection between transactions, by what first made them.",
        "reason", &core_counters::sessions_pinned},
    described_by_words{"skein_routed_total",
                       "Times that a server was lent, by why it was that one, where there was a "
                       "choice.",
                       "reason", &core_counters::routed},
    described_by_words{"skein_commits_resolved_total",
                       "Commits whose answer was lost, by what who leads then said of them.",
                       "outcome", &core_counters::commits_resolved},
    described_by_words{"skein_routed_to_total",
                       "Times that a server was lent, by member, where there was a choice.",
                       "member", &core_counters::routed_to},
};

template <typename Clusters>
MetricFamily collect_by_words(const described_by_words& what, const Clusters& clusters) {
  MetricFamily family{what.name, what.help, MetricType::Counter, {}};
  for (const auto& watched : clusters) {
    std::map<std::string, std::uint64_t> totals;
    for (const auto& core : watched.cores) {
      const auto& counted_there = (*core).*what.member;
      for (std::size_t i = 0; i < counted_there.size(); ++i)
        totals[counted_there.words(i)] += counted_there.value(i);
    }
    for (const auto& [words, total] : totals)
      family.metric.push_back(counted({{"cluster", watched.cluster}, {what.label, words}}, total));
  }
  return family;
}

}  // namespace

exporter::exporter(exporter_settings how) : how_(std::move(how)) {
  prometheus::BuildGauge()
      .Name("skein_build_info")
      .Help("Always 1; the labels tell which build this is.")
      .Register(registry_)
      .Add({{"version", how_.version}, {"compiler", __VERSION__}})
      .Set(1);
}

void exporter::watch(std::string cluster, std::shared_ptr<const core_counters> counters_of_core) {
  const std::lock_guard lock(mutex_);
  auto found = std::ranges::find(watched_, cluster, &watched::cluster);
  if (found == watched_.end()) found = watched_.insert(found, {std::move(cluster), {}});
  found->cores.push_back(std::move(counters_of_core));
}

std::vector<MetricFamily> exporter::Collect() const {
  auto families = registry_.Collect();
  std::ranges::move(collect_process(), std::back_inserter(families));
  {
    const std::lock_guard lock(mutex_);
    collect_described(
        counters, MetricType::Counter, watched_,
        [](labels with, cores all, counter core_counters::* member) {
          return counted(std::move(with), sum(all, [&](const core_counters& core) {
                           return (core.*member).value();
                         }));
        },
        families);
    collect_described(
        gauges, MetricType::Gauge, watched_,
        [](labels with, cores all, gauge core_counters::* member) {
          return gauged(std::move(with), static_cast<double>(sum(all, [&](const auto& core) {
                          return (core.*member).value();
                        })));
        },
        families);
    collect_described(histograms, MetricType::Histogram, watched_, summed_histogram, families);
    families.push_back(collect_errors(watched_, how_.error_kinds));
    for (const auto& each : counters_by_words) families.push_back(collect_by_words(each, watched_));
  }
  if (how_.members) collect_members(how_.members(), how_.roles, families);
  if (how_.clusters) collect_clusters(how_.clusters(), families);
  if (how_.reloads) collect_reloads(how_.reloads(), families);
  // A family without a sample would announce a metric that is not there.
  std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
  return families;
}

std::string exporter::text() const {
  return prometheus::TextSerializer().Serialize(Collect());
}

}  // namespace skein::metrics
