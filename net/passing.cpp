#include "net/passing.hpp"

#include <sys/socket.h>

#include <array>
#include <cstring>

namespace skein::net {

namespace {

constexpr std::size_t handles_max = 8;  // with one read

attempt failed_with(int number) {
  if (number == EAGAIN || number == EWOULDBLOCK) return {.blocked = true};
  return {.failure = error_code(number, boost::system::system_category())};
}

}  // namespace

std::optional<peer_process> peer_of(int connected) {
  ucred who = {};
  socklen_t size = sizeof who;
  if (::getsockopt(connected, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return std::nullopt;
  return peer_process{who.pid, who.uid};
}

attempt pass(int to, std::span<const std::byte> bytes, int handle) {
  iovec piece = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control = {};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (handle >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof handle);
    std::memcpy(CMSG_DATA(head), &handle, sizeof handle);
  }
  ssize_t moved = 0;
  do {
    moved = ::sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (moved < 0 && errno == EINTR);
  if (moved < 0) return failed_with(errno);
  return {.bytes = static_cast<std::size_t>(moved)};
}

attempt receive_passed(int from, std::span<std::byte> into, std::deque<owned_handle>& handles) {
  iovec piece = {into.data(), into.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * handles_max)> control = {};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t moved = 0;
  do {
    moved = ::recvmsg(from, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (moved < 0 && errno == EINTR);
  if (moved < 0) return failed_with(errno);
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t at = 0; at < count; ++at) {
      int handle = -1;
      std::memcpy(&handle, CMSG_DATA(head) + at * sizeof handle, sizeof handle);
      handles.emplace_back(handle);
    }
  }
  if (message.msg_flags & MSG_CTRUNC) return failed_with(EMFILE);
  return {.bytes = static_cast<std::size_t>(moved)};
}

}  // namespace skein::net
