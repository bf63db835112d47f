#include "net/deadline.hpp"

#include "tests/unit/net/loop.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

constexpr steady_time start{std::chrono::hours(5)};
steady_time hand_clock = start;  // what a wheel reads that is turned only when it asks

// A wheel turned by hand, a millisecond at a time or in one jump.
struct hand_turned {
  deadline_wheel wheel{start};
  void pass(std::chrono::milliseconds length) {
    for (auto end = wheel.now() + length; wheel.now() < end;) wheel.turn(wheel.now() + 1ms);
  }
  std::chrono::milliseconds at() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(wheel.now() - start);
  }
};

// A party that arms, disarms and destroys at random, beside a model that knows what must happen.
struct random_party {
  struct entry {
    std::unique_ptr<deadline> real;
    std::optional<steady_time> due = {};
  };

  explicit random_party(unsigned seed, bool asked = false) : only_when_asked(asked), random(seed) {}

  void fired(std::size_t number) {
    entry& at = entries[number];
    REQUIRE(at.due.has_value());
    CHECK(hand_clock >= *at.due);
    CHECK(hand_clock - *at.due <= deadline_wheel::tick + longest_step);
    CHECK(at.real->passed());
    at.due.reset();
    // A call may do anything to anybody.
    for (auto count = random() % 3; count > 0; --count) act(random() % entries.size());
  }

  void act(std::size_t number) {
    entry& at = entries[number];
    if (!at.real) {
      at.real = std::make_unique<deadline>(wheel, [this, number] { fired(number); });
    }
    switch (random() % 6) {
      case 0:
        at.real.reset();
        at.due.reset();
        break;
      case 1:
        at.real->disarm();
        at.due.reset();
        break;
      default:
        const std::array<unsigned, 4> spans = {5, 100, 4000, 20000};
        const auto length = std::chrono::milliseconds(random() % spans[random() % spans.size()]);
        at.real->arm(length);
        at.due = hand_clock + length;
    }
  }

  void run() {
    for (int round = 0; round < 20000; ++round) {
      if (random() % 4 == 0) act(random() % entries.size());
      const auto before = longest_step;
      if (random() % 1000 == 0) longest_step = 7000ms;  // a loop that was held up for a round
      const auto step = std::chrono::milliseconds(random() % (longest_step.count() + 1));
      hand_clock += step;
      if (!only_when_asked || hand_clock >= wheel.next_turn()) wheel.turn(hand_clock);
      for (const entry& each : entries) {
        if (each.due) CHECK(hand_clock - *each.due < deadline_wheel::tick);
      }
      longest_step = before;
    }
  }

  bool only_when_asked;
  std::mt19937 random;
  std::chrono::milliseconds longest_step{30};
  deadline_wheel wheel{hand_clock, [] { return hand_clock; }};
  std::vector<entry> entries = std::vector<entry>(40);
};

awaitable<> arm_after_idle(core& on) {
  bool called = false;
  deadline limit(on.wheel(), [&] { called = true; });
  CHECK(on.wheel().idle());
  co_await pause(on, 120ms);  // nobody turns an idle wheel: its time must not be the old one
  const auto before = on.wheel().read_clock();  // the exact clock may be ahead: see core.cpp
  limit.arm(60ms);
  while (!called) co_await pause(on, 1ms);
  CHECK(std::chrono::steady_clock::now() - before >= 60ms);
  CHECK(std::chrono::steady_clock::now() - before < 5s);
}

}  // namespace

TEST_CASE("a deadline is never early and at most two ticks late") {
  for (auto length : {0ms, 1ms, 9ms, 10ms, 11ms, 999ms, 5119ms, 5120ms, 5121ms, 60000ms}) {
    CAPTURE(length.count());
    hand_turned hand;
    hand.pass(3ms);
    std::optional<std::chrono::milliseconds> at;
    deadline limit(hand.wheel, [&] { at = hand.at(); });
    limit.arm(length);
    hand.pass(length + 25ms);
    REQUIRE(at);
    CHECK(*at >= length + 3ms);
    CHECK(*at <= length + 3ms + 2 * deadline_wheel::tick);
    CHECK(limit.passed());
  }
}

