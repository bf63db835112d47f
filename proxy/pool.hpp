// The server connections of one cluster on one core: lent to sessions, kept warm when they come
// back, opened anew within the cluster's budget. Last used is first lent, so that few stay warm.
// What may be reused by whom is decided by the key: the same user, database and start-up settings.
// Who is next, where several wait, is decided by the waiting line: what comes back goes straight to
// its first. What is old or unused too long is closed, and what is kept warm opened, by the upkeep.
#pragma once

#include <random>

#include "net/task_group.hpp"
#include "proxy/opening.hpp"

namespace skein::proxy {

class pool {
 public:
  pool(net::core& core, net::dialer& dial, const cluster_in_force& cluster, budget& places,
       metrics::core_counters& counters);

  // A connection to that member for this errand, opened or reused; waits while there is none.
  net::awaitable<result<lease>> borrow(const routing::member_view& member, std::uint64_t epoch,
                                       errand& what);
  // A warm one at once, unless others wait; null: `line_up` or `borrow`.
  lease take_warm(const std::string& key, std::uint64_t epoch);
  // Of all that would do for that errand.
  static std::string key_of(const std::string& member, const errand& what);

  // One who waits for a connection or for the place of one: a link of the line, kept by whoever
  // waits. `your_turn` tells that it does not stand there any more: it has got one of them, or has
  // to choose anew, for the lead has moved.
  class waiter : public waiting_line::waiter {
   public:
    lease warm = nullptr;
    std::optional<budget::slot> place = {};

   protected:
    virtual ~waiter() = default;  // GCC minds: to a friend it is no protected one

   private:
    friend class pool;
    virtual void your_turn() = 0;
  };
  // Without allocating. What can be had at once it has at once, and is not told.
  void line_up(waiter& who);
  void leave_line(waiter& who);  // what it has got and not taken goes back
  error waited_too_long() const;
  // To who waits for such a one, else idle; or closed for who is first.
  void put_back(lease clean);
  // Of those opened under another epoch none stays idle from here on.
  void keep_only(std::uint64_t epoch);
  // What a client has proved, for as long as its session keeps this: in its name connections are
  // opened that are kept warm, and with no older key of its user.
  std::shared_ptr<const wiped> share_key(const credentials& who);
  // The branch has newer settings.
  void adopt(const cluster_settings& before);
  void close_idle();
  // What must not be left undone when its session ends; `close` waits for it.
  void see_to(net::awaitable<> errand) { tasks_.spawn(std::move(errand)); }
  net::awaitable<> close();  // returns when none is left at all
  const std::vector<lease>& idle() const { return idle_; }

 private:
  struct caller;
  lease take_idle(std::string_view key, std::uint64_t epoch);
  bool look(waiter& who);
  // Kept warm while it has had a client lately.
  struct pair {
    credentials who;  // without what the client has proved
    bool by_key;      // which is wanted, and is its sessions'
    login_request request;
    routing::member_view member;
    std::uint64_t epoch;
    net::steady_time used;
  };
  void take_in(const lease& opened, const std::string& key);
  void keep_warm(const std::string& key, const routing::member_view& member, std::uint64_t epoch,
                 const errand& what);
  void shelve(lease clean);
  budget::core_calls calls();
  void hear_place(budget::slot place);
  void hear_wanted(budget::wish what);
  void hear_arrival(traveller& come);
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
  budget& places_;
  metrics::core_counters& counters_;
  opening opening_;
  unsigned number_;  // of this core in the budget
  std::uint64_t epoch_ = 0;
  std::uint64_t tls_turn_ = 0;    // of the settings in force
  std::vector<lease> idle_ = {};  // the last used at the end
  waiting_line line_;
  std::size_t open_ = 0;
  net::deadline idle_check_;
  std::map<std::string, pair> pairs_ = {};  // by key; none where nothing is kept warm
  std::map<std::string, std::weak_ptr<const wiped>> keys_ = {};  // by user
  errand* warming_ = nullptr;  // what is opened without being asked for
  bool closing_ = false;
  std::minstd_rand dice_;
  net::task_group tasks_;  // one reads each connection, one keeps warm
};

}  // namespace skein::proxy
