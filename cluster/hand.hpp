// What carries orders to one member, and brings back what it says of itself: two threads of its
// own, because both block, and a heartbeat is to be in no order's way. It decides nothing.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "backends/backend.hpp"
#include "cluster/decide.hpp"
#include "coordination/boot_clock.hpp"

namespace skein::cluster {

struct order {
  step what = step::rest;  // rest: none
  member_address of = {};
  unsigned acks = 0;
  // It is not begun later: whoever was asleep meanwhile knows no more who decides, nor what.
  coordination::boot_time until = coordination::boot_time::max();
};

// Until when they hold aside.
bool same_order(const order& one, const order& other);

// That it leads, as that is written down there.
struct lead_writing {
  std::uint64_t epoch = 0;             // it has been, of that one; 0: it has not
  std::optional<moment> failing = {};  // it could not be since then ...
  bool refused = false;                // ... and that is not to be done
  std::string trouble = {};            // why
};

// What is known of a member by way of its hand.
struct hand_word {
  std::optional<duties> told = {};  // as it was examined last
  std::string unheard = {};         // why it could not be, of late
  moment examined = {};             // begun then ...
  moment examined_since = {};       // ... and the first one
  moment grew = {};                 // what it has received was seen to have grown
  moment fenced_since = {};         // as far as is known
  bool promoted = false;            // it said that it leads when it was told to, the last time ...
  std::string mark = {};            // ... and where its history begins
  bool told_to_stop = false;
  std::optional<std::size_t> open = {};  // transactions, of others ...
  moment counted = {};                   // ... when they were counted
  std::string trouble = {};              // why the last order failed ...
  std::optional<moment> troubled = {};   // ... and the first like it in a row
  heartbeat beat = {};
  std::optional<moment> beating = {};  // one is under way since
  lead_writing record = {};
};

class hand {
 public:
  hand(std::string cluster, std::string member, std::unique_ptr<role_changer> changer,
       std::chrono::milliseconds beat_interval);
  hand(const hand&) = delete;
  ~hand();
  void start();  // once is enough
  void stop();   // ends what is under way and joins

  // From now on, in the place of what it was told before and has not begun; `hurried`: what it says
  // is wanted soon.
  void obey(order next, bool hurried);
  // It leads in that epoch, or does not: who leads has a heartbeat, and has it written down.
  void expect(bool leads, std::uint64_t epoch);
  hand_word word() const;
  bool follows_while_it_runs() const { return changer_->follows_while_it_runs(); }

 private:
  void carry();
  void pulse();
  bool carry_out(const order& what);
  result<bool> give(const order& what);
  result<bool> promote();
  void note(moment begun, result<duties> told);
  void note_record(moment begun);
  bool must_record() const;
  void record_lead(std::unique_lock<std::mutex>& lock);

  const std::string cluster_;
  const std::string member_;
  const std::unique_ptr<role_changer> changer_;
  const std::chrono::milliseconds beat_interval_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  order next_ = {};
  bool hurried_ = false;
  bool leads_ = false;
  bool begins_ = false;  // it was told to lead, and where its history begins is not known yet
  std::uint64_t epoch_ = 0;
  moment recorded_ = {};
  moment record_tried_ = {};
  bool record_again_ = false;
  step told_last_ = step::rest;
  hand_word word_ = {};
  std::thread orders_ = {};
  std::thread beats_ = {};
};

}  // namespace skein::cluster
