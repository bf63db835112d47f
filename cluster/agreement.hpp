// Several Skeins before one cluster: the watch here learns what they have agreed on about the lead,
// the keeper whether it decides and whether the next may be promoted. Where no coordination is set
// this Skein is alone, decides, and may.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "cluster/agreed.hpp"
#include "cluster/watch.hpp"
#include "coordination/council.hpp"

namespace skein::cluster {

class agreement {
 public:
  // Calls `then` once all cores go by what the watch has published up to now.
  using passer = std::function<void(std::function<void()> then)>;

  agreement(std::optional<coordination::council_settings> with,
            std::vector<member_settings> members, watch& tells, passer cores);
  agreement(const agreement&) = delete;
  ~agreement() { stop(); }
  void start();
  void stop();  // gives up what it holds; nothing may be written here from then on
  // Not while the keeper runs, if anything has changed.
  void adopt(std::optional<coordination::council_settings> with,
             std::vector<member_settings> members);
  bool differs(const std::optional<coordination::council_settings>& with,
               const std::vector<member_settings>& members) const;

  bool alone() const;
  struct standing {
    coordination::outlook told = {};  // as the watch has been told already
    std::string trouble = {};         // why the last thing that was said was not taken
  };
  standing now() const;
  // Has the others told, if they need be; at each decision, by who decides. `seen`: the epoch that
  // the watch shows. False: nobody may be promoted yet.
  bool tell(const standing& where, const intention& what, std::uint64_t seen);
  void offer(bool willing);  // to decide
  bool all_hold() const;     // by what was told last nothing new is begun
  std::string in_words() const;

 private:
  struct word {
    speech what = speech::nothing;
    intention meant = {};
    std::uint64_t seen = 0;
  };
  std::expected<coordination::lead_record, std::string> say(const word& what);

  void hear(const coordination::outlook& news);
  void lay_down();
  void speak();

  std::optional<coordination::council_settings> with_;
  std::vector<member_settings> members_;
  watch& watch_;
  const passer cores_;
  std::unique_ptr<coordination::council> council_ = {};
  std::thread speaking_ = {};
  mutable std::mutex mutex_;
  std::mutex hearing_ = {};
  bool deaf_ = false;  // nothing more is heard
  std::condition_variable wake_;
  bool stopping_ = false;
  bool busy_ = false;
  word next_ = {};
  standing told_ = {};
};

// Whether that Skein may decide now.
bool decides(const agreement& whose, const agreement::standing& where);

}  // namespace skein::cluster
