#include "proxy/budget.hpp"

namespace skein::proxy {

unsigned budget::join(core_calls core) {
  cores_.push_back(std::move(core));
  called_on_.push_back(std::make_unique<std::atomic<bool>>(false));
  return waiters_.join();
}

bool budget::take() {
  if (free() == 0 || logins_ >= logins_max_) return false;
  ++taken_;
  ++logins_;
  weigh();
  return true;
}

void budget::weigh() {
  overdrawn_.store(taken_ > size_, std::memory_order_relaxed);
  open_.store(taken_ < size_ && logins_ < logins_max_);
}

void budget::resize(std::size_t size, std::size_t logins_max) {
  {
    const std::lock_guard lock(mutex_);
    size_ = size;
    logins_max_ = logins_max;
    weigh();
  }
  for (std::size_t left = waiters_.waiting(); left > 0 && open_.load(); --left) serve_next();
}

std::optional<budget::slot> budget::try_take() {
  if (anybody_waits() || !open_.load(std::memory_order_relaxed)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!take()) return std::nullopt;
  return slot(*this);
}

bool budget::may_sign_in_anew(slot& used) {
  const std::lock_guard lock(mutex_);
  if (taken_ > size_ || logins_ >= logins_max_ || used.signing_in_) return false;
  ++logins_;
  weigh();
  used.signing_in_ = true;
  return true;
}

void budget::look_for_one(unsigned core, const waiting_line::fit& wanted) {
  if (open_.load()) serve_next();
  if (const auto next = next_to_call(core, core)) {
    cores_[*next].on_wanted({core, std::string(wanted.key), wanted.epoch});
  }
}

void budget::call_for(wish what, unsigned after) {
  if (const auto next = next_to_call(what.core, after)) cores_[*next].on_wanted(std::move(what));
}

// Once around, not twice: one that finds what it holds taken meanwhile will see who waits when that
// comes back.
std::optional<unsigned> budget::next_to_call(unsigned origin, unsigned after) const {
  const auto all = static_cast<unsigned>(cores_.size());
  for (unsigned next = (after + 1) % all; next != origin; next = (next + 1) % all) {
    if (called_on_[next]->load()) return next;
  }
  return std::nullopt;
}

// If the first leaves meanwhile, its core passes the place on, or lets go of it: then we are here
// again.
void budget::serve_next() {
  {
    const std::lock_guard lock(mutex_);
    if (!anybody_waits() || !take()) return;
  }
  slot place(*this);
  if (const auto core = waiters_.core_of_first()) pass_on(std::move(place), *core);
}

void budget::release(bool signing_in) {
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    if (signing_in) --logins_;
    weigh();
  }
  if (anybody_waits()) serve_next();
}

bool budget::reclaim(slot& used) {
  const std::lock_guard lock(mutex_);
  if (taken_ <= size_) return false;
  --taken_;
  if (used.signing_in_) --logins_;
  weigh();
  used.from_ = nullptr;
  return true;
}

void budget::end_login() {
  {
    const std::lock_guard lock(mutex_);
    --logins_;
    weigh();
  }
  if (anybody_waits()) serve_next();
}

}  // namespace skein::proxy
