// The checker by itself: it must be content with a word that was kept, and find each way in which
// one can be broken. Each case changes one thing of a round in which b took over from a.
#include <doctest/doctest.h>

#include <functional>

#include "tests/faults/checker.hpp"

using namespace skein::servers::faults;
using namespace std::chrono_literals;

namespace {

// Client 1 writes 1 to a, 2 is lost in the failover, 3 is refused meanwhile, 4 is taken by b.
evidence failover() {
  const std::vector<held_write> all = {{1, 1, "a"}, {1, 4, "b"}};
  return {.told = {{1, 1, 100ms, 101ms, outcome::acknowledged},
                   {1, 2, 200ms, 900ms, outcome::in_doubt},
                   {1, 3, 1000ms, 1100ms, outcome::refused},
                   {1, 4, 1200ms, 1500ms, outcome::acknowledged}},
          .reigns = {{1, "a", 0ms}, {2, "b", 1510ms}},
          .held = {{"a", {{1, 1, "a"}}}, {"b", all}, {"c", all}},
          .leader = "b",
          .followers = {"c"}};
}

verdict after(const std::function<void(evidence&)>& change) {
  evidence all = failover();
  change(all);
  return check(all);
}

using findings = std::vector<std::string>;

}  // namespace

TEST_CASE("a word that was kept") {
  const verdict made = check(failover());
  CHECK(made.findings == findings{});
  CHECK(made.acknowledged == 2);
  CHECK(made.refused == 1);
  CHECK(made.in_doubt == 1);
  CHECK(made.lost == 0);
}

TEST_CASE("what is in doubt may be there") {
  const verdict made = after([](evidence& all) {
    for (const char* each : {"a", "b", "c"}) all.held[each].push_back({1, 2, "a"});
  });
  CHECK(made.findings == findings{});
}

TEST_CASE("an acknowledged write is lost") {
  const auto lose = [](evidence& all) {
    all.told.push_back({2, 1, 150ms, 151ms, outcome::acknowledged});
  };
  const verdict nowhere = after(lose);
  CHECK(nowhere.findings ==
        findings{"write 1 of client 2 was acknowledged and is lost: nobody has it"});
  CHECK(nowhere.lost == 1);
  CHECK(nowhere.lost_nowhere == 1);
  const verdict outside = after([&](evidence& all) {
    lose(all);
    all.held["a"].push_back({2, 1, "a"});
  });
  CHECK(outside.findings ==
        findings{"write 1 of client 2 was acknowledged and is lost: a took it"});
  CHECK(outside.lost_nowhere == 0);
  const verdict allowed = after([&](evidence& all) {
    lose(all);
    all.may_lose = true;
  });
  CHECK(allowed.findings == findings{});
  CHECK(allowed.lost == 1);
}

TEST_CASE("a refused write is there") {
  const verdict made = after([](evidence& all) {
    for (const char* each : {"b", "c"}) all.held[each].push_back({1, 3, "b"});
  });
  CHECK(made.findings == findings{"write 3 of client 1 was refused with certainty and is there"});
  CHECK(made.undead == 1);
}

TEST_CASE("a write is there twice") {
  const verdict made = after([](evidence& all) {
    for (const char* each : {"b", "c"}) all.held[each].push_back({1, 1, "a"});
  });
  CHECK(made.findings == findings{"write 1 of client 1 is there 2 times"});
  CHECK(made.doubled == 1);
}

TEST_CASE("a write is there that nobody wrote") {
  const verdict made = after([](evidence& all) {
    for (const char* each : {"b", "c"}) all.held[each].push_back({9, 7, "b"});
  });
  CHECK(made.findings == findings{"write 7 of client 9 is there; nobody wrote it"});
  CHECK(made.strangers == 1);
}

