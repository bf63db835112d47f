// How many server connections a cluster may have, over all cores, how many of them may be signing
// in at one time, and the line of those who wait to open one. Touched when a connection is opened
// or closed and when somebody waits: never on the path of a query. A core where somebody waits says
// so to all; they offer what they hold idle, and a place that comes free goes straight to who is
// first. A reload may make it smaller than what is taken: then what comes back is closed, whoever
// waits, until it holds.
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
  // Each comes with leave to sign in, which ends with `signed_in` or with the slot.
  class slot {
   public:
    explicit slot(budget& from) : from_(&from) {}
    slot(slot&& other) noexcept
        : from_(std::exchange(other.from_, nullptr)), signing_in_(other.signing_in_) {}
    slot& operator=(slot&& other) noexcept {
      std::swap(from_, other.from_);
      std::swap(signing_in_, other.signing_in_);
      return *this;
    }
    ~slot() {
      if (from_) from_->release(signing_in_);
    }
    void signed_in() {
      if (from_ && std::exchange(signing_in_, false)) from_->end_login();
    }

   private:
    friend class budget;
    budget* from_;
    bool signing_in_ = true;
  };
  // How a core is reached: called on any thread, each posts to its core. A place whose waiter has
  // gone meanwhile is let go of there, and so comes back here.
  struct core_calls {
    std::function<void(std::uint64_t ticket, slot place)> on_turn;
    std::function<void()> on_wanted;
  };

  explicit budget(std::size_t size, std::size_t logins_max = ~0UZ)
      : size_(size), logins_max_(logins_max) {}
  budget(const budget&) = delete;
  void resize(std::size_t size, std::size_t logins_max);  // who waits may have a turn by it
  unsigned join(core_calls core);                         // its number; before the cores start

  std::optional<slot> try_take();     // none while somebody waits
  bool may_sign_in_anew(slot& used);  // in the place of a connection that is to be closed
  // A place now, or one in the line: then `ticket` is its number.
  std::optional<slot> take_or_wait(std::uint64_t& ticket, const waiting_line::fit& wanted);
  void stop_waiting(std::uint64_t ticket);
  waiting_line::verdict offer(const waiting_line::fit& back);
  bool anybody_waits() const { return waiting_.load() > 0; }
  // More are taken than there should be; they are to be closed, not lent.
  bool overdrawn() const { return overdrawn_.load(std::memory_order_relaxed); }
  std::size_t size() const { return size_; }
  std::size_t logins_max() const { return logins_max_; }
  bool used_up();  // every place is taken

 private:
  void release(bool signing_in);
  void end_login();
  bool take();  // these two: with the mutex held
  std::optional<waiting_line::turn> take_for_next();
  void call(const std::optional<waiting_line::turn>& next);
  void count() { waiting_.store(line_.size()); }
  void weigh() { overdrawn_.store(taken_ > size_, std::memory_order_relaxed); }
  std::size_t free() const { return taken_ < size_ ? size_ - taken_ : 0; }

  // These two are written with the mutex held.
  std::atomic<std::size_t> size_;
  std::atomic<std::size_t> logins_max_;
  std::vector<core_calls> cores_ = {};
  std::atomic<std::size_t> waiting_{0};  // the line's length
  std::atomic<bool> overdrawn_{false};
  std::mutex mutex_ = {};  // of what follows
  std::size_t taken_ = 0;  // while somebody waits, all of these or of the logins are
  std::size_t logins_ = 0;
  waiting_line line_ = {};
};

}  // namespace skein::proxy
