// How fuzz targets read their input: a few choices off its front, the rest is what a peer sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "backends/login.hpp"

namespace fuzz {

// A property that does not hold is a finding, like a crash.
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "property broken: %s\n", what);
  std::abort();
}

class input {
 public:
  input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const std::byte*>(data), size) {}

  std::uint8_t choose() {
    if (rest_.empty()) return 0;
    const auto chosen = static_cast<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return chosen;
  }
  skein::byte_view bytes(std::size_t most) {
    const auto taken = rest_.first(std::min(most, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  skein::byte_view rest() { return bytes(rest_.size()); }
  bool empty() const { return rest_.empty(); }

 private:
  skein::byte_view rest_;
};

}  // namespace fuzz
