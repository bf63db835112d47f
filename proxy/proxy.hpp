// The wire proxy as a whole: a worker a core, started together, stopped in order: no new clients,
// those at rest sent away, the others given time, the rest ended.
#pragma once

#include "proxy/worker.hpp"

namespace skein::proxy {

class proxy {
 public:
  explicit proxy(proxy_settings settings);
  ~proxy();

  // Opens every listener on every core, then starts them. The error names what could not be had.
  std::expected<void, std::string> start();
  // Blocks for at most the drain time and what it takes to end the rest. `tell` hears how many
  // clients are left, now and then.
  void stop(const std::function<void(std::size_t left)>& tell);
  void hurry() { hurry_ = true; }  // from any thread: the drain ends now

  // Newer settings, with the same clusters and listeners in their places; one call at a time.
  // Returns when they hold on every core.
  void adopt(proxy_settings next);

  void see(std::size_t cluster, const routing::view& now);  // from any thread
  std::uint16_t port(std::size_t listener) const { return ports_.at(listener); }
  std::size_t clients() const { return doors_.clients; }
  settings_in_force settings() const;  // from any thread
  // Of one cluster, one for each core.
  std::vector<std::shared_ptr<const metrics::core_counters>> counters(std::size_t cluster) const;

 private:
  std::expected<void, std::string> open_listeners();

  mutable std::mutex mutex_ = {};  // of the pointer
  settings_in_force settings_;
  std::deque<budget> budgets_;
  std::vector<worker_counters> counters_;  // by core
  admission doors_;
  user_lookups lookups_ = {};
  std::vector<std::unique_ptr<worker>> workers_ = {};
  std::vector<std::uint16_t> ports_ = {};
  std::atomic<bool> hurry_{false};
  bool started_ = false;
};

}  // namespace skein::proxy
