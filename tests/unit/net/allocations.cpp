// Replaces what Asio and `new` allocate with, and counts: see allocations.hpp.
#include "tests/unit/net/allocations.hpp"

#include <cstdlib>
#include <new>

#ifndef __has_feature  // GCC
#define __has_feature(name) 0
#endif

namespace skein::net {

allocation_counts allocated;

namespace {

void* counted(std::size_t bytes, void* made) {
  if (!is_counted) return made;
  ++allocated.count;
  allocated.bytes += bytes;
  return made;
}

}  // namespace
}  // namespace skein::net

// What Asio calls, in place of the library's.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  void* made = nullptr;
  if (::posix_memalign(&made, alignment, bytes) != 0) return nullptr;
  return skein::net::counted(bytes, made);
}

// The thread sanitizer has its own, which cannot be replaced.
#if !__has_feature(thread_sanitizer)
void* operator new(std::size_t bytes) {
  void* made = std::malloc(bytes);
  if (!made) throw std::bad_alloc();
  return skein::net::counted(bytes, made);
}

void operator delete(void* gone) noexcept {
  std::free(gone);
}

void operator delete(void* gone, std::size_t) noexcept {
  std::free(gone);
}
#endif
