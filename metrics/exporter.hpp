// From counters to the text that Prometheus scrapes. Nothing is computed until someone asks: a
// scrape sums the cores' counters and calls for samples of the members. The names are a promise to
// dashboards and alerts: tests/unit/metrics/metric_names.txt lists them.
#pragma once

#include <prometheus/registry.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/counters.hpp"

namespace skein::metrics {

// What is known of one member at the moment of the scrape.
struct member_sample {
  std::string cluster = {};
  std::string member = {};
  std::string role = "unknown";  // one of exporter_settings::roles
  bool up = false;               // the last look at it succeeded
  std::optional<double> lag_seconds = {};
  std::optional<double> lag_bytes = {};
  std::optional<double> position = {};  // comparable between members of one history
  std::optional<double> round_trip_seconds = {};
  std::optional<bool> has_orphans = {};  // transactions that who leads has not
};

struct cluster_sample {
  std::string cluster = {};
  std::uint64_t epoch = 0;
  std::uint64_t claimants = 0;  // members that say they lead: 1 is health
  bool decides = true;          // this Skein, who leads
  bool degraded = false;        // fewer followers acknowledge than is promised
  bool agrees = true;           // with others through etcd, or it is alone
  std::uint64_t skeins = 1;     // that are there
};

// How often the settings were read anew while Skein ran, and with what end.
struct reload_sample {
  std::uint64_t applied = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t refused = 0;
  double succeeded_at = 0;  // seconds since 1970; the start counts
};

struct exporter_settings {
  std::string version = {};
  std::vector<std::string> error_kinds = {};  // labels of core_counters::errors, in its order
  std::vector<std::string> roles = {"leader", "follower", "unknown"};
  // Called at each scrape, on the thread that scrapes; empty: no such metrics.
  std::function<std::vector<member_sample>()> members = {};
  std::function<std::vector<cluster_sample>()> clusters = {};
  std::function<reload_sample()> reloads = {};
};

class exporter final : public prometheus::Collectable {
 public:
  explicit exporter(exporter_settings how);

  // The counters of one more core for this cluster. They are kept for the life of the exporter, so
  // that a total never falls.
  void watch(std::string cluster, std::shared_ptr<const core_counters> counters);

  // For metrics of other parts that count by themselves.
  prometheus::Registry& registry() { return registry_; }

  std::vector<prometheus::MetricFamily> Collect() const override;
  std::string text() const;  // in the exposition format that `content_type` names
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct watched {
    std::string cluster;
    std::vector<std::shared_ptr<const core_counters>> cores;
  };

  exporter_settings how_;
  prometheus::Registry registry_;
  mutable std::mutex mutex_;  // of `watched_`: start-up, reload and scrapes; never the hot path
  std::vector<watched> watched_;
};

}  // namespace skein::metrics
