// The server connections of one cluster on one core: lent to sessions, kept warm when they come
// back, opened anew within the cluster's budget. Last used is first lent, so that few stay warm.
// What may be reused by whom is decided by the key: the same user, database and start-up settings.
// Who is next, where several wait, is decided by the waiting line.
#pragma once

#include "net/task_group.hpp"
#include "proxy/opening.hpp"

namespace skein::proxy {

class pool {
 public:
  pool(net::core& core, net::dialer& dial, const cluster_settings& cluster, budget& places,
       metrics::core_counters& counters);

  // A connection to that member for this errand, opened or reused; waits while there is none.
  net::awaitable<result<lease>> borrow(const routing::member_view& member, std::uint64_t epoch,
                                       errand& what);
  // A warm one at once, unless others wait; null: `borrow`.
  lease take_warm(const std::string& key, std::uint64_t epoch);
  // To who waits for such a one, else idle; or closed for who is first.
  void put_back(lease clean);
  // Of those opened under another epoch none stays idle from here on.
  void keep_only(std::uint64_t epoch);
  void close_idle();
  net::awaitable<> close();  // returns when none is left at all
  const std::vector<lease>& idle() const { return idle_; }

 private:
  struct found {
    lease warm = nullptr;
    std::optional<budget::slot> place = {};
    explicit operator bool() const { return warm || place; }
  };
  struct waiter {
    net::timer alarm;  // cancelled when something was found
    std::uint64_t epoch;
    found got = {};
  };
  lease take_idle(const std::string& key, std::uint64_t epoch);
  found look(const std::string& key, std::uint64_t epoch);
  net::awaitable<found> wait_for_turn(const std::string& key, std::uint64_t epoch, errand& what);
  void serve(std::uint64_t ticket, found with);
  void offer_idle();
  net::awaitable<> look_after(lease opened);
  net::awaitable<> await_cancels(lease used);
  void look_after_idle();
  void give_place(lease closed);
  template <typename Which>
  void close_those(Which which);
  void count();

  net::core& core_;
  const cluster_settings& cluster_;
  budget& places_;
  metrics::core_counters& counters_;
  opening opening_;
  unsigned number_;  // of this core in the budget
  std::uint64_t epoch_ = 0;
  std::vector<lease> idle_ = {};                   // the last used at the end
  std::map<std::uint64_t, waiter*> waiters_ = {};  // by ticket
  std::size_t open_ = 0;
  net::deadline idle_check_;
  net::task_group tasks_;  // one reads each connection
};

}  // namespace skein::proxy
