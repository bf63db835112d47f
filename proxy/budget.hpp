// How many server connections a member may have, over all cores, how many of them may be signing
// in at one time, and who is next of those who wait for one. Its lock is taken when a connection is
// opened or closed: never on the path of a query, also not while many wait. A core where somebody
// begins to wait calls on those that may hold something idle, one after the other; a place that
// comes free goes straight to the core of who is first. A reload may make it smaller than what is
// taken: then what comes back is closed, whoever waits, until it holds.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "proxy/waiting_line.hpp"

namespace skein::proxy {

struct traveller;  // see server_connection.hpp

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
    bool is_of(const budget& asked) const { return from_ == &asked; }
    void signed_in() {
      if (from_ && std::exchange(signing_in_, false)) from_->end_login();
    }

   private:
    friend class budget;
    budget* from_;
    bool signing_in_ = true;
  };
  // A core where somebody waits, and for what.
  struct wish {
    unsigned core = 0;
    std::string key = {};
    std::uint64_t epoch = 0;
  };
  // How a core is reached: called on any thread, each posts to its core.
  struct core_calls {
    std::function<void(slot place)> on_place;  // see pass_on
    std::function<void(wish)> on_wanted;       // see call_for
    std::function<void(std::shared_ptr<traveller>)> on_arrival = {};
  };

  explicit budget(std::size_t size, std::size_t logins_max = ~0UZ,
                  front_row::ticket_roll* tickets = nullptr)
      : size_(size),
        logins_max_(logins_max),
        waiters_(tickets),
        open_(size > 0 && logins_max > 0) {}
  budget(const budget&) = delete;
  void resize(std::size_t size, std::size_t logins_max);  // who waits may have a turn by it
  unsigned join(core_calls core);  // its number; before anybody takes a place
  front_row& waiters() { return waiters_; }

  std::optional<slot> try_take();     // none while somebody waits
  bool may_sign_in_anew(slot& used);  // in the place of a connection that is to be closed
  // By a core where somebody has begun to wait.
  void look_for_one(unsigned core, const waiting_line::fit& wanted);
  // To the core of who is next: it is offered to its line.
  void pass_on(slot place, unsigned core) { cores_[core].on_place(std::move(place)); }
  void send(std::shared_ptr<traveller> connection, unsigned core) {
    cores_[core].on_arrival(std::move(connection));
  }
  // Calls on the next core behind `after` that may hold something idle.
  void call_for(wish what, unsigned after);
  // By a core that has come to hold something idle, or is called on and has nothing. True: that is
  // news, and who began to wait before it may not have known.
  bool may_be_called(unsigned core, bool on) {
    auto& told = *called_on_[core];
    if (told.load(std::memory_order_relaxed) == on) return false;
    told.store(on);
    return true;
  }
  bool anybody_waits() const { return waiters_.anybody(); }
  // More are taken than there should be: one is to be closed, not lent. True: this one, of which
  // nothing is left; several cores may ask at once, and no more go than have to.
  bool overdrawn(slot& by) { return overdrawn_.load(std::memory_order_relaxed) && reclaim(by); }
  std::size_t free() const { return taken_ < size_ ? size_ - taken_ : 0; }
  std::size_t size() const { return size_; }
  std::size_t logins_max() const { return logins_max_; }
  bool used_up() const { return free() == 0; }  // every place is taken

 private:
  void release(bool signing_in);
  bool reclaim(slot& used);
  void end_login();
  bool take();  // these two: with the mutex held
  void weigh();
  void serve_next();
  std::optional<unsigned> next_to_call(unsigned origin, unsigned after) const;

  // These two are written with the mutex held.
  std::atomic<std::size_t> size_;
  std::atomic<std::size_t> logins_max_;
  std::vector<core_calls> cores_ = {};
  front_row waiters_;
  std::vector<std::unique_ptr<std::atomic<bool>>> called_on_ = {};
  std::atomic<bool> overdrawn_{false};
  std::mutex mutex_ = {};              // of changes to what follows
  std::atomic<std::size_t> taken_{0};  // while somebody waits, all of these or of the logins are
  std::size_t logins_ = 0;
  std::atomic<bool> open_;  // a place and leave to sign in can be had
};

}  // namespace skein::proxy
