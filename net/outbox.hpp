// What a core sends in one turn, handed to the kernel in one system call at its end. A send wakes
// its reader, who as a rule takes the processor as soon as the call is over: sent one by one, half
// of all messages cost a switch to somebody else and back. Only net/epoll puts letters in and takes
// their outcome.
#pragma once

#include <liburing.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace skein::net {

class outbox {
 public:
  struct letter {
    std::uint32_t place = 0;  // of its socket
    int handle = -1;
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  static constexpr std::size_t letter_max = 8UZ * 1024;  // what is longer is worth its own call

  outbox() = default;
  outbox(const outbox&) = delete;
  ~outbox();

  // Nothing where the kernel has no rings, or forbids them (as containers do by default).
  bool takes(std::size_t bytes) {
    if (state_ == state::unused) open();
    return state_ == state::open && bytes <= letter_max;
  }
  bool empty() const { return count_ == 0; }
  // No: it is full.
  bool put(std::uint32_t place, int handle, std::span<const std::byte> bytes);
  // Behind that socket's letter of this turn; no: another's came after it, or it is full.
  bool extend(std::uint32_t place, std::span<const std::byte> bytes);
  // Sends all, and has `outcome(letter, bytes, result)` called for each; the result is send's, an
  // error as a negative number. More may be put in then, but not from there.
  template <typename Function>
  void send(Function&& outcome);

 private:
  static constexpr unsigned letters_max = 64;  // a latecomer's first byte waits for so many
  static constexpr std::size_t arena_bytes = 64UZ * 1024;
  enum class state : std::uint8_t { unused, open, without };
  void open();
  bool copy(std::span<const std::byte> bytes);
  void deliver();
  void take_results();
  void retire(unsigned begun);

  io_uring ring_ = {};
  std::unique_ptr<std::byte[]> arena_ = {};
  state state_ = state::unused;
  std::size_t used_ = 0;
  unsigned count_ = 0;
  std::array<letter, letters_max> letters_ = {};
  std::array<int, letters_max> results_ = {};
};

template <typename Function>
void outbox::send(Function&& outcome) {
  deliver();
  const unsigned count = std::exchange(count_, 0);
  used_ = 0;
  for (unsigned at = 0; at < count; ++at) {
    const letter& each = letters_[at];
    outcome(each, std::span<const std::byte>(arena_.get() + each.begin, each.size), results_[at]);
  }
}

}  // namespace skein::net
