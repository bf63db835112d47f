// The server connections of one cluster on one core: lent to sessions, kept warm when they come
// back, opened anew within the cluster's budget. Last used is first lent, so that few stay warm.
// What may be reused by whom is decided by the key: the same user, database and start-up settings.
#pragma once

#include <list>

#include "metrics/counters.hpp"
#include "net/core.hpp"
#include "net/task_group.hpp"
#include "proxy/server_connection.hpp"
#include "proxy/settings.hpp"
#include "routing/view.hpp"

namespace skein::proxy {

class pool {
 public:
  pool(net::core& core, net::dialer& dial, const cluster_settings& cluster, budget& places,
       metrics::core_counters& counters);

  // A connection to that member for this login, opened or reused; waits while there is none.
  net::awaitable<result<lease>> borrow(const routing::member_view& member, std::uint64_t epoch,
                                       const credentials& who, const login_request& request);
  // Returns once the connection is as new and idle, or closed. `at_rest`: its exchange had ended.
  net::awaitable<> give_back(lease used, bool at_rest, std::string reset_request);
  // Of those opened under another epoch none stays idle from here on.
  void keep_only(std::uint64_t epoch);
  void close_idle();
  void place_freed() { freed_.ring_one(); }
  void close_oldest();  // of the idle ones, because another core waits for a place

 private:
  struct idle_connection {
    lease connection;
    net::steady_time since;
  };
  struct found {
    lease warm = nullptr;
    std::optional<budget::slot> place = {};
    explicit operator bool() const { return warm || place; }
  };
  lease take_idle(const std::string& key, std::uint64_t epoch);
  found look(const std::string& key, std::uint64_t epoch);
  net::awaitable<found> wait_for_place(const std::string& key, std::uint64_t epoch);
  net::awaitable<result<lease>> open(budget::slot place, const routing::member_view& member,
                                     std::uint64_t epoch, const credentials& who,
                                     const login_request& request);
  net::awaitable<bool> reset(server_connection& used, const std::string& request);
  bool others_turn();
  void close_old();
  void count_idle();

  net::core& core_;
  net::dialer& dial_;
  const cluster_settings& cluster_;
  budget& places_;
  metrics::core_counters& counters_;
  std::uint64_t epoch_ = 0;
  std::list<idle_connection> idle_ = {};  // the last used in front
  net::bell freed_;
  std::int64_t waiting_here_ = 0;
  bool kept_last_ = false;  // the last connection that came back while others waited stayed here
  net::deadline idle_check_;
};

}  // namespace skein::proxy