TEST_CASE("a deadline that moves away, or is disarmed, does not pass at its old time") {
  hand_turned hand;
  int calls = 0;
  deadline limit(hand.wheel, [&] { ++calls; });
  limit.arm(50ms);
  hand.pass(30ms);
  limit.arm(200ms);
  hand.pass(190ms);
  CHECK(calls == 0);
  CHECK_FALSE(limit.passed());
  hand.pass(40ms);
  CHECK(calls == 1);
  limit.arm(50ms);
  CHECK_FALSE(limit.passed());
  limit.disarm();
  hand.pass(10s);
  CHECK(calls == 1);
  CHECK(hand.wheel.idle());
}

TEST_CASE("a deadline that moves nearer passes at its new time") {
  hand_turned hand;
  std::optional<std::chrono::milliseconds> at;
  deadline limit(hand.wheel, [&] { at = hand.at(); });
  limit.arm(30s);
  hand.pass(1s);
  limit.arm(100ms);
  hand.pass(130ms);
  REQUIRE(at);
  CHECK(*at >= 1100ms);
}

TEST_CASE("a call may destroy its neighbours and itself") {
  for (std::size_t killer = 0; killer < 5; ++killer) {
    hand_turned hand;
    int calls = 0;
    std::vector<std::unique_ptr<deadline>> all;
    for (int number = 0; number < 5; ++number) {
      all.push_back(std::make_unique<deadline>(hand.wheel, [&] {
        ++calls;
        for (auto& each : all) each.reset();
      }));
      all.back()->arm(20ms + std::chrono::milliseconds(number == static_cast<int>(killer) ? 0 : 1));
    }
    hand.wheel.turn(start + 1s);
    CHECK(calls == 1);
    CHECK(hand.wheel.idle());
  }
}

TEST_CASE("a call may arm its own deadline again") {
  hand_turned hand;
  int calls = 0;
  std::unique_ptr<deadline> limit;
  limit = std::make_unique<deadline>(hand.wheel, [&] {
    if (++calls < 10) limit->arm(100ms);
  });
  limit->arm(100ms);
  hand.pass(2s);
  CHECK(calls == 10);
}

TEST_CASE("the wheel says when it must be turned next") {
  hand_turned hand;
  int sooner = 0;
  hand.wheel.on_sooner = [&] { ++sooner; };
  deadline one(hand.wheel, [] {});
  deadline other(hand.wheel, [] {});
  CHECK(hand.wheel.next_turn() == steady_time::max());
  one.arm(50ms);
  CHECK(hand.wheel.next_turn() == start + 50ms);
  other.arm(80ms);
  CHECK(sooner == 1);
  other.arm(20ms);
  CHECK(sooner == 2);
  CHECK(hand.wheel.next_turn() == start + 20ms);
  hand.pass(20ms);
  CHECK(hand.wheel.next_turn() == start + 50ms);
  hand.pass(30ms);
  CHECK(hand.wheel.idle());
  CHECK(hand.wheel.next_turn() == steady_time::max());
  one.arm(50ms);
  CHECK(sooner == 3);
}

TEST_CASE("a deadline that is far away has the wheel turned once a round") {
  hand_turned hand;
  bool passed = false;
  deadline limit(hand.wheel, [&] { passed = true; });
  limit.arm(60s);
  int turns = 0;
  for (; !passed && turns < 100; ++turns) hand.wheel.turn(hand.wheel.next_turn());
  CHECK(hand.at() == 60s);
  CHECK(turns <= 13);
}

TEST_CASE("a wheel that was idle for long does not ask for what is over") {
  hand_clock = start;
  deadline_wheel wheel(hand_clock, [] { return hand_clock; });
  deadline limit(wheel, [] {});
  hand_clock += 1h + 3ms;
  limit.arm(10s);
  CHECK(wheel.next_turn() > hand_clock);
  CHECK(wheel.next_turn() <= hand_clock + 10s + deadline_wheel::tick);
}

TEST_CASE("a length beyond reason is a long time, not an overflow") {
  hand_turned hand;
  deadline limit(hand.wheel, [] {});
  limit.arm(steady_time::duration::max());
  hand.wheel.turn(start + std::chrono::hours(24 * 300));
  CHECK_FALSE(limit.passed());
  limit.arm(-1s);
  hand.pass(20ms);
  CHECK(limit.passed());
}

TEST_CASE("random operations agree with a naive model") {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    random_party(seed).run();
    random_party(seed, true).run();
  }
}

TEST_CASE("a core's deadline is not early after the core was idle") {
  loop test;
  test.run(arm_after_idle(test.on));
}
