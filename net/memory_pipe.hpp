// Two ends of a connection inside the process, for tests: a bounded buffer each way, and a fault
// plan that breaks the n-th operation, so that a test can stop an exchange at every step in turn.
#pragma once

#include "net/asio.hpp"
#include "net/direction.hpp"

namespace skein::net {

// Shared by the streams of one test. Each attempt and wait counts as one operation; the one that
// finds `remaining` at zero is broken, and so is every later one.
struct fault_plan {
  std::optional<std::size_t> remaining = {};
  std::function<void()> instead = {};  // empty: the operation fails; else: called, then goes on
  std::size_t operations = 0;          // how many there were
  error_code next();                   // counts; the failure that this operation shall have
};

class memory_end {
 public:
  // `capacity` bytes fit into each direction before a writer blocks.
  static std::pair<memory_end, memory_end> connect(executor where, std::size_t capacity = 16384,
                                                   std::shared_ptr<fault_plan> plan = nullptr);
  memory_end(memory_end&&) noexcept = default;
  memory_end& operator=(memory_end&& other) noexcept;
  ~memory_end() { close(); }

  attempt read_now(std::span<std::byte> into);
  attempt write_now(std::span<const std::byte> from);
  awaitable<std::tuple<error_code>> wait(direction where);
  bool open() const;
  void cancel();
  void close();

 private:
  struct lane;  // one direction: bytes, whether its writer closed, a bell for either side
  memory_end(std::shared_ptr<lane> in, std::shared_ptr<lane> out, std::shared_ptr<fault_plan> plan);

  std::shared_ptr<lane> in_;
  std::shared_ptr<lane> out_;
  std::shared_ptr<fault_plan> plan_;
};

}  // namespace skein::net
