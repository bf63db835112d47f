#include "net/frames.hpp"

namespace skein::net {

namespace {

constexpr int kept_at_most = 2;  // BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE

// Larger than any that is kept (the size of one is noted in a byte, in words): Asio gives one of
// those back first. What stands inside is told where, so that no compiler does without it.
awaitable<> stand_large(int more, std::span<std::byte> around) {
  std::array<std::byte, 1200> ballast;
  ballast.front() = {};
  if (more > 0) co_await stand_large(more - 1, ballast);
  if (!around.empty()) around.front() = ballast.front();
}

}  // namespace

awaitable<> drop_kept_frames() {
  return stand_large(kept_at_most - 1, std::span<std::byte>());
}

}  // namespace skein::net
