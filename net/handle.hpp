// A descriptor that is closed unless somebody takes it over.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace skein::net {

class owned_handle {
 public:
  explicit owned_handle(int handle) : handle_(handle) {}
  owned_handle(owned_handle&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  owned_handle& operator=(owned_handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~owned_handle() {
    if (handle_ >= 0) ::close(handle_);
  }
  int get() const { return handle_; }
  int release() { return std::exchange(handle_, -1); }

 private:
  int handle_;
};

// -1 inside: the system has no descriptor left.
inline owned_handle copy_of(int handle) {
  return owned_handle(::fcntl(handle, F_DUPFD_CLOEXEC, 0));
}

}  // namespace skein::net
