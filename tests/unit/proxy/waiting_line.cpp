// The order in which those who wait are served, over the lines of two cores, and how far it may be
// left.
#include "proxy/waiting_line.hpp"

#include <doctest/doctest.h>

#include <array>
#include <deque>

using skein::proxy::front_row;
using skein::proxy::waiting_line;
using fate = waiting_line::fate;

namespace {

constexpr waiting_line::fit apples{"apples", 1};
constexpr waiting_line::fit pears{"pears", 1};

struct waiter final : waiting_line::waiter {};

struct lines {
  lines() : of{waiting_line(all, all.join()), waiting_line(all, all.join())} {}
  waiter& join(unsigned core, const waiting_line::fit& wanted) {
    waiter& made = waiters.emplace_back();
    made.wanted = wanted;
    of[core].join(made);
    return made;
  }
  // Who is given a place that this core has; null: nobody here.
  waiting_line::waiter* next(unsigned core) {
    const auto told = of[core].offer_place();
    return told.what == fate::handed_on ? told.who : nullptr;
  }

  front_row all = {};
  std::array<waiting_line, 2> of;
  std::deque<waiter> waiters = {};
};

}  // namespace

TEST_CASE("places go to those who wait in the order of their coming") {
  lines at;
  CHECK(at.of[0].offer_place().what == fate::stays);
  CHECK_FALSE(at.all.anybody());
  waiter& first = at.join(0, apples);
  waiter& second = at.join(1, pears);
  waiter& third = at.join(0, apples);
  waiter& fourth = at.join(0, apples);
  at.of[0].leave(third);
  CHECK_FALSE(third.waits());
  CHECK(at.all.waiting() == 3);
  CHECK(at.next(0) == &first);
  CHECK(at.all.core_of_first() == 1U);
  CHECK(at.next(1) == &second);
  CHECK(at.next(0) == &fourth);
  CHECK(at.of[0].offer_place().what == fate::stays);
  CHECK_FALSE(at.all.anybody());
  CHECK(at.all.waiting() == 0);
}

TEST_CASE("a place of a core where nobody waits is for the first elsewhere") {
  lines at;
  at.join(1, apples);
  const auto told = at.of[0].offer_place();
  CHECK(told.what == fate::elsewhere);
  CHECK(told.core == 1);
  CHECK(at.of[0].offer(apples).what == fate::elsewhere);
  CHECK(at.of[1].size() == 1);
}

TEST_CASE("who comes back with a ticket stands where it stood") {
  lines at;
  waiter& first = at.join(0, apples);
  CHECK(at.next(0) == &first);
  waiter& second = at.join(0, apples);
  waiter& third = at.join(0, apples);
  const auto ticket = first.ticket;
  at.of[0].join(first);
  CHECK(first.ticket == ticket);
  CHECK(at.next(0) == &first);
  CHECK(at.next(0) == &second);
  at.of[0].join(second);
  CHECK(at.next(0) == &second);
  CHECK(at.next(0) == &third);
}

TEST_CASE("who leaves from the middle, the front or the end is missed by nobody") {
  for (unsigned gone = 0; gone < 3; ++gone) {
    lines at;
    for (unsigned i = 0; i < 3; ++i) at.join(0, apples);
    at.of[0].leave(at.waiters[gone]);
    at.of[0].leave(at.waiters[gone]);  // a second time says nothing
    for (unsigned i = 0; i < 3; ++i) {
      if (i != gone) CHECK(at.next(0) == &at.waiters[i]);
    }
    CHECK(at.of[0].first() == nullptr);
  }
}

TEST_CASE("a connection stays where nobody waits, and is closed where it fits nobody") {
  lines at;
  CHECK(at.of[0].offer(apples).what == fate::stays);
  at.join(0, pears);
  CHECK(at.of[0].offer(apples).what == fate::closes);
  CHECK(at.of[0].offer({"pears", 2}).what == fate::closes);  // of another epoch
  CHECK(at.of[0].size() == 1);
}

