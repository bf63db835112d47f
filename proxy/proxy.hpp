// The wire proxy as a whole: a worker a core, started together, stopped in order: no new clients,
// those at rest sent away, the others given time, the rest ended.
#pragma once

#include "proxy/worker.hpp"

namespace skein::proxy {

class proxy {
 public:
  explicit proxy(proxy_settings settings);
  ~proxy();

  // Before `start`: what is passed is not opened anew.
  void inherit(inheritance from) { inherited_ = std::move(from); }
  // For cancels whose keys another process gave away; before `start`.
  void relay_cancels(relays elsewhere) { elsewhere_ = std::move(elsewhere); }
  // Opens every listener on every core, then starts them. The error names what could not be had.
  std::expected<void, std::string> start(bool open = true);
  void open_doors();  // where `start` did not
  void keep_doors();  // the other process has let go of what was passed
  // Blocks for at most the drain time and what it takes to end the rest. `tell` hears how many
  // clients are left, now and then.
  void stop(const std::function<void(std::size_t left)>& tell);
  void stop_if_started();
  // From any thread, for who takes our place: copies of all that is listened on; nothing if a core
  // did not answer in time.
  std::optional<std::deque<passed_door>> copy_doors();
  void hand_on(const passed_on& listeners);  // accepts no more; those are another's now
  // Waits for clients to leave by themselves; false from `end_linger`: it does not.
  void linger(std::chrono::milliseconds most);
  bool end_linger() { return lingering_.exchange(false); }
  void cancel(cancel_key key, std::function<void()> done);
  void obey(session_order what, std::function<void(result<void>)> done);
  unsigned generation() const { return inherited_.generation; }
  void hurry() { hurry_ = true; }  // from any thread: the drain ends now
  bool hurried() const { return hurry_; }

  // Newer settings, with the same clusters and listeners in their places; one call at a time.
  // Returns when they hold on every core.
  void adopt(proxy_settings next);

  void see(std::size_t cluster, const routing::view& now);  // from any thread
  // Calls that, on a core, once all of them go by what they were shown until now.
  void pass(std::function<void()> then);
  std::uint16_t port(std::size_t listener) const { return ports_.at(listener); }
  std::size_t clients() const { return doors_.clients; }
  settings_in_force settings() const;  // from any thread
  // EXPLAIN ROUTE from outside, on any thread; blocks until a core has answered, not for long.
  result<console::table> explain(console::command asked);
  // Of one cluster, one for each core.
  std::vector<std::shared_ptr<const metrics::core_counters>> counters(std::size_t cluster) const;

 private:
  std::expected<void, std::string> open_listeners();
  std::expected<bool, std::string> adopt_doors(std::size_t listener);

  mutable std::mutex mutex_ = {};  // of the pointer
  settings_in_force settings_;
  std::deque<member_budgets> budgets_;     // by cluster
  std::vector<worker_counters> counters_;  // by core
  admission doors_;
  user_lookups lookups_ = {};
  cluster_catalogs catalogs_ = {};
  cluster_inquiries inquiries_ = {};
  inheritance inherited_ = {};
  relays elsewhere_ = {};
  std::vector<std::unique_ptr<worker>> workers_ = {};
  std::vector<std::uint16_t> ports_ = {};
  std::atomic<bool> hurry_{false};
  std::atomic<bool> lingering_{false};
  bool started_ = false;
};

}  // namespace skein::proxy
