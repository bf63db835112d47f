// The budgets of a cluster: pool.size and pool.logins hold for each member. They are shared by all
// cores and found by address, so that a member that is taken out of the settings and comes back has
// the budget in which its last connections still count; that is why none is ever thrown away.
#pragma once

#include <deque>

#include "backends/members.hpp"
#include "proxy/budget.hpp"

namespace skein::proxy {

class member_budgets {
 public:
  // How a core is reached about one of them.
  using core_join = std::function<budget::core_calls(budget& about)>;

  explicit member_budgets(std::size_t size, std::size_t logins_max = ~0UZ)
      : size_(size), logins_max_(logins_max) {}
  member_budgets(const member_budgets&) = delete;

  unsigned join(core_join core);  // its number in each of them; before the cores start
  // From any thread, but seldom: when a core sees other members than before.
  budget& of(const member_address& member);
  void resize(std::size_t size, std::size_t logins_max);

 private:
  struct entry {
    entry(member_address at, std::size_t size, std::size_t logins_max, front_row::ticket_roll& roll)
        : member(std::move(at)), places(size, logins_max, &roll) {}
    member_address member;
    budget places;
  };

  front_row::ticket_roll tickets_{0};
  std::mutex mutex_ = {};  // of all that follows
  std::size_t size_;
  std::size_t logins_max_;
  std::vector<core_join> cores_ = {};
  std::deque<entry> all_ = {};
};

}  // namespace skein::proxy
