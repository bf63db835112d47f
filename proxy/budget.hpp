// How many server connections a cluster may have, over all cores, and the line of those who wait
// for one. Touched when a connection is opened or closed and when somebody waits: never on the path
// of a query. A core where somebody waits says so to all; they offer what they hold idle, and a
// place that comes free goes straight to who is first.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "proxy/waiting_line.hpp"

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
  // How a core is reached: called on any thread, each posts to its core. A place whose waiter has
  // gone meanwhile is let go of there, and so comes back here.
  struct core_calls {
    std::function<void(std::uint64_t ticket, slot place)> on_turn;
    std::function<void()> on_wanted;
  };

  explicit budget(std::size_t size) : size_(size), free_(size) {}
  budget(const budget&) = delete;
  unsigned join(core_calls core);  // its number; before the cores start

  std::optional<slot> try_take();  // none while somebody waits
  // A place now, or one in the line: then `ticket` is its number.
  std::optional<slot> take_or_wait(std::uint64_t& ticket, const waiting_line::fit& wanted);
  void stop_waiting(std::uint64_t ticket);
  waiting_line::verdict offer(const waiting_line::fit& back);
  bool anybody_waits() const { return waiting_.load() > 0; }
  std::size_t size() const { return size_; }

 private:
  void release();
  void count() { waiting_.store(line_.size()); }

  std::size_t size_;
  std::vector<core_calls> cores_ = {};
  std::atomic<std::size_t> waiting_{0};  // the line's length
  std::mutex mutex_ = {};                // of what follows
  std::size_t free_;                     // none while somebody waits
  waiting_line line_ = {};
};

}  // namespace skein::proxy
