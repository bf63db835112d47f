#include "proxy/budget.hpp"

namespace skein::proxy {

void budget::join(std::function<void()> on_freed, std::function<void()> on_wanted) {
  cores_.push_back({std::move(on_freed), std::move(on_wanted)});
}

std::optional<budget::slot> budget::try_take() {
  // Never below zero, not even for a moment: a waiter that looks then would be told that nothing is
  // free, and nobody would wake it again.
  std::int64_t seen = free_.load();
  while (seen > 0) {
    if (free_.compare_exchange_weak(seen, seen - 1)) return slot(*this);
  }
  return std::nullopt;
}

void budget::start_waiting() {
  waiting_.fetch_add(1);
  for (auto& core : cores_) core.on_wanted();
}

void budget::release() {
  free_.fetch_add(1);
  if (waiting_.load() == 0) return;
  for (auto& core : cores_) core.on_freed();
}

}  // namespace skein::proxy
