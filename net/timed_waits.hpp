// The times that a core waits for, soonest first: a heap of what net/timer puts into it.
#pragma once

#include "net/waiter.hpp"

namespace skein::net {

struct timed_wait {
  static constexpr std::size_t nowhere = ~0UZ;
  steady_time due = {};
  std::size_t place = nowhere;  // in the heap
  waiter_list waiting = {};
};

class timed_waits {
 public:
  // When the first is due; max: never.
  steady_time first() const { return heap_.empty() ? steady_time::max() : heap_.front()->due; }
  void add(timed_wait& added);
  void remove(timed_wait& gone);  // if it is there
  void take_due(steady_time now, waiter_list& into);
  void take_all(waiter_list& into);

 private:
  void put(timed_wait& moved, std::size_t at);
  void settle(timed_wait& moved, std::size_t at);

  std::vector<timed_wait*> heap_ = {};
};

}  // namespace skein::net
