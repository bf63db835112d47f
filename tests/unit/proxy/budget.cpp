// The places of a cluster and the line for them, over two cores that are only written down here.
#include "proxy/budget.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace skein::proxy;

namespace {

struct cores {
  explicit cores(std::size_t places, std::size_t logins_max = ~0UZ) : all(places, logins_max) {
    for (auto& core : seen) {
      all.join({[&core](std::uint64_t ticket, budget::slot place) {
                  core.turns.emplace_back(ticket, std::move(place));
                },
                [&core] { ++core.wanted; }});
    }
  }
  // What a core does with a waiter of its own; 0: it has a place already.
  std::uint64_t wait(unsigned core) {
    std::uint64_t ticket = 0;
    auto place = all.take_or_wait(ticket, {core, "apples", 1});
    if (place) held.push_back(std::move(*place));
    return ticket;
  }

  struct core {
    std::vector<std::pair<std::uint64_t, budget::slot>> turns = {};
    int wanted = 0;
  };
  budget all;
  std::array<core, 2> seen = {};
  std::vector<budget::slot> held = {};
};

}  // namespace

TEST_CASE("a place that comes free goes to who is first, on whatever core") {
  cores at(1);
  CHECK(at.wait(0) == 0);
  const auto first = at.wait(1);
  const auto second = at.wait(0);
  CHECK(at.seen[0].wanted == 2);
  CHECK(at.seen[1].wanted == 2);
  CHECK(at.all.anybody_waits());
  at.held.clear();
  REQUIRE(at.seen[1].turns.size() == 1);
  CHECK(at.seen[1].turns[0].first == first);
  CHECK(at.seen[0].turns.empty());
  at.seen[1].turns.clear();  // has left meanwhile: the next one's turn
  REQUIRE(at.seen[0].turns.size() == 1);
  CHECK(at.seen[0].turns[0].first == second);
  CHECK_FALSE(at.all.anybody_waits());
  CHECK_FALSE(at.all.try_take());
  at.seen[0].turns.clear();
  CHECK(at.all.try_take());
}

TEST_CASE("nobody takes a place past those who wait") {
  cores at(2);
  CHECK(at.wait(0) == 0);
  CHECK(at.wait(0) == 0);
  const auto first = at.wait(1);
  at.held.pop_back();
  CHECK_FALSE(at.all.try_take());  // it is on its way to the first
  CHECK(at.wait(0) > first);
}

TEST_CASE("who stops waiting is passed over") {
  cores at(1);
  CHECK(at.wait(0) == 0);
  const auto gone = at.wait(0);
  const auto patient = at.wait(1);
  at.all.stop_waiting(gone);
  at.held.clear();
  CHECK(at.seen[0].turns.empty());
  REQUIRE(at.seen[1].turns.size() == 1);
  CHECK(at.seen[1].turns[0].first == patient);
  at.seen[1].turns.clear();
}

TEST_CASE("so many sign in at one time, and the others in the order of their coming") {
  cores at(5, 2);
  CHECK(at.wait(0) == 0);
  CHECK(at.wait(0) == 0);
  CHECK_FALSE(at.all.try_take());  // there are places, but no leave to sign in
  const auto first = at.wait(1);
  const auto second = at.wait(0);
  CHECK_FALSE(at.all.used_up());
  at.held[0].signed_in();
  REQUIRE(at.seen[1].turns.size() == 1);
  CHECK(at.seen[1].turns[0].first == first);
  at.held[0].signed_in();  // a second time says nothing
  CHECK(at.seen[0].turns.empty());
  at.held.pop_back();  // its login failed
  REQUIRE(at.seen[0].turns.size() == 1);
  CHECK(at.seen[0].turns[0].first == second);
  CHECK_FALSE(at.all.anybody_waits());
}

TEST_CASE("a place whose connection is to be closed for another's needs leave to sign in, too") {
  cores at(2, 1);
  auto used = at.all.try_take();
  CHECK_FALSE(at.all.may_sign_in_anew(*used));
  used->signed_in();
  CHECK(at.all.may_sign_in_anew(*used));
  CHECK_FALSE(at.all.try_take());
  used.reset();
  CHECK(at.all.try_take());
}

TEST_CASE("every place is free again, whatever became of it") {
  cores at(4, 2);
  for (int round = 0; round < 3; ++round) {
    auto one = at.all.try_take();
    auto two = at.all.try_take();
    REQUIRE(one);
    REQUIRE(two);
    one->signed_in();
    auto three = at.all.try_take();
    REQUIRE(three);
    *one = std::move(*three);  // what it held before goes with `three`
  }
  auto one = at.all.try_take();
  auto two = at.all.try_take();
  CHECK((one && two));
}

TEST_CASE("made smaller, what comes back is closed until it holds, whoever waits") {
  cores at(3);
  for (int i = 0; i < 3; ++i) CHECK(at.wait(0) == 0);
  at.all.resize(1, ~0UZ);
  CHECK(at.all.size() == 1);
  CHECK(at.all.overdrawn());
  const auto waits = at.wait(1);
  for (int left = 3; left > 1; --left) {
    CHECK(at.all.offer({1, "apples", 1}).what == waiting_line::fate::closes);
    CHECK_FALSE(at.all.may_sign_in_anew(at.held.back()));
    at.held.pop_back();
    CHECK(at.seen[1].turns.empty());
  }
  CHECK_FALSE(at.all.overdrawn());
  CHECK(at.all.offer({1, "apples", 1}).ticket == waits);
  CHECK(at.all.used_up());
  at.held.clear();
  CHECK(at.all.try_take());
}

TEST_CASE("made larger, all who wait and have room now have their turn") {
  cores at(1);
  CHECK(at.wait(0) == 0);
  const auto first = at.wait(1);
  const auto second = at.wait(0);
  const auto third = at.wait(0);
  at.all.resize(3, ~0UZ);
  REQUIRE(at.seen[1].turns.size() == 1);
  CHECK(at.seen[1].turns[0].first == first);
  REQUIRE(at.seen[0].turns.size() == 1);
  CHECK(at.seen[0].turns[0].first == second);
  at.all.resize(4, 3);
  CHECK(at.seen[0].turns.size() == 1);  // three are signing in already
  at.all.resize(4, 4);
  REQUIRE(at.seen[0].turns.size() == 2);
  CHECK(at.seen[0].turns[1].first == third);
  at.seen[0].turns.clear();
  at.seen[1].turns.clear();
}
