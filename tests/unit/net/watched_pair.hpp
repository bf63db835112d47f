// A socket on a core's poller, and its peer in the test's own hand.
#pragma once

#include <sys/socket.h>

#include "net/socket.hpp"
#include "tests/unit/net/loop.hpp"

namespace skein::net {

struct watched_pair {
  explicit watched_pair(core& on) {
    std::array<int, 2> ends;
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    there = ends[1];
    auto made = socket::adopt(on.where(), owned_handle(ends[0]));
    REQUIRE(made);
    here = std::move(*made);
  }
  watched_pair(const watched_pair&) = delete;
  ~watched_pair() { close(); }
  void say(std::string_view text) const {
    REQUIRE(::send(there, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }
  void close() {
    if (there >= 0) ::close(std::exchange(there, -1));
  }
  std::string hear(std::size_t most = 100) {
    std::string text(most, '\0');
    const attempt got = here.receive(std::as_writable_bytes(std::span(text)));
    if (got.blocked) return "blocked";
    if (got.failure) return got.failure.message();
    text.resize(got.bytes);
    return got.bytes == 0 ? "end" : text;
  }
  socket here;
  int there;
};

}  // namespace skein::net