TEST_CASE("a connection goes to the longest waiting that it fits") {
  lines at;
  at.join(0, pears);
  const std::array wanted{&at.join(0, apples), &at.join(0, apples)};
  for (waiter* const each : wanted) {
    const auto told = at.of[0].offer(apples);
    CHECK(told.what == fate::handed_on);
    CHECK(told.who == each);
    CHECK_FALSE(each->waits());
  }
  CHECK(at.of[0].offer(apples).what == fate::closes);
  CHECK(at.of[0].size() == 1);
}

TEST_CASE("who is first is overtaken a few times, then never again, on whatever core it is") {
  for (const unsigned core : {0U, 1U}) {
    CAPTURE(core);
    lines at;
    waiter& early = at.join(core, pears);
    for (unsigned times = 0; times < waiting_line::overtakings_max; ++times) {
      at.join(0, apples);
      CHECK(at.of[0].offer(apples).what == fate::handed_on);
    }
    at.join(0, apples);
    for (int times = 0; times < 3; ++times) {
      CHECK(at.of[0].offer(apples).what == (core == 0 ? fate::closes : fate::elsewhere));
    }
    CHECK(at.next(core) == &early);
    CHECK(at.of[0].offer(apples).what == fate::handed_on);  // which is first itself now
  }
}

TEST_CASE("a place, too, goes past the first of another core a few times only") {
  lines at;
  waiter& early = at.join(1, apples);
  for (unsigned times = 0; times < waiting_line::overtakings_max; ++times) {
    waiter& late = at.join(0, apples);
    CHECK(at.next(0) == &late);
  }
  at.join(0, apples);
  CHECK(at.of[0].offer_place().what == fate::elsewhere);
  CHECK(at.next(1) == &early);
}

TEST_CASE("who is first no more because an older one came back keeps count of its overtakings") {
  lines at;
  waiter& older = at.join(0, pears);
  CHECK(at.next(0) == &older);
  waiter& early = at.join(0, pears);
  const auto overtake = [&] {
    at.join(1, apples);
    return at.of[1].offer(apples).what == fate::handed_on;
  };
  for (unsigned times = 0; times < waiting_line::overtakings_max; ++times) CHECK(overtake());
  at.of[0].join(older);
  for (unsigned times = 0; times < waiting_line::overtakings_max; ++times) CHECK(overtake());
  CHECK_FALSE(overtake());
  CHECK(at.next(0) == &older);
  CHECK_FALSE(overtake());
  CHECK(at.next(0) == &early);
}

TEST_CASE("with n before it nobody is overtaken more than n + 1 times as often, over all cores") {
  constexpr unsigned before = 5;
  lines at;
  for (unsigned i = 0; i < before; ++i) at.join(i % 2, pears);
  waiter& patient = at.join(1, pears);
  unsigned overtaken = 0;
  for (unsigned turn = 0; patient.waits(); ++turn) {
    const unsigned core = turn % 2;
    at.join(core, apples);
    const auto told = at.of[core].offer(apples);
    if (told.what == fate::handed_on) {
      ++overtaken;
    } else {
      CHECK(at.next(told.what == fate::elsewhere ? told.core : core));
    }
  }
  CHECK(overtaken <= (before + 1) * waiting_line::overtakings_max);
  CHECK(overtaken >= waiting_line::overtakings_max);
}

TEST_CASE("where all who wait have a place, nothing is closed and nobody is overtaken") {
  lines at;
  at.join(0, pears);
  CHECK(at.of[0].offer(apples, 1).what == fate::stays);
  CHECK(at.of[0].offer(apples, 0).what == fate::closes);
  for (unsigned i = 0; i < waiting_line::overtakings_max + 3; ++i) {
    waiter& late = at.join(0, apples);
    const auto told = at.of[0].offer(apples, 2);
    CHECK(told.what == fate::handed_on);
    CHECK(told.who == &late);
  }
  at.join(0, apples);
  CHECK(at.of[0].offer(apples, 1).what == fate::handed_on);  // the first was not passed over so far
}
