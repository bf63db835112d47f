// What edge-triggered readiness must not get wrong: lost data, lost ends, stale events.
#include "net/socket.hpp"

#include "tests/unit/net/watched_pair.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

awaitable<> note(skein::net::socket& on, direction where, int& ended) {
  const auto [failure] = co_await on.wait(where);
  ended = failure ? -1 : 1;
}

awaitable<> ends_are_not_lost(core& on) {
  using enum direction;
  {  // with the data, in one event
    watched_pair pair(on);
    pair.say("abc");
    pair.close();
    CHECK_FALSE(std::get<0>(co_await pair.here.wait(read)));
    CHECK(pair.hear() == "abc");
    CHECK_FALSE(std::get<0>(co_await pair.here.wait(read)));
    CHECK(pair.hear() == "end");
  }
  {  // between the event and the read
    watched_pair pair(on);
    pair.say("abc");
    CHECK_FALSE(std::get<0>(co_await pair.here.wait(read)));
    pair.close();
    CHECK(pair.hear() == "abc");
    CHECK_FALSE(std::get<0>(co_await pair.here.wait(read)));
    CHECK(pair.hear() == "end");
  }
  {  // more data between the event and the read, and none after it
    watched_pair pair(on);
    pair.say("abc");
    CHECK_FALSE(std::get<0>(co_await pair.here.wait(read)));
    pair.say("def");
    CHECK(pair.hear() == "abcdef");
    int ended = 0;
    task_group group(on.where());
    group.spawn(note(pair.here, read, ended));
    co_await pause(on, 10ms);
    CHECK(ended == 0);  // the event of "def" is no news
    pair.say("g");
    co_await group.join();
    CHECK(ended == 1);
    CHECK(pair.hear() == "g");
  }
  {  // a read that was full, of data that no event has told of yet
    watched_pair pair(on);
    pair.say("abcdef");
    CHECK(pair.hear(3) == "abc");
    CHECK_FALSE(std::get<0>(co_await pair.here.wait(read)));
    CHECK(pair.hear(3) == "def");
  }
}

awaitable<> room_is_told(core& on) {
  watched_pair pair(on);
  const std::string much(100'000, 'x');
  const auto fill = [&] {
    while (!pair.here.send(std::as_bytes(std::span(much))).blocked) continue;
  };
  CHECK_FALSE(std::get<0>(co_await pair.here.wait(direction::write)));
  for (int round = 0; round < 3; ++round) {
    fill();
    int ended = 0;
    task_group group(on.where());
    if (round == 1) {  // room before anybody asks for it
      std::string sink(10'000'000, ' ');
      while (::recv(pair.there, sink.data(), sink.size(), 0) > 0) continue;
    }
    group.spawn(note(pair.here, direction::write, ended));
    co_await pause(on, 5ms);
    CHECK(ended == (round == 1 ? 1 : 0));
    std::string sink(10'000'000, ' ');
    while (::recv(pair.there, sink.data(), sink.size(), 0) > 0) continue;
    co_await group.join();
    CHECK(ended == 1);
  }
}

// The first one resumed closes the other, whose event is of the same turn, and a new socket takes
// over its number and its place.
awaitable<> close_other(skein::net::socket& mine, std::unique_ptr<watched_pair>& other, core& on,
                        int& woken, task_group& group) {
  co_await mine.wait(direction::read);
  if (woken++ > 0) co_return;
  const int number = other->here.handle();
  other->here.close();
  other->close();
  other = std::make_unique<watched_pair>(on);
  CHECK(other->here.handle() == number);
  group.spawn(note(other->here, direction::read, woken));
}

awaitable<> no_stale_event_in_a_turn(core& on) {
  auto one = std::make_unique<watched_pair>(on);
  auto other = std::make_unique<watched_pair>(on);
  task_group group(on.where());
  int woken = 0;
  group.spawn(close_other(one->here, other, on, woken, group));
  int old = 0;
  group.spawn(note(other->here, direction::read, old));
  one->say("x");
  other->say("x");
  co_await pause(on, 10ms);
  CHECK(old == 1);  // it was told, and finds the socket closed
  CHECK(woken == 1);
  CHECK(group.size() == 1);  // the new one still waits
  group.cancel();
  co_await group.join();
}

// A child process, say, holds a copy: then the kernel goes on to watch what we have closed.
awaitable<> no_stale_event_of_a_copy(core& on) {
  auto one = std::make_unique<watched_pair>(on);
  const owned_handle copy(::dup(one->here.handle()));
  one->here.close();
  const watched_pair other(on);
  int ended = 0;
  task_group group(on.where());
  auto& fresh = const_cast<watched_pair&>(other).here;
  group.spawn(note(fresh, direction::read, ended));
  one->say("for the old one");
  co_await pause(on, 10ms);
  CHECK(ended == 0);
  other.say("x");
  co_await group.join();
  CHECK(ended == 1);
}

}  // namespace

TEST_CASE("neither data nor an end is lost, whenever it comes") {
  loop test;
  test.run(ends_are_not_lost(test.on));
}

TEST_CASE("who waits for room is told, whether it comes before or after") {
  loop test;
  test.run(room_is_told(test.on));
}

TEST_CASE("an event does not reach the next owner of a descriptor") {
  loop first;
  first.run(no_stale_event_in_a_turn(first.on));
  loop second;
  second.run(no_stale_event_of_a_copy(second.on));
}
