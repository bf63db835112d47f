#include "backends/definitions.hpp"

namespace skein {

std::uint64_t definitions::next_edition() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

definitions::reading definitions::now() const {
  const std::lock_guard held(mutex_);
  return {edition_, known_};
}

definitions::moved definitions::change() {
  moved made;
  {
    const std::lock_guard held(mutex_);
    known_ = nullptr;
    made = {edition_, next_edition()};
    edition_ = made.to;
  }
  wake_();
  return made;
}

void definitions::want() {
  if (!wanted_.exchange(true)) wake_();
}

bool definitions::publish(std::uint64_t begun_at, std::shared_ptr<const catalog> known) {
  const std::lock_guard held(mutex_);
  if (edition_ != begun_at) return false;
  known_ = std::move(known);
  edition_ = next_edition();
  return true;
}

}  // namespace skein
