// One cluster as one core serves it: the view that this core sees, its share of the pool, what it
// counts. Sessions of the core ask it for a server.
#pragma once

#include <random>

#include "metrics/counters.hpp"
#include "metrics/log.hpp"
#include "net/core.hpp"
#include "proxy/catalogs.hpp"
#include "proxy/pool.hpp"
#include "proxy/respite.hpp"
#include "proxy/settings.hpp"
#include "proxy/switchboard.hpp"
#include "proxy/user_lookup.hpp"
#include "routing/view.hpp"

namespace skein::proxy {

class branch {
 public:
  branch(net::core& core, net::dialer& dial, cluster_in_force cluster, budget& places,
         metrics::core_counters& counters, user_lookup* users = nullptr,
         catalogs* defined = nullptr);

  // Newer settings. True: sessions have other time limits now.
  bool adopt(cluster_in_force next);
  // A newer view. Sessions of an older epoch are ended by the caller.
  void see(routing::view next);
  const routing::view& now() const { return view_; }

  // One that stands ready for this errand; null: `obtain`.
  lease take_warm(const errand& what);
  // A server for this errand, by its deadline: waits until there is a leader that takes it.
  net::awaitable<result<lease>> obtain(errand& what);
  bool may_go_on(std::uint64_t epoch) const;

  // While it is paused no transaction begins; sessions see to that. The number is of the PAUSE.
  void pause(std::uint64_t by);
  void resume();
  std::uint64_t paused_by() const { return paused_by_; }  // 0: it is not
  bool paused() const { return paused_by_ != 0; }
  net::bell& resumed() { return resumed_; }

  // As it is now; who needs it beyond an await keeps what `in_force` gives.
  const cluster_settings& cluster() const { return *cluster_; }
  const cluster_in_force& in_force() const { return cluster_; }
  net::core& core() { return core_; }
  net::dialer& dial() { return dial_; }
  pool& connections() { return pool_; }
  switchboard& announcements() { return announcements_; }
  // Null: there are none but the cluster's own.
  user_lookup* users() { return cluster_->auth_query ? users_ : nullptr; }
  core_memory& memory() { return *memory_; }
  metrics::core_counters& counters() { return counters_; }
  // However many clients fail, few lines are written: of each kind of error, and of cancels.
  metrics::log::repeat_limit& errors_of(error_kind kind) {
    return lines_[static_cast<std::size_t>(kind)];
  }
  metrics::log::repeat_limit& lost_cancels() { return lines_.back(); }

 private:
  net::core& core_;
  net::dialer& dial_;
  cluster_in_force cluster_;
  metrics::core_counters& counters_;
  pool pool_;
  user_lookup* users_;
  std::unique_ptr<core_memory> memory_;  // of the conversations of this core
  routing::view view_;
  switchboard announcements_;
  net::bell view_changed_;  // or a server can be had again
  respite respite_ = {};
  std::minstd_rand dice_{std::random_device{}()};
  net::bell resumed_;
  std::uint64_t paused_by_ = 0;
  std::deque<metrics::log::repeat_limit> lines_ = {};
};

}  // namespace skein::proxy
