// The order in which those who wait are served, and how far it may be left.
#include "proxy/waiting_line.hpp"

#include <doctest/doctest.h>

using skein::proxy::waiting_line;
using fate = waiting_line::fate;

namespace {

constexpr waiting_line::fit apples{0, "apples", 1};
constexpr waiting_line::fit pears{0, "pears", 1};

std::uint64_t next_ticket(waiting_line& line) {
  const auto next = line.next();
  return next ? next->ticket : 0;
}

}  // namespace

TEST_CASE("places go to those who wait in the order of their coming") {
  waiting_line line;
  CHECK_FALSE(line.next());
  const auto first = line.join(0, apples);
  const auto second = line.join(0, {3, "pears", 1});
  const auto third = line.join(0, apples);
  line.leave(third);
  const auto fourth = line.join(0, apples);
  CHECK(line.size() == 3);
  CHECK(next_ticket(line) == first);
  const auto next = line.next();
  REQUIRE(next);
  CHECK(next->ticket == second);
  CHECK(next->core == 3);
  CHECK(next_ticket(line) == fourth);
  CHECK_FALSE(line.next());
}

TEST_CASE("who comes back with a ticket stands where it stood") {
  waiting_line line;
  const auto first = line.join(0, apples);
  CHECK(next_ticket(line) == first);
  const auto second = line.join(0, apples);
  CHECK(line.join(first, apples) == first);
  CHECK(next_ticket(line) == first);
  CHECK(next_ticket(line) == second);
}

TEST_CASE("a connection stays where nobody waits, and is closed where it fits nobody") {
  waiting_line line;
  CHECK(line.offer(apples).what == fate::stays);
  line.join(0, pears);
  CHECK(line.offer(apples).what == fate::closes);
  CHECK(line.offer({1, "pears", 1}).what == fate::closes);  // on another core
  CHECK(line.offer({0, "pears", 2}).what == fate::closes);  // of another epoch
  CHECK(line.size() == 1);
}

TEST_CASE("a connection goes to the longest waiting that it fits") {
  waiting_line line;
  line.join(0, pears);
  const auto first = line.join(0, apples);
  const auto second = line.join(0, apples);
  for (const auto expected : {first, second}) {
    const auto told = line.offer(apples);
    CHECK(told.what == fate::handed_on);
    CHECK(told.ticket == expected);
  }
  CHECK(line.offer(apples).what == fate::closes);
  CHECK(line.size() == 1);
}

TEST_CASE("who is first is overtaken a few times, then never again") {
  waiting_line line;
  const auto early = line.join(0, pears);
  for (unsigned times = 0; times < waiting_line::overtakings_max; ++times) {
    line.join(0, apples);
    CHECK(line.offer(apples).what == fate::handed_on);
  }
  line.join(0, apples);
  for (int times = 0; times < 3; ++times) CHECK(line.offer(apples).what == fate::closes);
  CHECK(next_ticket(line) == early);
  CHECK(line.offer(apples).what == fate::handed_on);  // which is first itself now
}

TEST_CASE("with n before it nobody is overtaken more than n + 1 times as often") {
  constexpr unsigned before = 5;
  waiting_line line;
  for (unsigned i = 0; i < before; ++i) line.join(0, pears);
  const auto patient = line.join(0, {1, "pears", 1});
  unsigned overtaken = 0;
  for (bool served = false; !served;) {
    line.join(0, apples);
    const auto told = line.offer(apples);
    if (told.what == fate::handed_on) {
      ++overtaken;
    } else {
      served = next_ticket(line) == patient;
    }
  }
  CHECK(overtaken <= (before + 1) * waiting_line::overtakings_max);
  CHECK(overtaken >= waiting_line::overtakings_max);
}

TEST_CASE("where all who wait have a place, nothing is closed and nobody is overtaken") {
  waiting_line line;
  line.join(0, pears);
  CHECK(line.offer(apples, 1).what == fate::stays);
  CHECK(line.offer(apples, 0).what == fate::closes);
  for (unsigned i = 0; i < waiting_line::overtakings_max + 3; ++i) {
    const auto ticket = line.join(0, apples);
    const auto told = line.offer(apples, 2);
    CHECK(told.what == fate::handed_on);
    CHECK(told.ticket == ticket);
  }
  line.join(0, apples);
  CHECK(line.offer(apples, 1).what == fate::handed_on);  // the first was not passed over so far
}
