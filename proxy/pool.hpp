// The server connections of one core to one member: lent to sessions, kept warm when they come
// back, opened anew within the member's budget. Last used is first lent, so that few stay warm.
// What may be reused by whom is decided by the key: the same user, database and start-up settings.
// Who is next, where several wait, is decided by the waiting line: what comes back goes straight to
// its first. What is old or unused too long is closed, and what is kept warm opened, by the upkeep.
// All pools of a core belong to its branch, by way of proxy/member_pools.
#pragma once

#include <random>

#include "net/task_group.hpp"
#include "proxy/opening.hpp"
#include "proxy/proven_keys.hpp"
#include "proxy/respite.hpp"

namespace skein::proxy {

// What all pools of a cluster on one core have in common.
struct pool_ground {
  net::core& core;
  net::dialer& dial;
  const cluster_in_force& cluster;  // the branch's
  metrics::core_counters& counters;
  proven_keys& keys;
};

class pool {
 public:
  // `number`: of this core in the budget.
  pool(const pool_ground& on, std::string member, member_address address, budget& places,
       unsigned number);

  // The member as a view has it.
  struct target {
    const routing::member_view& member;
    std::uint64_t epoch;
    bool leads;
  };
  // A connection for this errand, opened or reused; waits while there is none.
  net::awaitable<result<lease>> borrow(target to, errand& what);
  // A warm one at once, unless others wait; null: `line_up` or `borrow`.
  lease take_warm(const std::string& key, std::uint64_t epoch);
  // Of all that would do for that errand, whatever the member.
  static std::string key_of(const errand& what);

  // One who waits for a connection or for the place of one: a link of the line, kept by whoever
  // waits. `your_turn` tells that it does not stand there any more: it has got one of them, or has
  // to choose anew, for the lead has moved.
  class waiter : public waiting_line::waiter {
   public:
    lease warm = nullptr;
    std::optional<budget::slot> place = {};

   protected:
    virtual ~waiter() = default;  // GCC minds: to a friend it is no protected one
    error in_vain() const { return at_->waited_too_long(); }  // while it waits

   private:
    friend class pool;
    virtual void your_turn() = 0;
    pool* at_ = nullptr;  // while it waits
  };
  // Without allocating. What can be had at once it has at once, and is not told.
  void line_up(waiter& who);
  // Wherever it stands. What it has got and not taken goes back.
  static void leave_line(waiter& who);
  error waited_too_long() const;
  // To who waits for such a one, else idle; or closed for who is first.
  void put_back(lease clean);
  // Of those opened under another epoch none stays idle from here on.
  void keep_only(std::uint64_t epoch);
  std::uint64_t epoch() const { return epoch_; }
  // The branch has newer settings.
  void adopt(const cluster_settings& before);
  void close_idle();
  // The member is one of the cluster no more, or Skein ends: what is idle is closed, who waits
  // chooses anew, what is lent is closed when it comes back.
  void retire();
  net::awaitable<> close();  // retires it; returns when none is left at all
  const std::vector<lease>& idle() const { return idle_; }
  std::size_t lent() const { return open_ - idle_.size(); }
  std::size_t waiting() const { return line_.size(); }
  bool is_of(const routing::member_view& asked) const {
    return asked.address == address_ && asked.name == member_;
  }
  bool draws_on(const budget& asked) const { return &asked == &places_; }
  respite& rest() { return rest_; }  // while the member cannot be had

  // What other cores, and who closes connections, have for this one: see budget::core_calls.
  void hear_place(budget::slot place);
  void hear_wanted(budget::wish what);
  void hear_arrival(traveller& come);

 private:
  struct caller;
  error gone() const;
  lease take_idle(std::string_view key, std::uint64_t epoch);
  bool look(waiter& who);
  // Kept warm while it has had a client lately.
  struct pair {
    credentials who;  // without what the client has proved
    bool by_key;      // which is wanted, and is its sessions'
    login_request request;
    routing::member_view member;
    std::uint64_t epoch;
    bool leads;
    net::steady_time used;
  };
  void take_in(const lease& opened, const std::string& key, bool leads);
  void keep_warm(const std::string& key, const target& to, const errand& what);
  void rouse(waiter& who);
  void shelve(lease clean);
  void send_off(server_connection& leaving);
  void offer_idle();
  void offer_one_idle(const waiting_line::fit& preferred);
  net::awaitable<> look_after(lease opened);
  net::awaitable<> await_cancels(lease used);
  void look_after_idle();
  void close_worn(net::steady_time now);
  std::map<std::string_view, std::size_t> idle_by_key() const;
  net::awaitable<> warm();
  net::awaitable<bool> warm_one(std::string key);  // false: no more for now
  void give_place(lease closed);
  template <typename Which>
  void close_those(Which which) {
    for (const lease& idle : idle_) {
      if (which(idle)) idle->close();
    }
    std::erase_if(idle_, [](const lease& idle) { return !idle->stream.open(); });
    count();
  }
  void count();

  net::core& core_;
  const cluster_in_force& cluster_;  // the branch's
  std::string member_;
  member_address address_;
  budget& places_;
  metrics::core_counters& counters_;
  proven_keys& keys_;
  opening opening_;
  unsigned number_;
  std::uint64_t epoch_ = 0;
  std::uint64_t tls_turn_;        // of the settings in force
  std::vector<lease> idle_ = {};  // the last used at the end
  waiting_line line_;
  std::size_t open_ = 0;
  std::int64_t told_idle_ = 0;  // of the counters, which are of all members
  std::int64_t told_lent_ = 0;
  respite rest_ = {};
  net::deadline idle_check_;
  std::map<std::string, pair> pairs_ = {};  // by key; none where nothing is kept warm
  errand* warming_ = nullptr;               // what is opened without being asked for
  bool closing_ = false;
  std::minstd_rand dice_;
  net::task_group warmers_;  // one at most
  net::task_group tasks_;    // one reads each connection
};

}  // namespace skein::proxy
