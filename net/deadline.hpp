// Many deadlines, few timers. Arming stores a time and, as a rule, nothing else: a deadline that
// moves later is found by the wheel when its old place comes round, and put where it belongs then.
// Time is passed in, so tests turn the wheel by hand; core.cpp turns it by a timer.
#pragma once

#include <array>
#include <functional>

#include "net/asio.hpp"

namespace skein::net {

class deadline;

class deadline_wheel {
 public:
  static constexpr std::chrono::milliseconds tick{10};

  explicit deadline_wheel(steady_time now) : now_(now) {}
  deadline_wheel(const deadline_wheel&) = delete;
  ~deadline_wheel();
  // Calls what is due, in no order. A call may arm, disarm and destroy any deadline.
  void turn(steady_time now);
  steady_time now() const { return now_; }  // as of the last turn
  bool idle() const { return linked_ == 0; }
  std::function<void()> on_first = {};  // a deadline was linked into an idle wheel: start the timer

 private:
  friend class deadline;
  static constexpr std::size_t slots = 512;  // about five seconds a round
  steady_time now_;
  std::size_t linked_ = 0;
  std::array<deadline*, slots> heads_ = {};
};

class deadline {
 public:
  deadline(deadline_wheel& wheel, std::function<void()> on_passed);
  deadline(const deadline&) = delete;
  ~deadline();
  // Never early; late by at most two ticks and what the loop is late.
  void arm(steady_time::duration from_now);
  void disarm();
  bool passed() const { return passed_; }  // since the last arm

 private:
  friend class deadline_wheel;
  deadline_wheel& wheel_;
  std::function<void()> on_passed_;
  steady_time due_ = steady_time::max();
  deadline* next_ = nullptr;
  deadline** link_ = nullptr;  // what points at us; null: not in the wheel
  std::size_t slot_ = 0;
  bool passed_ = false;
};

}  // namespace skein::net
