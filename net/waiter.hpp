// Somebody who waits: a handler put by in Asio's recycled memory, and a place in one list at a
// time, that of what it waits for or that of the ready. net/poller makes and ends them.
#pragma once

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include "net/asio.hpp"

namespace skein::net {

// Lists are rings, so that a node leaves without knowing which one it is in.
class list_node {
 public:
  list_node() = default;
  list_node(const list_node&) = delete;
  ~list_node() { unlink(); }
  void unlink() {
    before_->after_ = after_;
    after_->before_ = before_;
    before_ = after_ = this;
  }

 private:
  friend class waiter_list;
  list_node* before_ = this;
  list_node* after_ = this;
};

class waiter : public list_node {
 public:
  // Each gives the memory back first. The handler may do anything, and throw.
  void call() { end_(this, true); }
  void drop() { end_(this, false); }
  bool aborted = false;

 protected:
  using ending = void (*)(waiter*, bool call);
  explicit waiter(ending end) : end_(end) {}
  ~waiter() = default;

 private:
  ending end_;
};

class waiter_list {
 public:
  bool empty() const { return ends_.after_ == &ends_; }
  waiter& front() { return static_cast<waiter&>(*ends_.after_); }
  // Behind all others, out of the list that it was in.
  void push(waiter& added) {
    added.unlink();
    added.before_ = ends_.before_;
    added.after_ = &ends_;
    ends_.before_->after_ = &added;
    ends_.before_ = &added;
  }
  void take(waiter_list& all) {
    while (!all.empty()) push(all.front());
  }

 private:
  list_node ends_ = {};
};

template <typename Handler>
class stored_waiter final : public waiter {
 public:
  static waiter& make(Handler handler) {
    auto from = allocator_of(handler);
    void* room = std::allocator_traits<allocator>::allocate(from, 1);
    return *new (room) stored_waiter(std::move(handler));
  }

 private:
  using allocator = typename std::allocator_traits<asio::associated_allocator_t<
      Handler, asio::recycling_allocator<void>>>::template rebind_alloc<stored_waiter>;

  explicit stored_waiter(Handler&& handler) : waiter(&end), handler_(std::move(handler)) {}

  static allocator allocator_of(const Handler& handler) {
    return allocator(asio::get_associated_allocator(handler, asio::recycling_allocator<void>()));
  }

  static void end(waiter* ended, bool call) {
    auto* self = static_cast<stored_waiter*>(ended);
    const bool aborted = self->aborted;
    auto from = allocator_of(self->handler_);
    // What is in the slot points here.
    if (auto slot = asio::get_associated_cancellation_slot(self->handler_); slot.is_connected()) {
      slot.clear();
    }
    Handler handler(std::move(self->handler_));
    self->~stored_waiter();
    std::allocator_traits<allocator>::deallocate(from, self, 1);
    if (!call) return;
    std::move(handler)(aborted ? error_code(asio::error::operation_aborted) : error_code());
  }

  Handler handler_;
};

}  // namespace skein::net
