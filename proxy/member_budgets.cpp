#include "proxy/member_budgets.hpp"

#include <algorithm>

namespace skein::proxy {

unsigned member_budgets::join(core_join core) {
  const std::lock_guard lock(mutex_);
  for (entry& each : all_) each.places.join(core(each.places));
  cores_.push_back(std::move(core));
  return static_cast<unsigned>(cores_.size() - 1);
}

// All cores are in it before the first of them hears of it.
budget& member_budgets::of(const member_address& member) {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(all_, member, &entry::member);
  if (known != all_.end()) return known->places;
  budget& made = all_.emplace_back(member, size_, logins_max_, tickets_).places;
  for (const core_join& core : cores_) made.join(core(made));
  return made;
}

void member_budgets::resize(std::size_t size, std::size_t logins_max) {
  const std::lock_guard lock(mutex_);
  size_ = size;
  logins_max_ = logins_max;
  for (entry& each : all_) each.places.resize(size, logins_max);
}

}  // namespace skein::proxy
