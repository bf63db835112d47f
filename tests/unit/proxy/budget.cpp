// The places of a cluster and who gets them, over two cores that are only written down here.
#include "proxy/budget.hpp"

#include <doctest/doctest.h>

#include <array>
#include <deque>

using namespace skein::proxy;

namespace {

struct waiter final : waiting_line::waiter {};

struct cores {
  explicit cores(std::size_t places, std::size_t logins_max = ~0UZ) : all(places, logins_max) {
    for (auto& core : seen) {
      const unsigned number =
          all.join({[&core](budget::slot place) { core.places.push_back(std::move(place)); },
                    [&core](const budget::wish& what) { core.wanted_by = what.core; }});
      core.line.emplace(all.waiters(), number);
    }
  }
  // Nobody may wait any more when the places come back.
  ~cores() {
    for (auto& core : seen) {
      while (auto* const first = core.line->first()) core.line->leave(*first);
    }
  }
  // What a core does with a waiter of its own; null: it has a place already.
  waiter* wait(unsigned core) {
    if (auto place = all.try_take()) {
      held.push_back(std::move(*place));
      return nullptr;
    }
    waiter& made = waiters.emplace_back();
    seen[core].line->join(made);
    all.look_for_one(core, {"apples", 1});
    return &made;
  }
  // What a core does with a place that has reached it: to its waiter, on, or back.
  waiting_line::waiter* turn(unsigned core) {
    REQUIRE_FALSE(seen[core].places.empty());
    budget::slot place = std::move(seen[core].places.back());
    seen[core].places.pop_back();
    const auto told = seen[core].line->offer_place();
    if (told.what == waiting_line::fate::elsewhere) all.pass_on(std::move(place), told.core);
    if (told.what != waiting_line::fate::handed_on) return nullptr;
    held.push_back(std::move(place));
    return told.who;
  }

  struct core {
    std::vector<budget::slot> places = {};
    std::optional<unsigned> wanted_by = {};
    std::optional<waiting_line> line = {};
  };
  budget all;
  std::array<core, 2> seen = {};
  std::deque<waiter> waiters = {};
  std::vector<budget::slot> held = {};
};

}  // namespace

TEST_CASE("a place that comes free goes to who is first, on whatever core") {
  cores at(1);
  CHECK_FALSE(at.wait(0));
  waiter* const first = at.wait(1);
  waiter* const second = at.wait(0);
  CHECK(at.all.anybody_waits());
  at.held.clear();
  CHECK(at.seen[0].places.empty());
  at.seen[1].line->leave(*first);  // meanwhile: the next one's turn
  CHECK_FALSE(at.turn(1));
  CHECK(at.turn(0) == second);
  CHECK_FALSE(at.all.anybody_waits());
  CHECK_FALSE(at.all.try_take());
  at.held.clear();
  CHECK(at.all.try_take());
}

TEST_CASE("a place whose waiters have all gone on its way is free again") {
  cores at(1);
  CHECK_FALSE(at.wait(0));
  waiter* const only = at.wait(1);
  at.held.clear();
  at.seen[1].line->leave(*only);
  CHECK_FALSE(at.all.try_take());
  CHECK_FALSE(at.turn(1));
  CHECK(at.all.try_take());
}

TEST_CASE("nobody takes a place past those who wait") {
  cores at(2);
  CHECK_FALSE(at.wait(0));
  CHECK_FALSE(at.wait(0));
  const auto first = at.wait(1)->ticket;
  at.held.pop_back();
  CHECK_FALSE(at.all.try_take());  // it is on its way to the first
  CHECK(at.wait(0)->ticket > first);
}

TEST_CASE("who begins to wait when a place is free is told of it") {
  cores at(2);
  CHECK_FALSE(at.wait(0));
  waiter late;
  at.seen[1].line->join(late);  // having seen none
  CHECK_FALSE(at.all.try_take());
  at.all.look_for_one(1, {"apples", 1});
  CHECK(at.turn(1) == &late);
}

TEST_CASE("only a core that may hold something idle is called on") {
  cores at(0);
  at.wait(0);
  CHECK_FALSE(at.seen[1].wanted_by);
  at.all.may_be_called(1, true);
  at.all.may_be_called(0, true);
  at.wait(0);
  CHECK(at.seen[1].wanted_by == 0U);
  CHECK_FALSE(at.seen[0].wanted_by);  // which knows what it has
  at.seen[1].wanted_by.reset();
  at.all.may_be_called(1, false);
  at.wait(0);
  CHECK_FALSE(at.seen[1].wanted_by);
}

TEST_CASE("who stops waiting is passed over") {
  cores at(1);
  CHECK_FALSE(at.wait(0));
  waiter* const gone = at.wait(0);
  waiter* const patient = at.wait(1);
  at.seen[0].line->leave(*gone);
  at.held.clear();
  CHECK(at.seen[0].places.empty());
  CHECK(at.turn(1) == patient);
}

TEST_CASE("so many sign in at one time, and the others in the order of their coming") {
  cores at(5, 2);
  CHECK_FALSE(at.wait(0));
  CHECK_FALSE(at.wait(0));
  CHECK_FALSE(at.all.try_take());  // there are places, but no leave to sign in
  waiter* const first = at.wait(1);
  waiter* const second = at.wait(0);
  CHECK_FALSE(at.all.used_up());
  at.held[0].signed_in();
  CHECK(at.turn(1) == first);
  at.held[0].signed_in();  // a second time says nothing
  CHECK(at.seen[0].places.empty());
  at.held.pop_back();  // its login failed
  CHECK(at.turn(0) == second);
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

TEST_CASE("made smaller, nothing comes free until it holds, whoever waits") {
  cores at(3);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(at.wait(0));
  at.all.resize(1, ~0UZ);
  CHECK(at.all.size() == 1);
  waiter* const waits = at.wait(1);
  for (int left = 3; left > 1; --left) {
    CHECK_FALSE(at.all.may_sign_in_anew(at.held.back()));
    // By whoever asks first, at once: two that look at the same time must not both go.
    CHECK(at.all.overdrawn(at.held.back()));
    at.held.pop_back();
    CHECK(at.seen[1].places.empty());
  }
  CHECK_FALSE(at.all.overdrawn(at.held.back()));
  CHECK(at.all.used_up());
  at.held.clear();
  CHECK(at.turn(1) == waits);
  at.held.clear();
  CHECK(at.all.try_take());
}

TEST_CASE("made larger, all who wait and have room now have their turn") {
  cores at(1);
  CHECK_FALSE(at.wait(0));
  waiter* const first = at.wait(1);
  waiter* const second = at.wait(0);
  waiter* const third = at.wait(0);
  at.all.resize(3, ~0UZ);
  CHECK(at.turn(1) == first);
  CHECK_FALSE(at.turn(1));  // goes on to where the next one waits
  CHECK(at.turn(0) == second);
  at.all.resize(4, 3);
  CHECK(at.seen[0].places.empty());  // three are signing in already
  at.all.resize(4, 4);
  CHECK(at.turn(0) == third);
}
