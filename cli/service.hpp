// A running Skein: the proxy on its cores, the observers on their threads, the admin port on the
// control thread. Started in an order in which each finds what it needs, stopped in reverse.
#pragma once

#include "cli/compose.hpp"
#include "cli/reload.hpp"
#include "metrics/exporter.hpp"
#include "metrics/health.hpp"
#include "proxy/proxy.hpp"

namespace skein::cli {

class service {
 public:
  service(parts with, settings_source from);
  service(const service&) = delete;

  // The error is one sentence; what had been started is stopped again.
  std::expected<void, std::string> start();
  // Serves until a signal says stop, then stops in order.
  void serve();

  std::uint16_t port(std::size_t listener) const { return proxy_.port(listener); }
  std::uint16_t admin_port() const { return admin_.port(); }

 private:
  parts with_reloads(parts with);
  void adopt(parts next);
  metrics::routes make_routes();
  metrics::exporter_settings make_exporter();
  metrics::health_facts health() const;
  void await_signal();
  void stop();
  void stop_admin();

  parts parts_;
  std::chrono::system_clock::time_point started_at_ = std::chrono::system_clock::now();
  std::atomic<bool> started_{false};
  std::atomic<bool> stopping_{false};
  proxy::proxy proxy_;
  std::vector<std::unique_ptr<cluster::watch>> watches_ = {};
  metrics::exporter exporter_;
  net::core control_;
  metrics::admin_server admin_;
  net::task_group tasks_;
  reloads reloads_;
};

}  // namespace skein::cli
