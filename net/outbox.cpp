#include "net/outbox.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace skein::net {

namespace {

constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

int send_alone(int handle, const std::byte* from, std::size_t bytes) {
  const ssize_t sent = ::send(handle, from, bytes, flags);
  return sent < 0 ? -errno : static_cast<int>(sent);
}

}  // namespace

// By the thread that sends: its ring's business interrupts the blocking calls of who has made it.
void outbox::open() {
  state_ = state::without;
  if (::io_uring_queue_init(letters_max, &ring_, IORING_SETUP_COOP_TASKRUN) != 0) return;
  state_ = state::open;
  arena_ = std::make_unique<std::byte[]>(arena_bytes);
}

outbox::~outbox() {
  if (state_ == state::open) ::io_uring_queue_exit(&ring_);
}

bool outbox::copy(std::span<const std::byte> bytes) {
  if (used_ + bytes.size() > arena_bytes) return false;
  std::memcpy(arena_.get() + used_, bytes.data(), bytes.size());
  used_ += bytes.size();
  return true;
}

bool outbox::put(std::uint32_t place, int handle, std::span<const std::byte> bytes) {
  const auto begin = static_cast<std::uint32_t>(used_);
  if (count_ == letters_max || !copy(bytes)) return false;
  letters_[count_++] = {place, handle, begin, static_cast<std::uint32_t>(bytes.size())};
  return true;
}

bool outbox::extend(std::uint32_t place, std::span<const std::byte> bytes) {
  if (count_ == 0 || letters_[count_ - 1].place != place || !copy(bytes)) return false;
  letters_[count_ - 1].size += static_cast<std::uint32_t>(bytes.size());
  return true;
}

// None of them waits, so each is over when the call is.
void outbox::deliver() {
  if (count_ == 1) {
    const letter& only = letters_.front();
    results_.front() = send_alone(only.handle, arena_.get() + only.begin, only.size);
  }
  if (count_ <= 1) return;
  for (unsigned at = 0; at < count_; ++at) {
    const letter& each = letters_[at];
    io_uring_sqe* const entry = ::io_uring_get_sqe(&ring_);
    ::io_uring_prep_send(entry, each.handle, arena_.get() + each.begin, each.size, flags);
    entry->user_data = at;
  }
  int begun = 0;
  do {
    begun = ::io_uring_submit_and_wait(&ring_, count_);
  } while (begun == -EINTR);
  take_results();
  if (begun < static_cast<int>(count_)) retire(static_cast<unsigned>(std::max(begun, 0)));
}

void outbox::take_results() {
  std::array<io_uring_cqe*, letters_max> over;
  const unsigned count = ::io_uring_peek_batch_cqe(&ring_, over.data(), letters_max);
  for (unsigned at = 0; at < count; ++at) results_[over[at]->user_data] = over[at]->res;
  ::io_uring_cq_advance(&ring_, count);
}

// The kernel has not begun all of them, for want of memory: what stands in the ring must not be
// sent later, so it goes, and this turn's letters are the last that come here.
void outbox::retire(unsigned begun) {
  ::io_uring_queue_exit(&ring_);
  state_ = state::without;
  for (unsigned at = begun; at < count_; ++at) {
    const letter& each = letters_[at];
    results_[at] = send_alone(each.handle, arena_.get() + each.begin, each.size);
  }
}

}  // namespace skein::net
