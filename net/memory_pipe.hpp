// Two ends of a connection inside the process, for tests: a bounded buffer each way, and a fault
// plan that breaks the n-th operation, so that a test can stop an exchange at every step in turn.
#pragma once

#include "net/asio.hpp"
#include "net/direction.hpp"

namespace skein::net {

// Shared by the streams of one test. Each attempt and each wait counts as one operation; the one
// that finds `remaining` at zero is broken: it fails with connection_reset, and so does every
// later one. With `instead` it does not fail: that is called, once, and the exchange goes on (a
// test cancels there); a broken wait calls it when the waiter is suspended.
struct fault_plan {
  std::optional<std::size_t> remaining = {};
  std::function<void()> instead = {};
  std::size_t operations = 0;  // how many there were
  bool due();                  // counts; whether this operation is a broken one
  error_code next();           // for an attempt: counts, calls `instead`; the failure it shall have
};

class memory_end {
 public:
  // `capacity` bytes fit into each direction before a writer blocks. The plan is that of both ends.
  static std::pair<memory_end, memory_end> connect(executor where, std::size_t capacity = 16384,
                                                   std::shared_ptr<fault_plan> plan = nullptr);
  memory_end(memory_end&&) noexcept = default;
  memory_end& operator=(memory_end&& other) noexcept;
  ~memory_end() { close(); }

  // The plan of this end alone: a test may break one party and leave the other whole.
  void obey(std::shared_ptr<fault_plan> plan) { plan_ = std::move(plan); }

  attempt read_now(std::span<std::byte> into);
  attempt write_now(std::span<const std::byte> from);
  auto wait(direction where) { return wait_in_frame(*this, where); }
  template <typename Handler>
  void begin(Handler&& handler, direction where) {
    const executor home = asio::get_associated_executor(handler);
    const auto slot = asio::get_associated_cancellation_slot(handler);
    begin_for(where, home, slot, std::forward<Handler>(handler));
  }
  bool open() const;
  void cancel();
  void close();
  void reset();  // what was not read is lost, and the peer's next operations fail

 private:
  struct bell;
  struct lane;  // one direction: bytes, whether either side closed, a bell for each
  memory_end(std::shared_ptr<lane> in, std::shared_ptr<lane> out, std::shared_ptr<fault_plan> plan);
  void begin_for(direction where, executor home, asio::cancellation_slot slot,
                 std::move_only_function<void(error_code)> call);

  std::shared_ptr<lane> in_;
  std::shared_ptr<lane> out_;
  std::shared_ptr<fault_plan> plan_;
};

}  // namespace skein::net
