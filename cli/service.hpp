// A running Skein: the proxy on its cores, the observers on their threads, the admin port on the
// control thread. Started in an order in which each finds what it needs, stopped in reverse.
#pragma once

#include "cli/places.hpp"
#include "cli/reload.hpp"
#include "cli/shortfalls.hpp"
#include "handover/giver.hpp"
#include "handover/taker.hpp"
#include "metrics/exporter.hpp"
#include "metrics/health.hpp"
#include "proxy/proxy.hpp"

namespace skein::cli {

class service {
 public:
  service(parts with, settings_source from);
  service(const service&) = delete;

  // In the place of the Skein that runs, if that is wanted and there is one. The error is one
  // sentence; what had been started is stopped again.
  std::expected<void, std::string> start(bool take_over = false);
  // Serves until a signal says stop, then stops in order.
  void serve();

  std::uint16_t port(std::size_t listener) const { return proxy_.port(listener); }
  std::uint16_t admin_port() const { return admin_.port(); }

 private:
  proxy::proxy_settings with_calls(proxy::proxy_settings settings);
  void adopt(parts next);
  metrics::routes make_routes();
  metrics::http_response explain(const metrics::http_request& request, bool for_machines);
  metrics::exporter_settings make_exporter();
  // Orders of people: see service_orders.cpp.
  void add_order_routes(metrics::routes& paths);
  std::expected<std::size_t, std::string> find_cluster(const metrics::http_request& request) const;
  metrics::http_response begin_switchover(const metrics::http_request& request);
  metrics::http_response tell_switchover(const metrics::http_request& request, bool json) const;
  metrics::http_response drain_member(const metrics::http_request& request);
  metrics::http_response tell_member(const metrics::http_request& request) const;
  metrics::health_facts health() const;
  void await_signal();
  void stop();
  void stop_control();
  net::awaitable<> stop_on_control();
  template <typename Function>
  auto on_control(Function work);

  // Another process's place, and this one's for another: see service_takeover.cpp.
  std::expected<void, std::string> begin();
  std::expected<void, std::string> inherit();
  std::expected<void, std::string> start_giver();
  std::expected<void, std::string> take_place();
  std::expected<void, std::string> await_readiness();
  bool sees_all_clusters() const;
  handover::giver_hooks make_giver_hooks();
  handover::outcome<std::vector<handover::open_door>> copy_doors();
  void hand_on(const std::vector<handover::door>& kept);
  void await_predecessor();
  void give_back();
  void ask_to_stop();

  parts parts_;
  std::chrono::system_clock::time_point started_at_ = std::chrono::system_clock::now();
  std::atomic<bool> started_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> asked_to_stop_{false};
  std::atomic<bool> taken_{false};  // another process has our place
  std::optional<places> inherited_ = {};
  proxy::proxy proxy_;
  std::vector<shortfall_diary> shortfalls_ = {};  // as watches
  std::vector<std::unique_ptr<cluster::watch>> watches_ = {};
  std::vector<std::unique_ptr<cluster::agreement>> agreements_ = {};
  std::vector<std::unique_ptr<cluster::keeper>> keepers_ = {};
  metrics::exporter exporter_;
  net::core control_;
  metrics::admin_server admin_;
  handover::giver giver_;
  handover::taker taker_;
  net::task_group tasks_;
  reloads reloads_;
};

}  // namespace skein::cli
