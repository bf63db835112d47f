// Looks users up on the leader, for all cores of one cluster: one thread that asks, because that
// blocks, a cache before it, and one question a user, however many wait for its answer. A core asks
// once a login and never waits here: the answer is posted to it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "backends/directory.hpp"
#include "metrics/log.hpp"
#include "proxy/user_cache.hpp"
#include "routing/view.hpp"

namespace skein::proxy {

struct lookup_settings {
  std::string cluster = {};  // for the log
  user_cache_limits cache = {};
  std::chrono::milliseconds patience{5000};  // for a leader to be there
  std::size_t users_waiting_max = 1000;      // in each of the two lines
};

class user_lookup {
 public:
  using answer = result<std::optional<credentials>>;
  using open_directory = std::function<std::unique_ptr<directory>(const member_address& at)>;

  // Null `open`: nobody asks, and no thread is needed.
  user_lookup(lookup_settings how, open_directory open);
  user_lookup(const user_lookup&) = delete;
  ~user_lookup() { stop(); }
  void start();
  void stop();  // who waits is told; joins
  // From now on in this way; who waits is looked up by it, and what is known is forgotten.
  void adopt(lookup_settings how, open_directory open);

  // From any thread.
  void see(routing::view now);
  // The answer, if it is known or there can be none; else `tell` is called with it, on our thread.
  std::optional<answer> ask(const std::string& user, std::function<void(answer)> tell);
  void doubt(const std::string& user);  // a login with what we said has failed

 private:
  using lock = std::unique_lock<std::mutex>;
  using waiters = std::vector<std::function<void(answer)>>;
  void work();
  bool anybody() const { return !familiar_.empty() || !strangers_.empty(); }
  std::deque<std::string>& next_line();
  std::optional<member_address> await_leader(lock& held);
  answer ask_leader(const std::string& user, const member_address& at);
  directory& directory_at(const member_address& at);
  void tell_all(lock& held, const error& why);
  void note(const error& why);

  lookup_settings how_;
  open_directory open_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  routing::view view_ = {};
  user_cache cache_;
  std::map<std::string, waiters> asked_ = {};
  // Of those, in the order in which they were asked for. Who has been found before does not wait
  // behind names that anybody may think up: the two lines have their turns by halves.
  std::deque<std::string> familiar_ = {};
  std::deque<std::string> strangers_ = {};
  bool stranger_next_ = false;
  // One a member that has led since the start.
  std::vector<std::pair<member_address, std::unique_ptr<directory>>> directories_ = {};
  decltype(directories_) retired_ = {};  // of the way before; our thread may be asking one of them
  std::uint64_t way_ = 0;                // counts `adopt`
  metrics::log::repeat_limit quiet_{std::chrono::seconds(1)};
  std::thread thread_ = {};
};

}  // namespace skein::proxy
