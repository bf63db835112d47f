// What conversations of one core go by of one database's definitions: a copy of what was read last,
// compared with what all cores share at each statement.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "backends/definitions.hpp"

namespace skein {

// `Catalog`: what the backend's reader makes; it has a number, which tells it from all others, and
// may be empty.
template <typename Catalog>
class database_memory {
 public:
  // Null: nobody reads definitions, and texts alone are gone by.
  explicit database_memory(std::shared_ptr<definitions> shared) : shared_(std::move(shared)) {}

  // To be called before what follows is asked.
  void look() {
    if (shared_ && shared_->edition() != edition_) renew();
  }
  bool is_read() const { return shared_ != nullptr; }
  // False: they are yet to be read, or have changed since.
  bool certain() const { return !shared_ || certain_; }
  // As they were when they were certain. Null: nothing but texts to go by.
  const Catalog* known() const { return known_.get(); }
  // Tells what texts were read with; of all databases that define nothing of interest the same.
  std::uint64_t reading() const { return reading_; }
  std::uint64_t edition() const { return edition_; }
  // Nothing has changed since that edition, nor is about to by others.
  bool holds(std::uint64_t edition, bool defines) const {
    return !shared_ || (shared_->edition() == edition && shared_->defining() == (defines ? 1 : 0));
  }
  void want() {
    if (shared_ && !shared_->wanted()) shared_->want();
  }
  void begin_defining() { shared_->begin_defining(); }
  void end_defining() {
    shared_->change();
    shared_->end_defining();
  }
  definitions::moved change() { return shared_->change(); }

 private:
  void renew() {
    const auto now = shared_->now();
    edition_ = now.edition;
    certain_ = now.known != nullptr;
    if (!certain_) return;
    known_ = std::static_pointer_cast<const Catalog>(now.known);
    reading_ = known_->number();
    if constexpr (requires { known_->empty(); })
      if (known_->empty()) reading_ = 0;
  }

  std::shared_ptr<definitions> shared_;
  std::shared_ptr<const Catalog> known_ = {};
  std::uint64_t edition_ = 0;
  std::uint64_t reading_ = 0;
  bool certain_ = false;
};

}  // namespace skein
