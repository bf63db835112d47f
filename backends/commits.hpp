// What became of a commit whose answer never came, asked of who leads by now. Blocking: on a thread
// of its own, never on a proxy core.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "backends/error.hpp"

namespace skein {

enum class commit_fate : std::uint8_t { committed, rolled_back, unknown };

class commit_inquiry {
 public:
  virtual ~commit_inquiry() = default;
  // `token`: the conversation's word for it. `marks`: where the histories began of all who have led
  // since, see role_changer::mark; none: the one that it was sent to leads still. Nothing: it may
  // be under way still, or the server does not take writes: ask again.
  virtual result<std::optional<commit_fate>> ask(const std::string& token,
                                                 std::span<const std::string> marks) = 0;
  // Where marks are of no use an empty one stands for each that is not known; else nobody is asked
  // without all of them.
  virtual bool goes_by_marks() const { return true; }
  // From any thread, for good: what is under way ends with error_kind::shutdown.
  virtual void interrupt() = 0;
};

}  // namespace skein
