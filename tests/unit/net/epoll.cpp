// Which events the kernel is asked for: a peer who talks to somebody who does not read must not
// wake the core each time, and nothing of what he said may be missed later.
#include "net/epoll.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace skein::net;

namespace {

struct unheard_peer {
  unheard_peer() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    here = kernel.add(ends[0], false);
    REQUIRE(here);
  }
  unheard_peer(const unheard_peer&) = delete;
  ~unheard_peer() {
    for (const int end : ends) ::close(end);
  }
  void say(std::string_view text) {
    REQUIRE(::send(ends[1], text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    look();
  }
  // Has said "ab" to nobody, until that was no event any more.
  void go_unheard() {
    say("a");
    say("b");
    REQUIRE(here->muted);
  }
  void look() {
    waiter_list ready;
    kernel.collect(0, ready);
  }
  // Whether an event has come of it; what was known before is known again afterwards.
  bool wakes(std::string_view text) {
    const bool before = std::exchange(here->readable, false);
    say(text);
    return std::exchange(here->readable, here->readable || before);
  }
  std::string hear(std::size_t most) {
    std::string text(most, '\0');
    const attempt got = kernel.receive(*here, std::as_writable_bytes(std::span(text)));
    text.resize(got.bytes);
    return got.blocked ? "blocked" : text;
  }

  epoll kernel = {};
  std::array<int, 2> ends = {};
  watched_socket* here = nullptr;
};

}  // namespace

TEST_CASE("who does not read is woken no more, and misses nothing") {
  unheard_peer peer;
  peer.say("a");
  CHECK_FALSE(peer.here->muted);
  peer.say("b");
  CHECK(peer.here->muted);
  CHECK_FALSE(peer.wakes("c"));
  CHECK_FALSE(peer.wakes("d"));
  CHECK(peer.hear(2) == "ab");
  CHECK(peer.here->readable);
  CHECK_FALSE(peer.wakes("e"));
  SUBCASE("emptied by a short read") {
    CHECK(peer.hear(100) == "cde");
  }
  SUBCASE("emptied to the byte") {
    CHECK(peer.hear(3) == "cde");
    CHECK(peer.hear(100) == "blocked");
  }
  CHECK_FALSE(peer.here->muted);
  CHECK_FALSE(peer.here->readable);
  CHECK(peer.wakes("f"));
  CHECK(peer.hear(100) == "f");
}

TEST_CASE("who reads by a system call of his own says when he found nothing") {
  unheard_peer peer;
  peer.go_unheard();
  std::array<char, 8> bytes{};
  REQUIRE(::recv(peer.ends[0], bytes.data(), bytes.size(), 0) == 2);
  peer.kernel.blocked(*peer.here, direction::read);
  CHECK_FALSE(peer.here->readable);
  CHECK(peer.wakes("c"));
}

TEST_CASE("who reads at every turn is woken at every turn") {
  unheard_peer peer;
  for (int turn = 0; turn < 5; ++turn) {
    CHECK(peer.wakes("abc"));
    CHECK(peer.hear(2).size() == 2);
    CHECK(peer.here->readable);
    CHECK_FALSE(peer.here->muted);
  }
}

TEST_CASE("the end of a peer wakes also who does not read") {
  unheard_peer peer;
  peer.go_unheard();
  SUBCASE("he ends") {
    ::shutdown(peer.ends[1], SHUT_WR);
  }
  SUBCASE("he waits to write") {
    peer.kernel.expect(*peer.here, direction::write);
    CHECK_FALSE(peer.wakes("c"));
    ::shutdown(peer.ends[1], SHUT_WR);
  }
  peer.look();
  CHECK(peer.here->ended);
  CHECK(peer.hear(100).starts_with("ab"));
  CHECK(peer.here->readable);
}

TEST_CASE("a new socket in the place of a muted one is heard") {
  unheard_peer peer;
  peer.go_unheard();
  watched_socket* const old = peer.here;
  peer.kernel.forget(*old);
  peer.kernel.remove(*old);
  peer.here = peer.kernel.add(peer.ends[0], false);
  REQUIRE(peer.here == old);
  peer.look();
  CHECK(peer.here->readable);
}
