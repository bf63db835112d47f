// Bytes that are overwritten when they are let go of: keys that came out of a login and must not
// stay behind in memory. A copy is wiped as its original is.
#pragma once

#include <string_view>
#include <vector>

namespace skein {

class wiped {
 public:
  wiped() = default;
  explicit wiped(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}
  wiped(const wiped&) = default;
  wiped(wiped&&) noexcept = default;  // a vector leaves nothing where it was
  wiped& operator=(wiped other) noexcept {
    bytes_.swap(other.bytes_);
    return *this;
  }
  ~wiped() { wipe(); }

  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
  bool empty() const { return bytes_.empty(); }
  void wipe() {
    // Volatile, because nobody reads what is written here.
    for (volatile char& each : bytes_) each = 0;
  }

 private:
  std::vector<char> bytes_ = {};
};

}  // namespace skein
