#include "proxy/budget.hpp"

namespace skein::proxy {

unsigned budget::join(core_calls core) {
  cores_.push_back(std::move(core));
  return static_cast<unsigned>(cores_.size() - 1);
}

bool budget::take() {
  if (free() == 0 || logins_ >= logins_max_) return false;
  ++taken_;
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
  if (taken_ > size_ || logins_ >= logins_max_ || used.signing_in_) return false;
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
  if (!anybody_waits() && !overdrawn()) return {};
  const std::lock_guard lock(mutex_);
  if (taken_ > size_) return {waiting_line::fate::closes};
  const auto told = line_.offer(back, free());
  count();
  return told;
}

bool budget::used_up() {
  const std::lock_guard lock(mutex_);
  return free() == 0;
}

std::optional<waiting_line::turn> budget::take_for_next() {
  if (line_.size() == 0 || !take()) return std::nullopt;
  const auto next = line_.next();
  count();
  return next;
}

void budget::resize(std::size_t size, std::size_t logins_max) {
  std::vector<waiting_line::turn> all;
  {
    const std::lock_guard lock(mutex_);
    size_ = size;
    logins_max_ = logins_max;
    weigh();
    while (const auto next = take_for_next()) all.push_back(*next);
  }
  for (const auto& each : all) call(each);
}

void budget::call(const std::optional<waiting_line::turn>& next) {
  if (next) cores_[next->core].on_turn(next->ticket, slot(*this));
}

void budget::release(bool signing_in) {
  std::optional<waiting_line::turn> next;
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    weigh();
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
