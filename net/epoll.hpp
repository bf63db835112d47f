// The kernel's side of a core's sockets, by epoll: each is registered once, edge-triggered, and how
// ready it is known to be is remembered here, so that waiting costs no system call. What is sent
// goes by the outbox, at the end of the turn. net/poller and net/socket alone use it.
#pragma once

#include <sys/epoll.h>

#include <string>
#include <unordered_map>

#include "net/direction.hpp"
#include "net/outbox.hpp"
#include "net/waiter.hpp"

namespace skein::net {

struct watched_socket {
  int handle = -1;
  std::uint32_t place = 0;
  std::uint32_t generation = 0;  // counts the sockets that had this place
  std::int16_t failure = 0;      // what a letter met, for the next attempt to tell
  bool readable = false;
  bool writable = true;
  bool ended = false;  // the peer's end or an error has come: a short read is no proof of emptiness
  bool writes_watched = false;
  bool looked_at = true;  // since the last event of its reading side
  bool written = false;   // this turn has a letter of it
  bool choked = false;    // the kernel has not taken all of what it was sent: see epoll::unsent_
  bool muted = false;  // what comes is no event: nobody reads, and it is known that there is some
  std::array<waiter_list, 2> waiting = {};

  bool& ready(direction where) { return where == direction::read ? readable : writable; }
  waiter_list& waiters(direction where) { return waiting[where == direction::read ? 0 : 1]; }
};

class epoll {
 public:
  epoll();  // throws where the system has no descriptor left
  epoll(const epoll&) = delete;
  ~epoll();

  // Null, and errno, if the kernel refuses. What is still connecting is waited for as a writer.
  watched_socket* add(int handle, bool connecting);
  void remove(watched_socket& gone);  // nobody waits; the descriptor is closed next
  void forget(watched_socket& gone);  // before `remove`, where it is not closed next
  attempt receive(watched_socket& from, std::span<std::byte> into);
  // Taken is not sent: that comes with `flush`, or `collect`. What the kernel does not take then is
  // kept here, and the socket blocked until it has.
  attempt send(watched_socket& to, std::span<const std::byte> from);
  void flush();
  // An attempt found nothing, or no room: the next event tells of more.
  void blocked(watched_socket& on, direction where);
  // Somebody is about to wait for a direction that is not ready.
  void expect(watched_socket& on, direction where);

  // Sleeps until something happens, or for so long (-1: without end); who waited is then in
  // `ready`.
  void collect(int timeout_ms, waiter_list& ready);
  void wake();  // ends a sleep, or the next one; from any thread

  std::deque<watched_socket>& all() { return places_; }

 private:
  void mute(watched_socket& on, bool muted);
  attempt send_at_once(watched_socket& to, std::span<const std::byte> from);
  void keep(std::uint32_t place, std::span<const std::byte> rest);
  static void tell_failure(watched_socket& on, waiter_list& ready);
  bool send_kept(watched_socket& to);
  bool watch(const watched_socket& on, int operation);

  int handle_;
  int bell_;
  outbox outbox_ = {};
  std::vector<std::uint32_t> failed_ = {};  // places whose waiters do not know it yet
  std::unordered_map<std::uint32_t, std::string> unsent_ = {};  // of those that are choked
  std::deque<watched_socket> places_ = {};
  std::vector<std::uint32_t> free_ = {};
  std::array<epoll_event, 256> events_ = {};  // of one turn: more come in the next
};

}  // namespace skein::net
