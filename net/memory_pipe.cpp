// Bells are timers that never expire: cancelling one wakes who waits on it.
#include "net/memory_pipe.hpp"

#include "net/timer.hpp"

namespace skein::net {

bool fault_plan::due() {
  ++operations;
  if (!remaining) return false;
  if (*remaining > 0) {
    --*remaining;
    return false;
  }
  return true;
}

error_code fault_plan::next() {
  if (!due()) return {};
  if (!instead) return asio::error::connection_reset;
  remaining.reset();
  std::exchange(instead, nullptr)();
  return {};
}

struct memory_end::bell {
  explicit bell(executor where) : timer_(where, steady_time::max()) {}
  // A waiter whose task was cancelled before is not counted, and so knows what woke it.
  void ring() { rung += timer_.cancel(); }

  timer timer_;
  std::size_t rung = 0;       // how many waiters were woken
  std::size_t cancelled = 0;  // how often the end that waits here was cancelled
};

struct memory_end::lane {
  lane(executor where, std::size_t fits) : capacity(fits), readable(where), writable(where) {}
  bool ready(direction where) const {
    if (reset) return true;
    if (where == direction::read) return !bytes.empty() || writer_closed;
    return bytes.size() < capacity || reader_closed;
  }
  bool closed_here(direction where) const {
    return where == direction::read ? reader_closed : writer_closed;
  }
  bell& at(direction where) { return where == direction::read ? readable : writable; }

  std::size_t capacity;
  std::deque<std::byte> bytes = {};
  bool writer_closed = false;
  bool reader_closed = false;
  bool reset = false;
  bell readable;
  bell writable;
};

memory_end::memory_end(std::shared_ptr<lane> in, std::shared_ptr<lane> out,
                       std::shared_ptr<fault_plan> plan)
    : in_(std::move(in)), out_(std::move(out)), plan_(std::move(plan)) {}

memory_end& memory_end::operator=(memory_end&& other) noexcept {
  if (this == &other) return *this;
  close();
  in_ = std::move(other.in_);
  out_ = std::move(other.out_);
  plan_ = std::move(other.plan_);
  return *this;
}

std::pair<memory_end, memory_end> memory_end::connect(executor where, std::size_t capacity,
                                                      std::shared_ptr<fault_plan> plan) {
  auto there = std::make_shared<lane>(where, capacity);
  auto back = std::make_shared<lane>(where, capacity);
  return {memory_end(back, there, plan), memory_end(there, back, plan)};
}

attempt memory_end::read_now(std::span<std::byte> into) {
  if (!open()) return {.failure = asio::error::bad_descriptor};
  const auto lane = in_;  // `instead` may close this end
  if (plan_) {
    if (const auto failure = plan_->next()) return {.failure = failure};
  }
  if (lane->reader_closed) return {.failure = asio::error::bad_descriptor};
  if (lane->reset) return {.failure = asio::error::connection_reset};
  if (lane->bytes.empty()) return {.blocked = !lane->writer_closed};
  const auto moved = std::min(into.size(), lane->bytes.size());
  const auto end = lane->bytes.begin() + static_cast<std::ptrdiff_t>(moved);
  std::copy(lane->bytes.begin(), end, into.begin());
  lane->bytes.erase(lane->bytes.begin(), end);
  lane->writable.ring();
  return {.bytes = moved};
}

attempt memory_end::write_now(std::span<const std::byte> from) {
  if (!open()) return {.failure = asio::error::bad_descriptor};
  const auto lane = out_;
  if (plan_) {
    if (const auto failure = plan_->next()) return {.failure = failure};
  }
  if (lane->writer_closed) return {.failure = asio::error::bad_descriptor};
  if (lane->reset) return {.failure = asio::error::connection_reset};
  if (lane->reader_closed) return {.failure = asio::error::broken_pipe};
  const auto moved = std::min(from.size(), lane->capacity - lane->bytes.size());
  if (moved == 0) return {.blocked = !from.empty()};
  lane->bytes.insert(lane->bytes.end(), from.begin(),
                     from.begin() + static_cast<std::ptrdiff_t>(moved));
  lane->readable.ring();
  return {.bytes = moved};
}

// Holding the lane: the end may be moved or destroyed while somebody waits.
void memory_end::begin_for(direction where, executor home, asio::cancellation_slot slot,
                           std::move_only_function<void(error_code)> call) {
  const auto tell_at_once = [&](error_code why) {
    asio::post(home, [call = std::move(call), why]() mutable { call(why); });
  };
  const auto on = where == direction::read ? in_ : out_;
  if (!on || on->closed_here(where)) return tell_at_once(asio::error::bad_descriptor);
  bell& here = on->at(where);
  if (plan_ && plan_->due()) {
    if (!plan_->instead) return tell_at_once(asio::error::connection_reset);
    plan_->remaining.reset();
    // Later, when the waiter is suspended: the difficult moment to be cancelled at.
    asio::post(home, std::exchange(plan_->instead, nullptr));
  }
  // A socket that is ready reports through the event loop as well.
  const bool ready = on->ready(where);
  auto wake = [on, where, ready, rung = here.rung, cancelled = here.cancelled,
               call = std::move(call)](error_code) mutable {
    const bell& there = on->at(where);
    const bool woken = ready || there.rung != rung;
    const bool aborted = !woken || there.cancelled != cancelled || on->closed_here(where);
    call(aborted ? error_code(asio::error::operation_aborted) : error_code());
  };
  if (ready) {
    asio::post(home, [wake = std::move(wake)]() mutable { wake({}); });
  } else {
    here.timer_.async_wait(asio::bind_cancellation_slot(slot, std::move(wake)));
  }
}

bool memory_end::open() const {
  return in_ && !in_->reader_closed;
}

void memory_end::cancel() {
  if (!open()) return;
  for (bell* mine : {&in_->readable, &out_->writable}) {
    ++mine->cancelled;
    mine->ring();
  }
}

void memory_end::close() {
  if (!open()) return;
  in_->reader_closed = true;
  in_->bytes.clear();
  out_->writer_closed = true;
  for (lane* each : {in_.get(), out_.get()}) {
    each->readable.ring();
    each->writable.ring();
  }
}

void memory_end::reset() {
  if (!open()) return;
  in_->reset = out_->reset = true;
  out_->bytes.clear();
  close();
}

}  // namespace skein::net
