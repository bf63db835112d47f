#include "backends/postgres/turn.hpp"

namespace skein::postgres {

namespace {

// Beyond it are clients that wait for a server in a crowd: they may allocate.
constexpr std::size_t free_max = 1024;

}  // namespace

void turn::clear() {
  owed.clear();
  refusals.clear();
  rewordings.clear();
  statements_done = 0;
  noted_at = 0;
  next_facts.reset();
  wish.clear();
  approved.clear();
  next_names.clear();
  failure.clear();
  loss.clear();
  committing.what = commit::none;
  if (portal.how != handling::plain) portal = {};
  unkept.clear();
  touched.clear();
  replayed.clear();
}

std::unique_ptr<turn> turns::take() {
  if (free_.empty()) return std::make_unique<turn>();
  std::unique_ptr<turn> next = std::move(free_.back());
  free_.pop_back();
  return next;
}

void turns::give_back(std::unique_ptr<turn> done) {
  done->clear();
  if (free_.size() < free_max) free_.push_back(std::move(done));
}

}  // namespace skein::postgres
