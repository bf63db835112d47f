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
  const std::int64_t after = std::min(turned_, before + slots);
  if (idle()) return;
  for (std::int64_t at = before + 1; at <= after; ++at) visit(at % slots);
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
  due_ = wheel_.read_clock() + std::clamp<steady_time::duration>(from_now, {}, longest);
  const std::int64_t due_tick = std::max(wheel_.tick_of(due_), wheel_.turned_ + 1);
  if (link_) {
    // Where we lie is visited soon enough, as a rule: then nothing moves.
    const std::int64_t next = wheel_.turned_ + 1;
    const std::int64_t away =
        (slot_ - next % deadline_wheel::slots + deadline_wheel::slots) % deadline_wheel::slots;
    if (next + away <= due_tick) return;
    wheel_.unlink(*this);
  }
  const bool first = wheel_.idle();
  wheel_.link(*this, due_tick);
  if (first && wheel_.on_first) wheel_.on_first();
}

}  // namespace skein::net
