#include "net/epoll.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>

namespace skein::net {

namespace {

constexpr std::uint64_t bell_mark = ~std::uint64_t{0};

attempt failed_with(int number) {
  return {.failure = error_code(number, boost::system::system_category())};
}

attempt result_of(ssize_t moved) {
  if (moved >= 0) return {.bytes = static_cast<std::size_t>(moved)};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {.blocked = true};
  return failed_with(errno);
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
  made.failure = 0;
  made.writable = !connecting;
  made.writes_watched = connecting;
  if (!watch(made, EPOLL_CTL_ADD)) return nullptr;
  free_.pop_back();
  return &made;
}

void epoll::remove(watched_socket& gone) {
  if (gone.written) flush();
  if (std::exchange(gone.choked, false)) unsent_.erase(gone.place);
  ++gone.generation;
  gone.handle = -1;
  free_.push_back(gone.place);
}

// A closed descriptor is forgotten by itself, unless somebody else holds the socket.
void epoll::forget(watched_socket& gone) {
  if (gone.written) flush();
  ::epoll_ctl(handle_, EPOLL_CTL_DEL, gone.handle, nullptr);
}

// What comes between a short read and the next collect is an event of that collect: nothing is
// missed by believing that the socket is empty. An end that came earlier is no new event.
attempt epoll::receive(watched_socket& from, std::span<std::byte> into) {
  ssize_t moved = 0;
  do {
    moved = ::recv(from.handle, into.data(), into.size(), MSG_DONTWAIT);
  } while (moved < 0 && errno == EINTR);
  attempt made = result_of(moved);
  if (made.blocked && from.failure != 0) made = failed_with(from.failure);
  from.looked_at = true;
  if (made.blocked || (made.bytes > 0 && made.bytes < into.size() && !from.ended))
    blocked(from, direction::read);
  return made;
}

attempt epoll::send_at_once(watched_socket& to, std::span<const std::byte> from) {
  ssize_t moved = 0;
  do {
    moved = ::send(to.handle, from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (moved < 0 && errno == EINTR);
  const attempt made = result_of(moved);
  if (made.blocked) blocked(to, direction::write);
  return made;
}

// A turn's letters are sent in their order, but for what a full socket keeps back of one: so each
// socket has one of them at most.
attempt epoll::send(watched_socket& to, std::span<const std::byte> from) {
  if (outbox_.takes(from.size()) && !to.choked && to.failure == 0) {
    if (to.written && outbox_.extend(to.place, from)) return {.bytes = from.size()};
    if (to.written || !outbox_.put(to.place, to.handle, from)) {
      flush();
      if (to.choked || to.failure != 0 || !outbox_.put(to.place, to.handle, from))
        return send(to, from);
    }
    to.written = true;
    return {.bytes = from.size()};
  }
  if (to.written) flush();
  if (to.failure != 0) return failed_with(to.failure);
  if (to.choked) return {.blocked = true};
  return send_at_once(to, from);
}

void epoll::flush() {
  if (outbox_.empty()) return;
  outbox_.send([this](const outbox::letter& each, std::span<const std::byte> bytes, int result) {
    places_[each.place].written = false;
    if (result < 0 && result != -EAGAIN && result != -EWOULDBLOCK) {
      places_[each.place].failure = static_cast<std::int16_t>(-result);
      failed_.push_back(each.place);
      return;
    }
    const auto sent = static_cast<std::size_t>(std::max(result, 0));
    if (sent < bytes.size()) keep(each.place, bytes.subspan(sent));
  });
}

void epoll::keep(std::uint32_t place, std::span<const std::byte> rest) {
  watched_socket& on = places_[place];
  unsent_[place].assign(reinterpret_cast<const char*>(rest.data()), rest.size());
  on.choked = true;
  on.writable = false;
  expect(on, direction::write);
}

// Whether the socket takes more.
bool epoll::send_kept(watched_socket& to) {
  std::string& rest = unsent_[to.place];
  const attempt made = send_at_once(to, std::as_bytes(std::span(rest)));
  if (!made.failure && made.bytes < rest.size()) {
    rest.erase(0, made.bytes);
    return false;
  }
  unsent_.erase(to.place);
  to.choked = false;
  return true;
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
  flush();
  if (!failed_.empty()) timeout_ms = 0;
  const int count =
      ::epoll_wait(handle_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  for (const std::uint32_t place : std::exchange(failed_, {})) tell_failure(places_[place], ready);
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
      if (on.choked && !send_kept(on)) continue;
      on.writable = true;
      ready.take(on.waiters(direction::write));
    }
  }
}

void epoll::tell_failure(watched_socket& on, waiter_list& ready) {
  if (on.failure == 0) return;  // another has its place by now
  on.ended = on.readable = on.writable = true;
  for (waiter_list& each : on.waiting) ready.take(each);
}

void epoll::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(bell_, &one, sizeof one);
}

}  // namespace skein::net
