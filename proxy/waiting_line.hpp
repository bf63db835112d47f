// Who waits on one core for a server connection, and who is next: first come, first served, over
// all cores, by the tickets that they have drawn. Only a connection that fits a later one as it is,
// where it is, may go past the first, for whom it would have to be closed or moved. A waiter is a
// link of the line itself: to wait allocates nothing. No sockets, no clock, no lock. The pool of
// the core asks it.
#pragma once

#include <cstddef>
#include <string_view>

#include "proxy/front_row.hpp"

namespace skein::proxy {

class waiting_line {
 public:
  static constexpr unsigned overtakings_max = front_row::overtakings_max;

  // A connection fits who waits for the same key and epoch.
  struct fit {
    std::string_view key = {};  // lives as long as the one who waits
    std::uint64_t epoch = 0;
    bool operator==(const fit&) const = default;
  };
  class waiter {
   public:
    waiter() = default;
    waiter(const waiter&) = delete;
    bool waits() const { return waits_; }
    fit wanted = {};
    // The place in the line. It is drawn once (0: none yet): who comes back with it stands where
    // it stood before.
    std::uint64_t ticket = 0;

   protected:
    ~waiter() = default;

   private:
    friend class waiting_line;
    waiter* before_ = nullptr;
    waiter* after_ = nullptr;
    unsigned overtaken_ = 0;
    bool waits_ = false;
  };
  enum class fate : std::uint8_t {
    stays,      // nobody waits for it or its place
    handed_on,  // to `who`, who has left the line
    closes,     // its place is for who is next
    elsewhere,  // who is next waits on `core`
  };
  struct verdict {
    fate what = fate::stays;
    waiter* who = nullptr;
    unsigned core = 0;
  };

  waiting_line(front_row& all, unsigned core) : all_(all), core_(core) {}
  waiting_line(const waiting_line&) = delete;

  void join(waiter& who);
  void leave(waiter& who);
  // A place has come free.
  verdict offer_place();
  // A connection has come back. Of those who wait so many have a place (`places`) and wait for
  // leave to sign in: where that is all of them nothing need be closed, and nobody is overtaken.
  verdict offer(const fit& back, std::size_t places = 0);
  std::size_t size() const { return size_; }
  waiter* first() const { return first_; }
  static waiter* behind(const waiter& who) { return who.after_; }

 private:
  verdict hand_to(waiter& who);
  void show_first();

  front_row& all_;
  unsigned core_;
  waiter* first_ = nullptr;
  waiter* last_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t shown_ = 0;  // the ticket of who is first, as all see it
};

}  // namespace skein::proxy
