// The observers of one cluster: a thread a member looks at it again and again, with jitter so that
// several Skeins do not look in step; each look is judged and the view published. Threads of their
// own, because a look blocks; of what is here a proxy core calls hurry() alone.
#pragma once

#include <atomic>
#include <condition_variable>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "backends/backend.hpp"
#include "cluster/judge.hpp"
#include "cluster/orphans.hpp"
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
  // Skein moves the lead itself: nobody leads before all members have been looked at, for who
  // answers first may be one that has lost the lead.
  bool careful = false;
  bool vouched = false;                     // ... nor before it is vouched for
  bool together = false;                    // ... nor before `agree` has been told of it
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
  struct knowledge {
    routing::view now = {};
    std::vector<member_news> news = {};
    std::shared_ptr<orphan_board> orphans = {};  // to be told there; null: nobody asks
  };
  knowledge known() const;
  // Of each member, whether it has what who leads has not.
  orphan_board::findings orphans() const { return orphans_->now(); }
  // For how long the leader had had what is missing there; empty: nobody knows.
  std::optional<std::chrono::milliseconds> lack(const position& received) const;
  // It leads no more, whatever it says, until it has been seen to follow.
  void depose(std::size_t member);
  // What members remember of the time before this Skein: that one led last, in that epoch, or
  // nobody, and those have lost the lead to it. News where nobody has led yet, or where who leads
  // did so in a later epoch.
  void recall(std::optional<std::size_t> member, std::uint64_t epoch,
              const std::vector<std::size_t>& outdated);
  // As long as it leads nothing is sent to it that is no read, for that reason; empty: no longer.
  void hold(std::size_t member, std::string why);
  // What several Skeins have agreed on; where `together` is set.
  void agree(agreed_lead what);
  // No reads are sent to that member from now on, and it is never promoted; or again. A sentence
  // that says so, or why not.
  std::expected<std::string, std::string> drain(const std::string& member, bool out_of_work);
  // That what it acknowledges lasts, or not, as was found in a look that began then; and where its
  // history as leader began, where that is known.
  void vouch(std::size_t member, bool lasts, routing::moment looked, const std::string& mark);
  // What is acknowledged has reached so many followers only, where more are promised; empty: as
  // many as are.
  void fall_short(std::optional<unsigned> acks, unsigned promised);
  // Somebody has written, and waits for followers to show it: for a second from now on, every
  // member that answers is looked at each quick_interval. From any thread, as often as one likes.
  void hurry();

 private:
  void open_observers();
  void observe(std::size_t member);
  bool rest(std::size_t member, double stretch);  // false: it is over
  void hear(std::size_t member, routing::moment asked, contact met, result<observation> seen);
  caution initial_caution() const;
  std::shared_ptr<routing::cluster_view> judge_all(const routing::cluster_view* previous);
  bool hurried(routing::moment at) const;
  template <typename Change>
  void judge_anew(Change change);

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
  caution how_ = {};
  routing::view now_;
  std::shared_ptr<orphan_board> orphans_ = std::make_shared<orphan_board>();
};

}  // namespace skein::cluster