TEST_CASE("who led before goes on to acknowledge") {
  const auto late = [](evidence& all) {
    all.told.push_back({2, 1, 1490ms, 1530ms, outcome::acknowledged});
    all.held["a"].push_back({2, 1, "a"});
  };
  const verdict made = after(late);
  CHECK(made.outdated == 1);
  CHECK(made.lost == 1);
  CHECK(made.findings ==
        findings{"write 1 of client 2 was acknowledged and is lost: a took it",
                 "write 1 of client 2 was acknowledged under epoch 1, 30 ms after the first one"
                 " under epoch 2"});
  // Its answer had come, and its writer had no time to look at the clock.
  const verdict patient = after([&](evidence& all) {
    late(all);
    all.patience = 50ms;
    all.may_lose = true;
  });
  CHECK(patient.findings == findings{});
  // It was sent when the newer one had been heard of.
  const verdict certain = after([&](evidence& all) {
    all.told.push_back({2, 1, 1501ms, 1530ms, outcome::acknowledged});
    all.held["a"].push_back({2, 1, "a"});
    all.patience = 50ms;
    all.may_lose = true;
  });
  CHECK(certain.outdated == 1);
}

TEST_CASE("an epoch is led by two") {
  const verdict made = after([](evidence& all) { all.reigns.push_back({2, "c", 1600ms}); });
  CHECK(made.findings == findings{"epoch 2 was led by b, and by c"});
  CHECK(made.disputed == 1);
}

TEST_CASE("a write is acknowledged where nothing may be") {
  const auto told = [](int first, int last, milliseconds from, milliseconds to) {
    return after(
        [=](evidence& all) { all.silences = {{first, last, from, to, "while nobody may"}}; });
  };
  const verdict made = told(1, 2, 1200ms, 1500ms);
  CHECK(made.findings == findings{"write 4 of client 1 was acknowledged while nobody may"});
  CHECK(made.unlicensed == 1);
  CHECK(told(2, 3, 1200ms, 1500ms).findings == findings{});
  CHECK(told(1, 2, 1201ms, 1500ms).findings == findings{});  // it was under way before
  CHECK(told(1, 2, 1200ms, 1499ms).findings == findings{});  // it was answered later
}

TEST_CASE("who never led acknowledges") {
  const verdict made = after([](evidence& all) {
    all.told.push_back({2, 1, 150ms, 151ms, outcome::acknowledged});
    for (const char* each : {"b", "c"}) all.held[each].push_back({2, 1, "c"});
  });
  CHECK(made.findings ==
        findings{"write 1 of client 2 was acknowledged by c, which was never seen to lead"});
  CHECK(made.outdated == 1);
}

TEST_CASE("one that leads again is of its newer epoch") {
  const verdict made = after([](evidence& all) {
    all.reigns.push_back({3, "a", 2000ms});
    all.told.push_back({1, 5, 2100ms, 2101ms, outcome::acknowledged});
    all.held = {{"a", {{1, 1, "a"}, {1, 4, "b"}, {1, 5, "a"}}}};
    all.leader = "a";
    all.followers = {};
  });
  CHECK(made.findings == findings{});
}

TEST_CASE("a follower is not as its leader") {
  const verdict lacks = after([](evidence& all) { all.held["c"].pop_back(); });
  CHECK(lacks.findings == findings{"c lacks 1 of what b has"});
  const verdict more = after([](evidence& all) { all.held["c"].push_back({1, 2, "a"}); });
  CHECK(more.findings == findings{"c holds 1 that b does not"});
  const verdict twice = after([](evidence& all) { all.held["c"].push_back({1, 1, "a"}); });
  CHECK(twice.findings == findings{"c holds 1 that b does not"});
  const verdict unread = after([](evidence& all) { all.held.erase("c"); });
  CHECK(unread.findings == findings{"c follows, and could not be read"});
  CHECK(unread.diverging == 1);
}

TEST_CASE("nobody leads in the end") {
  const verdict made = after([](evidence& all) { all.leader = ""; });
  CHECK(made.findings == findings{"nobody leads in the end, so nothing can be read back"});
}

TEST_CASE("of many findings of one kind some are named, and all are counted") {
  const verdict made = after([](evidence& all) {
    for (int number = 1; number <= 100; ++number)
      all.told.push_back({3, number, 50ms, 60ms, outcome::acknowledged});
  });
  CHECK(made.findings.size() == 5);
  CHECK(made.lost == 100);
}
