// Many deadlines, few timers. Arming stores a time and, as a rule, nothing else: a deadline that
// moves later is found by the wheel when its old place comes round, and put where it belongs then.
// Time is passed in, so tests turn the wheel by hand; core.cpp turns it by a timer.
#pragma once

#include <array>
#include <functional>
#include <limits>

#include "net/asio.hpp"

namespace skein::net {

class deadline;

class deadline_wheel {
 public:
  static constexpr std::chrono::milliseconds tick{10};
  // What time it is when a deadline is armed. Without one it is the time of the last turn.
  using clock = steady_time (*)();

  explicit deadline_wheel(steady_time now, clock reads = nullptr)
      : origin_(now), now_(now), clock_(reads) {}
  deadline_wheel(const deadline_wheel&) = delete;
  ~deadline_wheel();  // no deadline may be left
  // Calls what is due, in no order. A call may arm, disarm and destroy any deadline, its own
  // included; it must not turn the wheel.
  void turn(steady_time now);
  steady_time now() const { return now_; }  // as of the last turn, which may be long ago
  steady_time read_clock() const { return clock_ ? clock_() : now_; }
  bool idle() const { return linked_ == 0; }
  // When the wheel must be turned next: there is nothing to see before. Max: it is idle.
  steady_time next_turn() const;
  std::function<void()> on_sooner = {};  // `next_turn` has come nearer: set the timer anew

 private:
  friend class deadline;
  static constexpr std::int64_t slots = 512;  // about five seconds a round
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  std::int64_t tick_of(steady_time due) const;
  // The first tick, from that one on, at which the slot is visited.
  static std::int64_t visit_from(std::int64_t first, std::int64_t slot);
  std::int64_t first_visit() const;
  void link(deadline& added, std::int64_t due_tick);
  void unlink(deadline& gone);
  void fire(deadline& due);
  void visit(std::int64_t slot);

  steady_time origin_;
  steady_time now_;
  clock clock_;
  std::int64_t turned_ = 0;    // the last tick whose slot was visited
  std::int64_t next_ = never;  // no slot that is visited before has a deadline
  std::size_t linked_ = 0;
  deadline* firing_ = nullptr;  // null again when its call destroyed it
  std::array<deadline*, slots> heads_ = {};
};

class deadline {
 public:
  deadline(deadline_wheel& wheel, std::function<void()> on_passed);
  deadline(const deadline&) = delete;
  ~deadline();
  // Never early by the clock that the wheel reads; late by at most two ticks and what the loop is
  // late.
  void arm(steady_time::duration from_now);
  void disarm() { due_ = steady_time::max(); }  // the wheel lets go of it when it comes round
  bool armed() const { return due_ != steady_time::max(); }
  bool passed() const { return passed_; }  // since the last arm

 private:
  friend class deadline_wheel;
  deadline_wheel& wheel_;
  std::function<void()> on_passed_;
  steady_time due_ = steady_time::max();  // max: not armed
  deadline* next_ = nullptr;
  deadline** link_ = nullptr;  // what points at us; null: not in the wheel
  std::int64_t slot_ = 0;
  bool passed_ = false;
};

}  // namespace skein::net
