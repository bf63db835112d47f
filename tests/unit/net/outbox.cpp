// What a turn sends goes at its end, whole and in order, whatever the kernel takes of it at once.
#include "net/outbox.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "net/epoll.hpp"

using namespace skein::net;

namespace {

struct pair {
  explicit pair(epoll& kernel, int room = 0) {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    if (room != 0) ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    here = kernel.add(ends[0], false);
    REQUIRE(here);
  }
  pair(const pair&) = delete;
  ~pair() {
    for (const int end : ends) ::close(end);
  }
  std::string hear() {
    std::string text;
    std::array<char, 4096> piece;
    for (ssize_t got = 0; (got = ::recv(ends[1], piece.data(), piece.size(), 0)) > 0;)
      text.append(piece.data(), static_cast<std::size_t>(got));
    return text;
  }
  std::array<int, 2> ends = {};
  watched_socket* here = nullptr;
};

attempt say(epoll& kernel, pair& to, std::string_view text) {
  return kernel.send(*to.here, std::as_bytes(std::span(text)));
}

void look(epoll& kernel) {
  waiter_list ready;
  kernel.collect(0, ready);
}

// What is sent until the socket takes no more.
std::string fill(epoll& kernel, pair& to) {
  std::string said;
  for (int piece = 0; piece < 10000; ++piece) {
    const std::string text = std::to_string(piece) + std::string(500, ' ');
    if (say(kernel, to, text).blocked) return said;
    said += text;
    kernel.flush();
  }
  FAIL("it takes everything");
  return said;
}

// While it lives, nobody gets a descriptor beyond so many.
struct descriptor_limit {
  explicit descriptor_limit(rlim_t more) {
    ::getrlimit(RLIMIT_NOFILE, &before);
    const int next = ::fcntl(0, F_DUPFD_CLOEXEC, 0);
    ::close(next);
    rlimit now = before;
    now.rlim_cur = static_cast<rlim_t>(next) + more;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &now) == 0);
  }
  descriptor_limit(const descriptor_limit&) = delete;
  ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before = {};
};

}  // namespace

TEST_CASE("without a ring all is sent at once") {
  epoll kernel;
  pair peer(kernel);
  {
    const descriptor_limit scarce(0);  // none for a ring
    CHECK(say(kernel, peer, "a").bytes == 1);
  }
  CHECK(peer.hear() == "a");
  CHECK(say(kernel, peer, "b").bytes == 1);
  CHECK(peer.hear() == "b");
}

TEST_CASE("letters of many sockets go at the end of the turn") {
  for (const std::size_t count : {1UZ, 2UZ, 63UZ, 64UZ, 65UZ, 200UZ}) {
    CAPTURE(count);
    epoll kernel;
    std::deque<pair> all;
    for (std::size_t at = 0; at < count; ++at) all.emplace_back(kernel);
    for (std::size_t at = 0; at < count; ++at) {
      const attempt made = say(kernel, all[at], std::to_string(at));
      CHECK(made.bytes == std::to_string(at).size());
    }
    look(kernel);
    for (std::size_t at = 0; at < count; ++at) CHECK(all[at].hear() == std::to_string(at));
  }
}

TEST_CASE("what goes to one socket keeps its order, long and short, and among others") {
  epoll kernel;
  pair one(kernel);
  pair other(kernel);
  const std::string long_text(outbox::letter_max + 1, 'x');
  std::string told;
  for (const std::string& each : {std::string("a"), std::string("b"), long_text, std::string("c"),
                                  std::string("d"), std::string("e")}) {
    CHECK(say(kernel, one, each).bytes == each.size());
    told += each;
    if (each == "c") CHECK(say(kernel, other, "1").bytes == 1);
    if (each == "d") CHECK(say(kernel, other, "2").bytes == 1);
  }
  look(kernel);
  CHECK(one.hear() == told);
  CHECK(other.hear() == "12");
}

TEST_CASE("what a full socket does not take is kept, and goes when there is room") {
  epoll kernel;
  pair slow(kernel, 4096);
  pair other(kernel);
  const bool batched = outbox().takes(1);
  std::string said = fill(kernel, slow);
  CHECK(slow.here->choked == batched);
  CHECK_FALSE(slow.here->writable);
  CHECK(say(kernel, other, "x").bytes == 1);  // goes all the same
  look(kernel);
  CHECK(other.hear() == "x");
  CHECK(say(kernel, slow, "no").blocked);
  std::string heard;
  for (int round = 0; round < 1000 && heard.size() < said.size(); ++round) {
    heard += slow.hear();
    look(kernel);
  }
  CHECK(heard == said);
  CHECK_FALSE(slow.here->choked);
  CHECK(say(kernel, slow, "again").bytes == 5);
  look(kernel);
  CHECK(slow.hear() == "again");
}

TEST_CASE("a socket that goes has sent what it was given") {
  epoll kernel;
  pair one(kernel);
  pair other(kernel);
  say(kernel, one, "last words");
  say(kernel, other, "more");
  SUBCASE("it is closed") {
    kernel.remove(*one.here);
  }
  SUBCASE("it is passed on") {
    kernel.forget(*one.here);
  }
  CHECK(one.hear() == "last words");
  look(kernel);
  CHECK(other.hear() == "more");
}

TEST_CASE("what is kept of a socket that has gone is not its successor's") {
  epoll kernel;
  pair slow(kernel, 4096);
  fill(kernel, slow);
  kernel.remove(*slow.here);
  pair next(kernel);
  CHECK(next.here == slow.here);
  CHECK_FALSE(next.here->choked);
  next.here->writable = true;
  say(kernel, next, "mine");
  look(kernel);
  CHECK(next.hear() == "mine");
}

TEST_CASE("a peer that is gone is told by the next attempt, and nobody else hears of it") {
  epoll kernel;
  pair gone(kernel);
  pair other(kernel);
  ::close(std::exchange(gone.ends[1], -1));
  CHECK_FALSE(say(kernel, gone, "lost").failure);
  CHECK(say(kernel, other, "x").bytes == 1);
  look(kernel);
  CHECK(gone.here->readable);
  CHECK(say(kernel, gone, "again").failure == boost::system::errc::broken_pipe);
  CHECK(other.hear() == "x");
}
