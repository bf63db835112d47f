#include "backends/postgres/replies.hpp"

#include <algorithm>
#include <span>

namespace skein::postgres {

namespace {

// What a turn may keep while nothing is owed.
constexpr std::size_t kept_max = 32;

}  // namespace

void reply_queue::push(owed_reply reply) {
  if (ends_round(reply.kind)) ++rounds_;
  owed_.push_back(reply);
}

void reply_queue::pop() {
  if (ends_round(front().kind)) --rounds_;
  ++first_;
  if (first_ != owed_.size()) {
    // A pipeline that never runs dry must not grow without end.
    if (first_ < 4096) return;
    owed_.erase(owed_.begin(), owed_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
    return;
  }
  clear();
}

void reply_queue::pop_second() {
  const auto second = owed_.begin() + static_cast<std::ptrdiff_t>(first_) + 1;
  if (ends_round(second->kind)) --rounds_;
  owed_.erase(second);
}

bool reply_queue::may_skip(std::uint32_t statement) const {
  if (rounds_ == 0) return false;
  bool changed = false;
  for (const owed_reply& each : std::span(owed_).subspan(first_)) {
    if (changed && ends_round(each.kind)) return true;
    changed |= each.changes_prepared() && each.statement == statement;
  }
  return false;
}

bool reply_queue::prepares_unnamed() const {
  const auto due = std::span(owed_).subspan(first_);
  return std::ranges::any_of(due, &owed_reply::prepares_unnamed);
}

std::size_t reply_queue::rounds_of_client() const {
  const auto due = std::span(owed_).subspan(first_);
  return static_cast<std::size_t>(std::ranges::count_if(due, [](const owed_reply& each) {
    return each.whose == reply_for::client && ends_round(each.kind);
  }));
}

std::size_t reply_queue::disown() {
  std::size_t taken = 0;
  for (owed_reply& each : std::span(owed_).subspan(first_)) {
    if (each.whose != reply_for::client || is_answered_here(each.kind)) continue;
    each.whose = reply_for::nobody;
    ++taken;
  }
  return taken;
}

std::size_t reply_queue::naming() const {
  const auto due = std::span(owed_).subspan(first_);
  return static_cast<std::size_t>(std::ranges::count_if(due, &owed_reply::names));
}

void reply_queue::clear() {
  owed_.clear();
  if (owed_.capacity() > kept_max) owed_.shrink_to_fit();
  first_ = rounds_ = 0;
}

}  // namespace skein::postgres
