// The observers of one cluster: a thread a member looks at it again and again, with jitter so that
// several Skeins do not look in step; each look is judged and the view published. Threads of their
// own, because a look blocks; of what is here a proxy core calls hurry() alone.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "backends/backend.hpp"
#include "cluster/judge.hpp"
#include "cluster/readers.hpp"

namespace skein::cluster {

struct watch_settings {
  std::string cluster = {};
  std::vector<member_settings> members = {};
  tls_settings tls = {};
  credentials who = {};
  std::string database = {};
  std::chrono::milliseconds interval{200};
  std::chrono::milliseconds quick_interval{25};  // while somebody hurries
  std::chrono::milliseconds timeout{2000};
  std::chrono::milliseconds max_lag{5000};  // a follower that is further behind serves no reads
};

class watch {
 public:
  // Called on an observer's thread, one call at a time, with each new view.
  using publish = std::function<void(routing::view)>;

  watch(watch_settings settings, const backend& database, publish tell);
  watch(const watch&) = delete;
  ~watch();
  void start();
  void stop();  // ends looks under way and joins
  // Looks at these from now on. Who leads goes on to lead, if it is among them; what is known of a
  // member at its address stays known. Not while another thread starts or stops it.
  void adopt(watch_settings next);
  routing::view now() const;
  // Somebody has written, and waits for followers to show it: for a second from now on, every
  // member that answers is looked at each quick_interval. From any thread, as often as one likes.
  void hurry();

 private:
  void open_observers();
  void observe(std::size_t member);
  bool rest(std::size_t member, double stretch);  // false: it is over
  void hear(std::size_t member, routing::moment asked, result<observation> seen);
  std::shared_ptr<routing::cluster_view> judge_all(const routing::cluster_view* previous);
  bool hurried(routing::moment at) const;

  watch_settings settings_;
  const backend& database_;
  publish tell_;
  std::vector<std::unique_ptr<observer>> observers_ = {};
  std::vector<std::thread> threads_ = {};
  mutable std::mutex mutex_;
  std::mutex telling_;  // keeps views in order on their way out
  std::condition_variable wake_;
  bool stopping_ = false;
  std::atomic<routing::moment> hurried_until_{routing::moment{}};
  std::vector<member_news> news_;
  reader_ledger readers_ = {};
  routing::view now_;
};

}  // namespace skein::cluster
