// A descriptor that is closed unless somebody takes it over.
#pragma once

#include <unistd.h>

#include <utility>

namespace skein::net {

class owned_handle {
 public:
  explicit owned_handle(int handle) : handle_(handle) {}
  owned_handle(owned_handle&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  owned_handle& operator=(owned_handle&&) = delete;
  ~owned_handle() {
    if (handle_ >= 0) ::close(handle_);
  }
  int get() const { return handle_; }
  int release() { return std::exchange(handle_, -1); }

 private:
  int handle_;
};

}  // namespace skein::net
