// A core at work: its thread, its listeners, its sessions, its branch of every cluster. Workers
// share nothing but budgets and the count of clients; a cancel for another's session is posted to
// it.
#pragma once

#include <deque>
#include <future>

#include "metrics/counters.hpp"
#include "net/acceptor.hpp"
#include "net/core.hpp"
#include "net/task_group.hpp"
#include "proxy/admission.hpp"
#include "proxy/branch.hpp"
#include "proxy/console_desk.hpp"
#include "proxy/inheritance.hpp"
#include "proxy/session.hpp"
#include "proxy/session_table.hpp"

namespace skein::proxy {

// Of one core, one a cluster; shared with whoever exports them.
using worker_counters = std::vector<std::shared_ptr<metrics::core_counters>>;

// One a cluster, of all cores; null where users are not looked up.
using user_lookups = std::vector<std::unique_ptr<user_lookup>>;

// One a cluster, of all cores; null where what databases define is not read.
using cluster_catalogs = std::vector<std::unique_ptr<catalogs>>;

// One a cluster, of all cores; null where what became of a commit cannot be asked.
using cluster_inquiries = std::vector<std::unique_ptr<commit_inquiries>>;

class worker {
 public:
  worker(unsigned number, settings_in_force settings, std::deque<member_budgets>& budgets,
         const worker_counters& counters, const user_lookups& lookups,
         const cluster_catalogs& defined, const cluster_inquiries& inquiries, admission& doors);
  worker(const worker&) = delete;

  // Before `start`. The error names the address.
  std::expected<void, std::string> listen(std::size_t listener, const net::endpoint& on);
  std::expected<void, std::string> adopt(std::size_t listener, net::owned_handle listening);
  std::uint16_t port(std::size_t listener) const;  // 0: it is not at this one
  void inherit(unsigned generation, relays elsewhere);
  // Accepts at once, or only after `open_doors`.
  void start(std::vector<worker*> all, bool open = true);

  // From any thread.
  void open_doors();
  void keep_doors();  // what was inherited is ours from here on, see net::acceptor::keep_file
  std::future<std::deque<passed_door>> copy_doors();
  void cancel(cancel_key key, std::function<void()> done);
  void obey(session_order what, std::function<void(result<void>)> done);
  void see(std::size_t cluster, routing::view view);
  void pass(std::function<void()> then);            // after what it was shown until now
  std::future<void> adopt(settings_in_force next);  // set once they hold here
  void stop_accepting(passed_on others = {});
  void drain();
  void end_all();
  // Set once every session has ended. The thread goes on: another core may still need an answer.
  std::future<void> quiet();
  void finish();  // blocks until nothing is left to do, then ends the thread
  net::core& core() { return core_; }

  // For the console. On the core's own thread, but for what of a branch any thread may read.
  branch& home(std::size_t cluster) { return *branches_[cluster]; }
  const std::set<session*>& sessions() const { return sessions_; }
  // Cancels what it runs, and ends it; false: it is not here.
  bool end_session(std::uint64_t number, error why);
  // From any thread.
  std::future<result<console::table>> explain(console::command asked);

 private:
  struct door {
    std::size_t listener;
    net::acceptor at;
  };
  net::awaitable<> accept(door& from);
  net::awaitable<> answer_cancel(cancel_key key, std::function<void()> done);
  net::awaitable<> receive(net::stream client, std::size_t listener);
  void admit(session& life);
  net::awaitable<> route_cancel(cancel_key key);
  net::awaitable<> cancel_here(cancel_key key, std::function<void()> done);
  // See worker_orders.cpp.
  net::awaitable<result<void>> route_order(session_order what);
  net::awaitable<> obey_here(session_order what, std::function<void(result<void>)> done);
  net::awaitable<> answer_order(session_order what, std::function<void(result<void>)> done);
  session* numbered(std::uint64_t number) const;
  net::awaitable<> strike(std::uint64_t number, error why);
  net::awaitable<> join_all();
  net::awaitable<> tell_when_quiet(std::promise<void> told);
  net::awaitable<> settle();
  static error stopping();

  void note_listeners();

  settings_in_force settings_;  // replaced on the core's own thread
  std::deque<listener_in_force> listeners_ = {};
  admission& doors_;
  net::core core_;
  net::socket_dialer dial_;
  std::vector<std::unique_ptr<branch>> branches_ = {};
  std::deque<door> doors_open_ = {};
  session_table table_;
  std::set<session*> sessions_ = {};  // also those that are still signing in
  std::vector<worker*> all_ = {};
  cancel_router cancels_;
  relays elsewhere_ = {};  // for keys of another process
  console_desk console_;
  net::task_group accepting_;
  net::task_group living_;
  net::task_group closing_;
  bool draining_ = false;
};

}  // namespace skein::proxy
