// The bytes of a message's body, taken off its front: what the readers of all wires share, whatever
// numbers look like there. After a field that is not there `failed` stays true and every further
// field is empty, so that callers look once, at the end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backends/login.hpp"

namespace skein {

inline std::string_view as_text(byte_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline byte_view as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

class body_reader {
 public:
  explicit body_reader(byte_view body) : rest_(body) {}
  std::string_view text() {  // up to its terminator
    const auto end = std::ranges::find(rest_, std::byte{0});
    if (failed_ || end == rest_.end()) {
      fail();
      return {};
    }
    const byte_view taken = take(static_cast<std::size_t>(end - rest_.begin()) + 1);
    return as_text(taken.first(taken.size() - 1));
  }
  std::string_view raw(std::uint64_t size) { return as_text(take(size)); }
  std::string_view rest() { return as_text(take(rest_.size())); }
  bool failed() const { return failed_; }
  bool empty() const { return rest_.empty(); }

 protected:
  void fail() {
    failed_ = true;
    rest_ = {};
  }
  byte_view take(std::uint64_t size) {
    if (failed_ || size > rest_.size()) {
      fail();
      return {};
    }
    const byte_view taken = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  byte_view rest_;

 private:
  bool failed_ = false;
};

}  // namespace skein
