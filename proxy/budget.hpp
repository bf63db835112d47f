// How many server connections a cluster may have, over all cores. Taken when a connection is opened
// and given back when it is closed: never on the path of a query. A core that finds nothing left
// says that it waits; the others then close what they hold idle, and who closes one wakes who
// waits.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace skein::proxy {

class budget {
 public:
  class slot {
   public:
    explicit slot(budget& from) : from_(&from) {}
    slot(slot&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
    slot& operator=(slot&& other) noexcept {
      std::swap(from_, other.from_);
      return *this;
    }
    ~slot() {
      if (from_) from_->release();
    }

   private:
    budget* from_;
  };

  explicit budget(std::size_t size) : size_(size), free_(static_cast<std::int64_t>(size)) {}
  budget(const budget&) = delete;
  // Before the cores start. Each function is called on any thread and posts to its core.
  void join(std::function<void()> on_freed, std::function<void()> on_wanted);

  std::optional<slot> try_take();
  // A waiter says so before its last try, and takes the word back when it has what it wanted.
  void start_waiting();
  void stop_waiting() { waiting_.fetch_sub(1); }
  std::int64_t waiting() const { return waiting_.load(); }
  std::size_t size() const { return size_; }

 private:
  void release();

  struct member_core {
    std::function<void()> on_freed;
    std::function<void()> on_wanted;
  };
  std::size_t size_;
  std::atomic<std::int64_t> free_;
  std::atomic<std::int64_t> waiting_{0};
  std::vector<member_core> cores_ = {};
};

}  // namespace skein::proxy
