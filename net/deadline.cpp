// A hashed timing wheel. A deadline lies in the slot of its tick modulo the slots, or in any slot
// that is visited sooner; a visit fires what is due, moves what moved and leaves what is a round
// or more away.
#include "net/deadline.hpp"

#include <cstdio>
#include <cstdlib>

namespace skein::net {

namespace {

constexpr auto longest = std::chrono::hours(24 * 365);  // keeps the sum of times from overflowing

}  // namespace

deadline_wheel::~deadline_wheel() {
  if (linked_ == 0) return;
  std::fprintf(stderr, "skein: a deadline wheel was destroyed before %zu of its deadlines\n",
               linked_);
  std::abort();
}

// Rounded up, so that a deadline is never early.
std::int64_t deadline_wheel::tick_of(steady_time due) const {
  return (due - origin_ + tick - steady_time::duration(1)) / tick;
}

std::int64_t deadline_wheel::visit_from(std::int64_t first, std::int64_t slot) {
  return first + (slot - first % slots + slots) % slots;
}

std::int64_t deadline_wheel::first_visit() const {
  if (idle()) return never;
  std::int64_t at = turned_ + 1;
  while (!heads_[static_cast<std::size_t>(at % slots)]) ++at;
  return at;
}

steady_time deadline_wheel::next_turn() const {
  return next_ == never ? steady_time::max() : origin_ + next_ * tick;
}

void deadline_wheel::link(deadline& added, std::int64_t due_tick) {
  added.slot_ = due_tick % slots;
  deadline*& head = heads_[static_cast<std::size_t>(added.slot_)];
  added.next_ = head;
  added.link_ = &head;
  if (head) head->link_ = &added.next_;
  head = &added;
  ++linked_;
}

void deadline_wheel::unlink(deadline& gone) {
  *gone.link_ = gone.next_;
  if (gone.next_) gone.next_->link_ = gone.link_;
  gone.link_ = nullptr;
  --linked_;
}

void deadline_wheel::turn(steady_time now) {
  if (now <= now_) return;
  now_ = now;
  const std::int64_t before = turned_;
  turned_ = (now - origin_) / tick;  // before any call, so that what it arms lies in the future
  if (turned_ < next_) return;
  const std::int64_t after = std::min(turned_, before + slots);
  next_ = turned_;  // meanwhile nothing is sooner
  for (std::int64_t at = before + 1; at <= after; ++at) visit(at % slots);
  next_ = first_visit();
}

void deadline_wheel::visit(std::int64_t slot) {
  deadline*& head = heads_[static_cast<std::size_t>(slot)];
  // The list moves to a head of its own: what the calls link into this slot waits for its next
  // visit, and what they destroy unlinks itself from either.
  deadline* list = std::exchange(head, nullptr);
  if (list) list->link_ = &list;
  while (list) {
    deadline& at = *list;
    unlink(at);
    if (at.due_ == steady_time::max()) continue;
    const std::int64_t due_tick = tick_of(at.due_);
    if (due_tick <= turned_) {
      fire(at);
    } else {
      link(at, due_tick);
    }
  }
}

void deadline_wheel::fire(deadline& due) {
  due.due_ = steady_time::max();
  due.passed_ = true;
  firing_ = &due;
  auto call = std::move(due.on_passed_);  // may destroy its deadline, so must not live in it
  call();
  if (firing_) due.on_passed_ = std::move(call);
  firing_ = nullptr;
}

deadline::deadline(deadline_wheel& wheel, std::function<void()> on_passed)
    : wheel_(wheel), on_passed_(std::move(on_passed)) {}

deadline::~deadline() {
  if (link_) wheel_.unlink(*this);
  if (wheel_.firing_ == this) wheel_.firing_ = nullptr;
}

void deadline::arm(steady_time::duration from_now) {
  passed_ = false;
  const steady_time now = wheel_.read_clock();
  due_ = now + std::clamp<steady_time::duration>(from_now, {}, longest);
  // The wheel may not have been turned for long.
  const std::int64_t first =
      std::max(wheel_.turned_, (now - wheel_.origin_) / deadline_wheel::tick) + 1;
  const std::int64_t due_tick = std::max(wheel_.tick_of(due_), first);
  // Where we lie is visited soon enough, as a rule: then nothing moves.
  if (link_ && wheel_.visit_from(first, slot_) <= due_tick) return;
  if (link_) wheel_.unlink(*this);
  wheel_.link(*this, due_tick);
  const std::int64_t visit = wheel_.visit_from(first, slot_);
  if (visit >= wheel_.next_) return;
  wheel_.next_ = visit;
  if (wheel_.on_sooner) wheel_.on_sooner();
}

}  // namespace skein::net
