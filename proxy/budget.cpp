#include "proxy/budget.hpp"

namespace skein::proxy {

unsigned budget::join(core_calls core) {
  cores_.push_back(std::move(core));
  return static_cast<unsigned>(cores_.size() - 1);
}

std::optional<budget::slot> budget::try_take() {
  const std::lock_guard lock(mutex_);
  if (free_ == 0) return std::nullopt;
  --free_;
  return slot(*this);
}

std::optional<budget::slot> budget::take_or_wait(std::uint64_t& ticket,
                                                 const waiting_line::fit& wanted) {
  {
    const std::lock_guard lock(mutex_);
    if (free_ > 0) {
      --free_;
      return slot(*this);
    }
    ticket = line_.join(ticket, wanted);
    count();
  }
  for (auto& core : cores_) core.on_wanted();
  return std::nullopt;
}

void budget::stop_waiting(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  line_.leave(ticket);
  count();
}

waiting_line::verdict budget::offer(const waiting_line::fit& back) {
  // Who starts to wait just now finds what stays by its call to every core.
  if (!anybody_waits()) return {};
  const std::lock_guard lock(mutex_);
  const auto told = line_.offer(back);
  count();
  return told;
}

void budget::release() {
  std::optional<waiting_line::turn> next;
  {
    const std::lock_guard lock(mutex_);
    next = line_.next();
    if (!next) {
      ++free_;
      return;
    }
    count();
  }
  cores_[next->core].on_turn(next->ticket, slot(*this));
}

}  // namespace skein::proxy
