#include "proxy/budget.hpp"

namespace skein::proxy {

void budget::join(std::function<void()> on_freed, std::function<void()> on_wanted) {
  cores_.push_back({std::move(on_freed), std::move(on_wanted)});
}

std::optional<budget::slot> budget::try_take() {
  if (free_.fetch_sub(1) > 0) return slot(*this);
  free_.fetch_add(1);
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
