#include "net/epoll.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>

namespace skein::net {

namespace {

constexpr std::uint64_t bell_mark = ~std::uint64_t{0};

attempt result_of(ssize_t moved) {
  if (moved >= 0) return {.bytes = static_cast<std::size_t>(moved)};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {.blocked = true};
  return {.failure = error_code(errno, boost::system::system_category())};
}

// A place may have a new socket when an event of the old one comes (its connection lives on while
// a child process holds a copy of the descriptor): the generation tells.
std::uint64_t mark_of(const watched_socket& on) {
  return std::uint64_t{on.generation} << 32 | on.place;
}

}  // namespace

epoll::epoll()
    : handle_(::epoll_create1(EPOLL_CLOEXEC)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // Edge-triggered, it need never be read: each write is an event.
  epoll_event rung = {.events = EPOLLIN | EPOLLET, .data = {.u64 = bell_mark}};
  if (handle_ >= 0 && bell_ >= 0 && ::epoll_ctl(handle_, EPOLL_CTL_ADD, bell_, &rung) == 0) return;
  const int number = errno;
  ::close(handle_);
  ::close(bell_);
  throw std::system_error(number, std::system_category(), "no event loop can be made");
}

epoll::~epoll() {
  ::close(bell_);
  ::close(handle_);
}

watched_socket* epoll::add(int handle, bool connecting) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back().place = free_.back();
  }
  watched_socket& made = places_[free_.back()];
  made.handle = handle;
  made.readable = made.ended = made.muted = false;
  made.writable = !connecting;
  made.writes_watched = connecting;
  if (!watch(made, EPOLL_CTL_ADD)) return nullptr;
  free_.pop_back();
  return &made;
}

void epoll::remove(watched_socket& gone) {
  ++gone.generation;
  gone.handle = -1;
  free_.push_back(gone.place);
}

// A closed descriptor is forgotten by itself, unless somebody else holds the socket.
void epoll::forget(const watched_socket& gone) {
  ::epoll_ctl(handle_, EPOLL_CTL_DEL, gone.handle, nullptr);
}

// What comes between a short read and the next collect is an event of that collect: nothing is
// missed by believing that the socket is empty. An end that came earlier is no new event.
attempt epoll::receive(watched_socket& from, std::span<std::byte> into) {
  ssize_t moved = 0;
  do {
    moved = ::recv(from.handle, into.data(), into.size(), MSG_DONTWAIT);
  } while (moved < 0 && errno == EINTR);
  const attempt made = result_of(moved);
  from.looked_at = true;
  if (made.blocked || (made.bytes > 0 && made.bytes < into.size() && !from.ended))
    blocked(from, direction::read);
  return made;
}

attempt epoll::send(watched_socket& to, std::span<const std::byte> from) {
  ssize_t moved = 0;
  do {
    moved = ::send(to.handle, from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (moved < 0 && errno == EINTR);
  const attempt made = result_of(moved);
  if (made.blocked) blocked(to, direction::write);
  return made;
}

// Few sockets ever block a write, and a unix socket that is watched for room wakes its core each
// time the peer reads. The kernel looks anew when it is asked: room that came before is an event.
void epoll::expect(watched_socket& on, direction where) {
  if (where == direction::read || on.writes_watched) return;
  on.writes_watched = true;
  on.writes_watched = watch(on, EPOLL_CTL_MOD);
}

void epoll::blocked(watched_socket& on, direction where) {
  on.ready(where) = false;
  if (where == direction::write) return;
  on.looked_at = true;
  if (on.muted) mute(on, false);
}

// What a peer sends to somebody who does not listen, because he himself is not listened to, must
// not wake the core each time. Its end still does.
void epoll::mute(watched_socket& on, bool muted) {
  on.muted = muted;
  if (!watch(on, EPOLL_CTL_MOD)) on.muted = !muted;
}

bool epoll::watch(const watched_socket& on, int operation) {
  epoll_event wanted = {.events = EPOLLRDHUP | EPOLLET | (on.muted ? 0U : EPOLLIN) |
                                  (on.writes_watched ? EPOLLOUT : 0U),
                        .data = {.u64 = mark_of(on)}};
  return ::epoll_ctl(handle_, operation, on.handle, &wanted) == 0;
}

void epoll::collect(int timeout_ms, waiter_list& ready) {
  const int count =
      ::epoll_wait(handle_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  for (int at = 0; at < count; ++at) {
    const epoll_event& event = events_[static_cast<std::size_t>(at)];
    if (event.data.u64 == bell_mark) continue;
    watched_socket& on = places_[static_cast<std::uint32_t>(event.data.u64)];
    if (event.data.u64 != mark_of(on)) continue;
    constexpr std::uint32_t end = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    on.ended = on.ended || (event.events & end) != 0;
    if (event.events & (EPOLLIN | end)) {
      if (on.readable && !on.looked_at && !on.muted) mute(on, true);
      on.readable = true;
      on.looked_at = false;
      ready.take(on.waiters(direction::read));
    }
    if (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
      on.writable = true;
      ready.take(on.waiters(direction::write));
    }
  }
}

void epoll::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(bell_, &one, sizeof one);
}

}  // namespace skein::net
