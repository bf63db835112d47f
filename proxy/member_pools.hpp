// The pools of one branch, one a member, in the order of the view's members. A member that a reload
// has taken out takes its pool along, which stays, out of sight, until its last connection has come
// back; one that has moved or has another name is another one.
#pragma once

#include "proxy/member_budgets.hpp"
#include "proxy/pool.hpp"

namespace skein::proxy {

class member_pools {
 public:
  member_pools(net::core& core, net::dialer& dial, const cluster_in_force& cluster,
               member_budgets& budgets, metrics::core_counters& counters);

  void see(const routing::cluster_view& now);
  // The branch has newer settings.
  void adopt(const cluster_settings& before);
  net::awaitable<> close();  // returns when no connection is left at all

  // Of a member of the view that was seen last. Who waits for it holds it.
  const std::shared_ptr<pool>& of(std::size_t member) const { return all_[member]; }
  pool* leading() const { return leading_; }
  const std::vector<std::shared_ptr<pool>>& all() const { return all_; }
  // See pool.hpp.
  std::shared_ptr<const wiped> share_key(const credentials& who) { return keys_.share(who); }

 private:
  budget::core_calls calls_about(budget& places);
  pool* drawing_on(const budget& places) const;
  bool knows_all(const routing::cluster_view& now) const;
  std::shared_ptr<pool> find_or_make(const routing::member_view& member);
  static net::awaitable<> see_out(std::shared_ptr<pool> gone);

  proven_keys keys_ = {};
  pool_ground ground_;
  member_budgets& budgets_;
  unsigned number_;  // of this core in each budget
  std::vector<std::shared_ptr<pool>> all_ = {};
  pool* leading_ = nullptr;
  net::task_group leaving_;  // each holds its pool
};

}  // namespace skein::proxy
