// The pure halves of chaos, by themselves: a ledger must find each way in which a database can
// differ from what was told, and a schedule must repeat itself and leave nothing out.
#include <doctest/doctest.h>

#include <set>

#include "tests/servers/chaos/ledger.hpp"
#include "tests/servers/chaos/schedule.hpp"

using namespace skein::servers::chaos;

namespace {

ledger three_transactions() {
  ledger told;
  told.record(1, 2, outcome::acknowledged);
  told.record(2, 3, outcome::failed);
  told.record(3, 2, outcome::unknown);
  return told;
}

using findings = std::vector<std::string>;

}  // namespace

TEST_CASE("a ledger is content with what was told, and with either end of what is unknown") {
  const auto told = three_transactions();
  CHECK(told.audit({{1, 2, 2}}).empty());
  CHECK(told.audit({{1, 2, 2}, {3, 2, 2}}).empty());
  CHECK(told.count(outcome::acknowledged) == 1);
  CHECK(told.count(outcome::failed) == 1);
  CHECK(told.count(outcome::unknown) == 1);
}

TEST_CASE("a ledger finds what is lost, doubled, torn, undead or a stranger's") {
  const auto told = three_transactions();
  CHECK(told.audit({}) == findings{"transaction 1 was acknowledged and is lost"});
  CHECK(told.audit({{1, 3, 2}}) == findings{"transaction 1 has a row more than once"});
  CHECK(told.audit({{1, 1, 1}}) == findings{"transaction 1 is torn: 1 of 2 rows are there"});
  CHECK(told.audit({{1, 2, 2}, {3, 1, 1}}) ==
        findings{"transaction 3 is torn: 1 of 2 rows are there"});
  CHECK(told.audit({{1, 2, 2}, {2, 3, 3}}) ==
        findings{"transaction 2 failed with certainty and is there"});
  CHECK(told.audit({{1, 2, 2}, {4, 1, 1}}) ==
        findings{"transaction 4 was never recorded and is there"});
}

TEST_CASE("ledgers are merged, and no transaction is recorded twice") {
  auto told = three_transactions();
  ledger other;
  other.record(9, 1, outcome::acknowledged);
  told.merge(other);
  CHECK(told.audit({{1, 2, 2}}) == findings{"transaction 9 was acknowledged and is lost"});
  CHECK(told.count(outcome::acknowledged) == 2);
  CHECK_THROWS_AS(told.merge(other), std::logic_error);
}

TEST_CASE("a schedule repeats itself by its seed, and strikes in every way") {
  schedule one(7);
  schedule same(7);
  schedule another(8);
  std::set<strike_kind> kinds;
  std::set<std::size_t> at_once;
  bool differs = false;
  for (int count = 0; count < 300; ++count) {
    const auto made = one.next();
    CHECK(made.strikes == same.next().strikes);
    differs |= made.strikes != another.next().strikes;
    at_once.insert(made.strikes.size());
    CHECK(made.length().count() <= 4000);
    for (const auto& each : made.strikes) {
      kinds.insert(each.kind);
      CHECK(!describe(each).empty());
    }
  }
  CHECK(differs);
  CHECK(kinds.size() == strike_kinds);
  CHECK(at_once == std::set<std::size_t>{1, 2});
}
