// Whatever a cluster does, no session is shown less than it is promised. The same check must find
// those who do not keep the promise.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "routing/plan.hpp"
#include "tests/unit/routing/history.hpp"

using namespace skein;
using namespace skein::routing;

namespace {

const statement_facts reading = {.where = place::any, .may_write = false};
const statement_facts writing = {.where = place::leader, .why = "it writes"};

enum class keeps : std::uint8_t {
  all,
  no_debts,
  no_reads,
  no_key,
  no_edition,
  not_what_others_wrote
};

struct outcome {
  int followed = 0;  // reads that a follower has answered
  int waited = 0;    // of those, after a wait
  int broken = 0;    // of those, with less than was promised
  int carried = 0;   // plans that the one before has stood for ...
  int wrongly = 0;   // ... and that would have been others
};

class session {
 public:
  void step(history& in, freshness fresh, keeps promise, moment& shared,
            std::uint64_t& written_by_key, std::uint64_t& written_by_all, outcome& count) {
    switch (doing_) {
      case phase::nothing:
        if (in.any(4) != 0) break;
        begin(in, written_by_key, fresh == freshness::global ? written_by_all : 0);
        break;
      case phase::deciding:
        choose(in, fresh, promise, shared, count);
        break;
      case phase::sent:
        run(in, count);
        break;
      case phase::answered:
        hear(in, shared, written_by_key, written_by_all);
        break;
    }
  }

 private:
  enum class phase : std::uint8_t { nothing, deciding, sent, answered };

  void begin(history& in, std::uint64_t written_by_key, std::uint64_t written_by_all) {
    doing_ = phase::deciding;
    waited_ = false;
    asked_ = {};
    asked_.facts = in.any(5) == 0 ? &writing : &reading;
    asked_.arrived = in.clock();
    promised_ = std::max({seen_, written_by_key, written_by_all});
  }

  void choose(history& in, freshness fresh, keeps promise, moment shared, outcome& count) {
    asked_.now = in.clock();
    asked_.fresh = promise == keeps::not_what_others_wrote ? freshness::session : fresh;
    asked_.owed = owed_;
    if (promise == keeps::no_debts) asked_.owed = {};
    if (promise == keeps::no_reads) asked_.owed.on = 0;
    asked_.shared = promise == keeps::no_debts || promise == keeps::no_key ? moment{} : shared;
    asked_.lot = in.lot();
    const plan made = decide(asked_, ours_, in.now, in.seen, balance_);
    if (carries(under_, asked_) && (edition_ == in.edition || promise == keeps::no_edition)) {
      ++count.carried;
      count.wrongly +=
          made.what != plan::act::send || made.member != on_ || made.why != reason::same_member;
    }
    under_ = footing_of(made, asked_);
    edition_ = in.edition;
    waited_ = waited_ || made.what == plan::act::wait;
    if (made.what == plan::act::wait) return;
    doing_ = made.what == plan::act::send ? phase::sent : phase::nothing;
    on_ = made.member;
    to_leader_ = in.now.leader == on_;
    incarnation_ = in.now.members[on_].last.started_at_us;
  }

  void run(history& in, outcome& count) {
    doing_ = phase::nothing;
    if (asked_.facts == &writing) {
      if (in.write(on_, incarnation_, result_)) doing_ = phase::answered;
      return;
    }
    if (!in.read(on_, incarnation_, result_)) return;
    doing_ = phase::answered;
    if (to_leader_) return;
    ++count.followed;
    count.waited += waited_;
    count.broken += result_ < promised_;
  }

  void hear(history& in, moment& shared, std::uint64_t& written_by_key,
            std::uint64_t& written_by_all) {
    doing_ = phase::nothing;
    seen_ = std::max(seen_, result_);
    if (asked_.facts == &writing) {
      owed_.wrote = shared = in.clock();
      written_by_key = std::max(written_by_key, result_);
      written_by_all = std::max(written_by_all, result_);
      return;
    }
    owed_.read = in.clock();
    owed_.on = static_cast<std::uint32_t>(on_ + 1);
    owed_.incarnation = incarnation_;
  }

  phase doing_ = phase::nothing;
  policy ours_ = {};
  balancer balance_ = {};
  footing under_ = {};  // its last plan
  std::uint64_t edition_ = 0;
  request asked_ = {};
  debt owed_ = {};
  std::size_t on_ = 0;
  std::int64_t incarnation_ = 0;
  bool to_leader_ = false;
  bool waited_ = false;
  std::uint64_t result_ = 0;    // of what is under way: the transaction that it wrote or showed
  std::uint64_t promised_ = 0;  // what it has to show
  std::uint64_t seen_ = 0;
};

// Two sessions that share a key, and one by itself.
outcome run(freshness fresh, keeps promise) {
  constexpr int steps = 30000;
  outcome count;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const int broken = count.broken;
    history in(seed);
    std::array<session, 3> sessions;
    std::array<moment, 2> shared = {};
    std::array<std::uint64_t, 2> by_key = {};
    std::uint64_t by_all = 0;
    for (int i = 0; i < steps; ++i) {
      in.step();
      in.tick();
      const std::size_t who = in.any(sessions.size());
      const std::size_t key = who / 2;
      sessions[who].step(in, fresh, promise, shared[key], by_key[key], by_all, count);
    }
    if (promise == keeps::all) {
      CAPTURE(seed);
      CHECK(count.broken == broken);
    }
  }
  return count;
}

}  // namespace

TEST_CASE("a session is never shown less than it has written, or seen before") {
  const outcome count = run(freshness::session, keeps::all);
  CHECK(count.broken == 0);
  CHECK(count.followed > 5000);
  CHECK(count.waited > 500);
  SUBCASE("and this would be seen") {
    for (const auto broken : {keeps::no_debts, keeps::no_reads, keeps::no_key}) {
      CAPTURE(static_cast<int>(broken));
      CHECK(run(freshness::session, broken).broken > 0);
    }
  }
}

TEST_CASE("a plan stands for the next as long as what it stands on carries that") {
  const outcome count = run(freshness::session, keeps::all);
  CHECK(count.carried > 100);
  CHECK(count.wrongly == 0);
  SUBCASE("but not beyond its view") {
    CHECK(run(freshness::session, keeps::no_edition).wrongly > 0);
  }
  CHECK(run(freshness::global, keeps::all).carried == 0);
}

TEST_CASE("global: whoever wrote it, what was told to be written is shown") {
  const outcome count = run(freshness::global, keeps::all);
  CHECK(count.broken == 0);
  CHECK(count.followed > 500);
  CHECK(count.waited > 500);  // a look after its arrival has to come first
  SUBCASE("and this would be seen") {
    CHECK(run(freshness::global, keeps::not_what_others_wrote).broken > 0);
  }
}
