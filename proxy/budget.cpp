#include "proxy/budget.hpp"

namespace skein::proxy {

unsigned budget::join(core_calls core) {
  cores_.push_back(std::move(core));
  return static_cast<unsigned>(cores_.size() - 1);
}

bool budget::take() {
  if (free_ == 0 || logins_ >= logins_max_) return false;
  --free_;
  ++logins_;
  return true;
}

std::optional<budget::slot> budget::try_take() {
  const std::lock_guard lock(mutex_);
  if (!take()) return std::nullopt;
  return slot(*this);
}

bool budget::may_sign_in_anew(slot& used) {
  const std::lock_guard lock(mutex_);
  if (logins_ >= logins_max_ || used.signing_in_) return false;
  ++logins_;
  used.signing_in_ = true;
  return true;
}

std::optional<budget::slot> budget::take_or_wait(std::uint64_t& ticket,
                                                 const waiting_line::fit& wanted) {
  {
    const std::lock_guard lock(mutex_);
    if (take()) return slot(*this);
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
  const auto told = line_.offer(back, free_);
  count();
  return told;
}

bool budget::used_up() {
  const std::lock_guard lock(mutex_);
  return free_ == 0;
}

std::optional<waiting_line::turn> budget::take_for_next() {
  if (line_.size() == 0 || !take()) return std::nullopt;
  const auto next = line_.next();
  count();
  return next;
}

void budget::call(const std::optional<waiting_line::turn>& next) {
  if (next) cores_[next->core].on_turn(next->ticket, slot(*this));
}

void budget::release(bool signing_in) {
  std::optional<waiting_line::turn> next;
  {
    const std::lock_guard lock(mutex_);
    ++free_;
    if (signing_in) --logins_;
    next = take_for_next();
  }
  call(next);
}

void budget::end_login() {
  std::optional<waiting_line::turn> next;
  {
    const std::lock_guard lock(mutex_);
    --logins_;
    next = take_for_next();
  }
  call(next);
}

}  // namespace skein::proxy
