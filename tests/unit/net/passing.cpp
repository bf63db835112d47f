// Descriptors that come along with bytes: each arrives once, as another number for the same thing.
#include "net/passing.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/net/loop.hpp"

using namespace skein::net;

namespace {

struct ends {
  ends() {
    std::array<int, 2> made = {};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made.data()) == 0);
    here = owned_handle(made[0]);
    there = owned_handle(made[1]);
  }
  owned_handle here{-1};
  owned_handle there{-1};
};

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

ino_t inode(int handle) {
  struct stat about = {};
  REQUIRE(::fstat(handle, &about) == 0);
  return about.st_ino;
}

}  // namespace

TEST_CASE("a descriptor comes with the bytes that it was sent with") {
  const auto before = open_descriptors();
  {
    const ends pair;
    const ends precious;
    std::array<std::byte, 64> into;
    std::deque<owned_handle> came;
    CHECK(receive_passed(pair.there.get(), into, came).blocked);
    CHECK(pass(pair.here.get(), bytes("plain"), -1).bytes == 5);
    CHECK(pass(pair.here.get(), bytes("one"), precious.here.get()).bytes == 3);
    CHECK(pass(pair.here.get(), bytes("two"), precious.there.get()).bytes == 3);
    std::size_t read = 0;
    while (read < 11) read += receive_passed(pair.there.get(), into, came).bytes;
    CHECK(read == 11);
    REQUIRE(came.size() == 2);
    CHECK(inode(came[0].get()) == inode(precious.here.get()));
    CHECK(inode(came[1].get()) == inode(precious.there.get()));
    CHECK((::fcntl(came[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("the peer's end, and who it is") {
  ends pair;
  const auto who = peer_of(pair.here.get());
  REQUIRE(who);
  CHECK(who->pid == ::getpid());
  CHECK(who->user == ::geteuid());
  CHECK_FALSE(peer_of(-1));
  pair.there = owned_handle(-1);
  std::array<std::byte, 64> into;
  std::deque<owned_handle> came;
  const attempt end = receive_passed(pair.here.get(), into, came);
  CHECK((end.bytes == 0 && !end.blocked && !end.failure));
  CHECK(pass(pair.here.get(), bytes("x"), -1).failure == boost::system::errc::broken_pipe);
}
