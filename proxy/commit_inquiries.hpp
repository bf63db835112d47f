// Asks who leads what became of commits whose answers were lost, for all cores of one cluster: one
// thread that asks, because that blocks. A core asks once a commit and never waits here: the answer
// is posted to it. What is told by a leader counts only as long as the lead is still its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backends/commits.hpp"
#include "routing/view.hpp"

namespace skein::proxy {

class commit_inquiries {
 public:
  using open_inquiry = std::function<std::unique_ptr<commit_inquiry>(const member_address& at)>;
  using teller = std::function<void(commit_fate)>;

  commit_inquiries(std::string cluster, open_inquiry open);
  commit_inquiries(const commit_inquiries&) = delete;
  ~commit_inquiries() { stop(); }
  void start();
  void stop();  // who waits is not told any more; joins
  void adopt(open_inquiry open);

  // From any thread.
  void see(const routing::view& now);
  // `epoch`: in which the commit was sent to who led. `tell` is called on our thread.
  void ask(std::string token, std::uint64_t epoch, routing::moment until, teller tell);

 private:
  using lock = std::unique_lock<std::mutex>;
  struct question {
    std::string token = {};
    std::uint64_t epoch = 0;
    routing::moment until = {};
    teller tell = {};
  };
  // Whom to ask, and by which marks; nothing: nobody can be asked now.
  struct way {
    member_address at = {};
    std::uint64_t epoch = 0;
    std::vector<std::string> marks = {};
    bool known = true;  // false: of some epoch there is no mark
  };

  void work();
  std::optional<way> way_for(const question& asked) const;
  std::optional<commit_fate> try_to_tell(lock& held, const question& asked);
  commit_inquiry* inquiry_at(const member_address& at);
  bool leads_still(const way& by) const;

  const std::string cluster_;
  open_inquiry open_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool news_ = false;  // the lead has moved, or somebody asks
  routing::view view_ = {};
  std::map<std::uint64_t, std::string> marks_ = {};  // by epoch, of the last few
  std::vector<question> asked_ = {};
  std::vector<std::pair<member_address, std::unique_ptr<commit_inquiry>>> places_ = {};
  decltype(places_) retired_ = {};
  std::thread thread_ = {};
};

}  // namespace skein::proxy
