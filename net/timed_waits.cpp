#include "net/timed_waits.hpp"

namespace skein::net {

void timed_waits::put(timed_wait& moved, std::size_t at) {
  heap_[at] = &moved;
  moved.place = at;
}

// From a free place to the one where it is no sooner than its parent and no later than its
// children.
void timed_waits::settle(timed_wait& moved, std::size_t at) {
  while (at > 0 && moved.due < heap_[(at - 1) / 2]->due) {
    put(*heap_[(at - 1) / 2], at);
    at = (at - 1) / 2;
  }
  for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1]->due < heap_[child]->due) ++child;
    if (heap_[child]->due >= moved.due) break;
    put(*heap_[child], at);
    at = child;
  }
  put(moved, at);
}

void timed_waits::add(timed_wait& added) {
  heap_.push_back(&added);
  settle(added, heap_.size() - 1);
}

void timed_waits::remove(timed_wait& gone) {
  const std::size_t at = std::exchange(gone.place, timed_wait::nowhere);
  if (at == timed_wait::nowhere) return;
  timed_wait& last = *heap_.back();
  heap_.pop_back();
  if (&last != &gone) settle(last, at);
}

void timed_waits::take_due(steady_time now, waiter_list& into) {
  while (!heap_.empty() && heap_.front()->due <= now) {
    timed_wait& due = *heap_.front();
    remove(due);
    into.take(due.waiting);
  }
}

void timed_waits::take_all(waiter_list& into) {
  while (!heap_.empty()) {
    timed_wait& last = *heap_.back();
    remove(last);
    into.take(last.waiting);
  }
}

}  // namespace skein::net
