// The audit of histories, by itself: each lapse is found in a history made by hand, and nothing in
// one that only looks odd.
#include <doctest/doctest.h>

#include "tests/servers/routing/history.hpp"

using namespace skein::servers::freshness;

namespace {

constexpr milliseconds bound{100};

instant at(int ms) {
  return instant{} + std::chrono::hours{1} + milliseconds{ms};
}

operation write(int session, int sent, int heard, std::size_t row, version value) {
  return {.session = session, .sent = at(sent), .heard = at(heard), .row = row, .value = value};
}

operation read(int session, int sent, std::vector<version> seen) {
  return {.session = session, .sent = at(sent), .heard = at(sent + 1), .seen = std::move(seen)};
}

using counts = std::array<std::size_t, lapses>;  // in the order of the enumeration

counts of(const std::vector<history>& all) {
  return audit(all, bound).counts;
}

}  // namespace

TEST_CASE("a history in which everybody sees everything has no lapses") {
  const auto told = audit({{write(1, 0, 10, 0, 1), read(1, 11, {1, 0}), read(2, 12, {1, 0})},
                           {write(3, 20, 30, 1, 1), read(3, 31, {1, 1})}},
                          bound);
  CHECK(told.counts == counts{});
  CHECK(told.writes == 2);
  CHECK(told.reads == 3);
  CHECK(told.may_follow == 3);
}

TEST_CASE("a session that misses its own write is found, and so is every wider promise") {
  CHECK(of({{write(1, 0, 10, 0, 1), read(1, 11, {0})}}) == counts{1, 1, 0, 1, 0});
}

TEST_CASE("a client's other session is owed what its client had heard to be done") {
  CHECK(of({{write(1, 0, 10, 0, 1), read(2, 11, {0})}}) == counts{0, 1, 0, 1, 0});
  CHECK(of({{write(1, 0, 10, 0, 1), read(2, 9, {0})}}) == counts{});
}

TEST_CASE("in a pipeline a read is owed what precedes it, though nothing was heard yet") {
  CHECK(of({{write(1, 0, 10, 0, 1), read(1, 1, {0})}}) == counts{1, 0, 0, 0, 0});
  CHECK(of({{read(1, 0, {0}), write(1, 1, 10, 0, 1)}}) == counts{});
}

TEST_CASE("a session that goes back in time is found, by anybody's row") {
  CHECK(of({{read(1, 0, {0, 7}), read(1, 5, {0, 6})}}) == counts{0, 0, 1, 0, 0});
  CHECK(of({{read(1, 0, {0, 7}), read(1, 5, {0, 6}), read(1, 9, {0, 6})}}) ==
        counts{0, 0, 2, 0, 0});
  CHECK(of({{read(1, 0, {0, 7}), read(2, 5, {0, 6})}}) == counts{});
}

TEST_CASE("what anybody was told is missed by who asks later, and not by who asked before") {
  const history writer{write(1, 0, 10, 0, 1)};
  CHECK(of({writer, {read(2, 11, {0})}}) == counts{0, 0, 0, 1, 0});
  CHECK(of({writer, {read(2, 10, {0})}}) == counts{});
  CHECK(of({{read(2, 11, {0})}, writer}) == counts{0, 0, 0, 1, 0});
}

TEST_CASE("the bound forgives what is younger") {
  const history writer{write(1, 0, 10, 0, 1)};
  CHECK(of({writer, {read(2, 110, {0})}}) == counts{0, 0, 0, 1, 0});
  CHECK(of({writer, {read(2, 111, {0})}}) == counts{0, 0, 0, 1, 1});
}

TEST_CASE("writers of one row may hear in another order than they committed") {
  CHECK(of({{write(1, 0, 20, 0, 1), read(3, 21, {2})}, {write(2, 0, 10, 0, 2)}}) == counts{});
  CHECK(of({{write(1, 0, 20, 0, 1), read(3, 21, {1})}, {write(2, 0, 10, 0, 2)}}) ==
        counts{0, 0, 0, 1, 0});
}

TEST_CASE("a read counts once for a kind of lapse, and examples are few and say what was owed") {
  const auto one = audit({{write(1, 0, 1, 0, 1), write(1, 2, 3, 1, 1), read(1, 4, {0, 0})}}, bound);
  CHECK(one.count(lapse::own_of_session) == 1);
  CHECK(one.examples[0] ==
        std::vector<std::string>{"a write of the same session was missed: client 0, session 1, at "
                                 "3600004 ms: row 0 was seen as 0, owed was 1"});
  history many{write(1, 0, 1, 0, 1)};
  for (int count = 0; count < 50; ++count) many.push_back(read(1, 2 + count, {0}));
  CHECK(audit({many}, bound).count(lapse::own_of_session) == 50);
  CHECK(audit({many}, bound).examples[0].size() == 5);
}
