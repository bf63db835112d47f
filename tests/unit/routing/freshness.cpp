// What a follower is known to show: tables of looks and debts.
#include "routing/freshness.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "tests/unit/routing/shop.hpp"

using namespace skein;
using namespace skein::routing;

namespace {

// Of what is known: a number, as that is easier to read in a failure.
std::optional<std::uint64_t> rank_after(const shop& in, std::size_t member, int ms) {
  const position* found = in.seen.first_after(member, at(ms));
  return found ? std::optional(found->rank) : std::nullopt;
}

constexpr std::int64_t first_start = 1000;

debt wrote(int ms) {
  return {.wrote = at(ms)};
}
debt read(std::size_t on, int ms, std::int64_t incarnation = first_start) {
  return {.read = at(ms), .on = static_cast<std::uint32_t>(on + 1), .incarnation = incarnation};
}

}  // namespace

TEST_CASE("a time is told by the first look that was asked at it or later") {
  shop in;
  CHECK(!rank_after(in, shop::a, 0));
  in.leads(shop::a, 10, 100);
  in.leads(shop::a, 20, 200);
  in.leads(shop::a, 20, 999);  // the same look, as other members' news come
  in.leads(shop::a, 30, 300);
  struct row {
    int when;
    std::optional<std::uint64_t> rank;
  };
  for (const auto& [when, rank] : std::vector<row>{
           {1, 100}, {10, 100}, {11, 200}, {20, 200}, {21, 300}, {30, 300}, {31, std::nullopt}}) {
    CAPTURE(when);
    CHECK(rank_after(in, shop::a, when) == rank);
  }
  CHECK(!rank_after(in, 7, 1));
}

TEST_CASE("what is older than all that is kept is told by the oldest that is kept") {
  shop in;
  constexpr int looks = 200;
  for (int i = 1; i <= looks; ++i) in.leads(shop::a, i * 10, static_cast<std::uint64_t>(i));
  CHECK(rank_after(in, shop::a, 1) == looks - 63);
  for (int i = looks - 63; i <= looks; ++i) CHECK(rank_after(in, shop::a, i * 10) == i);
  for (int i = looks - 63; i < looks; ++i) CHECK(rank_after(in, shop::a, i * 10 + 1) == i + 1);
  CHECK(!rank_after(in, shop::a, looks * 10 + 1));
}

TEST_CASE("a leader is known by what it has written, a follower by what it shows") {
  shop in;
  in.now.members[shop::b].last.written = {1, 500, {}};
  in.leads(shop::a, 10, 100);
  in.shows(shop::b, 10, 90);
  CHECK(rank_after(in, shop::a, 10) == 100);
  CHECK(rank_after(in, shop::b, 10) == 90);
}

TEST_CASE("positions of an old history are forgotten") {
  shop in;
  for (int i = 1; i <= 3; ++i) {
    in.leads(shop::a, i * 10, 100);
    in.shows(shop::b, i * 10, 90);
    in.shows(shop::c, i * 10, 80);
  }
  SUBCASE("a server that was started anew: its own") {
    in.now.members[shop::b].last.started_at_us = 2000;
    in.shows(shop::b, 40, 70);
    CHECK(rank_after(in, shop::b, 1) == 70);
    CHECK(rank_after(in, shop::a, 1) == 100);
  }
  SUBCASE("another role: its own") {
    in.leads(shop::b, 40, 120, 2);
    CHECK(rank_after(in, shop::b, 1) == 120);
    CHECK(rank_after(in, shop::c, 1) == 80);
  }
  SUBCASE("a new epoch: everybody's, but for the last look") {
    in.now.epoch = 2;
    in.now.leader = shop::b;
    in.leads(shop::b, 40, 120, 2);
    CHECK(in.seen.first_after(shop::b, at(1))->history == 2);
    in.shows(shop::c, 50, 85);
    CHECK(rank_after(in, shop::c, 31) == 85);
    CHECK(rank_after(in, shop::c, 1) == 80);
  }
  SUBCASE("other members: everybody's") {
    std::swap(in.now.members[shop::b], in.now.members[shop::c]);
    in.seen.note(in.now);
    CHECK(rank_after(in, shop::b, 1) == 80);
    in.now.members.pop_back();
    in.seen.note(in.now);
    CHECK(!rank_after(in, shop::c, 1));
  }
  SUBCASE("a look that failed changes nothing") {
    in.now.members[shop::a].role = member_role::unknown;
    in.now.members[shop::a].reachable = false;
    in.now.leader.reset();
    in.seen.note(in.now);
    CHECK(rank_after(in, shop::a, 15) == 100);
  }
}

TEST_CASE("a follower covers what it is known to show") {
  // The leader was at 100 some time after 10, at 200 after 20; b shows 150, c shows 200.
  shop in;
  in.leads(shop::a, 10, 100);
  in.leads(shop::a, 20, 200);
  in.shows(shop::b, 15, 120);
  in.shows(shop::b, 25, 150);
  in.shows(shop::c, 15, 110);
  in.shows(shop::c, 25, 200);
  struct row {
    const char* what;
    debt owed;
    int shared_ms;
    bool by_b;
    bool by_c;
  };
  const auto both = [](debt one, const debt& other) {
    one.read = other.read;
    one.on = other.on;
    one.incarnation = other.incarnation;
    return one;
  };
  for (const auto& [what, owed, shared_ms, by_b, by_c] : std::vector<row>{
           {"nothing", {}, 0, true, true},
           {"a write that the first look has seen", wrote(10), 0, true, true},
           {"a write that the second look has seen", wrote(11), 0, false, true},
           {"a write that no look has seen", wrote(21), 0, false, false},
           {"a write of who shares its key", {}, 11, false, true},
           {"the later of both: its own", wrote(21), 11, false, false},
           {"the later of both: the other's", wrote(5), 21, false, false},
           {"what b showed", read(shop::b, 14), 0, true, true},
           {"what b showed last: b itself, c by what b showed later", read(shop::b, 25), 0, true,
            true},
           {"what c showed last: b shows less", read(shop::c, 25), 0, false, true},
           {"what b showed after all looks: b alone", read(shop::b, 26), 0, true, false},
           {"what c showed after all looks: c alone", read(shop::c, 26), 0, false, true},
           {"what the leader showed, seen", read(shop::a, 10), 0, true, true},
           {"what the leader showed, seen later", read(shop::a, 11), 0, false, true},
           {"what the leader showed, not seen", read(shop::a, 21), 0, false, false},
           {"what an earlier server of b showed: as the leader's", read(shop::b, 11, 7), 0, false,
            true},
           {"and after all looks at the leader", read(shop::b, 21, 7), 0, false, false},
           {"what nobody showed who is there", read(9, 11), 0, false, true},
           {"both: read there, but the write is not shown", both(wrote(11), read(shop::b, 26)), 0,
            false, false},
           {"both: all of it", both(wrote(11), read(shop::c, 26)), 0, false, true},
       }) {
    CAPTURE(what);
    const moment shared = shared_ms ? at(shared_ms) : moment{};
    CHECK(covers(in.now, in.seen, shop::b, owed, shared) == by_b);
    CHECK(covers(in.now, in.seen, shop::c, owed, shared) == by_c);
  }
}

TEST_CASE("what was read is looked for where it asks for less") {
  shop in;
  in.shows(shop::b, 20, 150);
  in.shows(shop::c, 30, 160);
  in.leads(shop::a, 20, 170);
  CHECK(covers(in.now, in.seen, shop::c, read(shop::b, 20), {}));  // by what b shows
  in.leads(shop::a, 40, 180);
  in.shows(shop::c, 50, 190);
  CHECK(covers(in.now, in.seen, shop::c, read(shop::b, 35), {}));  // by what the leader has
  CHECK(!covers(in.now, in.seen, shop::c, read(shop::b, 41), {}));
}

TEST_CASE("a follower of another timeline than its leader shows nothing for sure") {
  shop in;
  in.now.leader = shop::b;
  in.now.epoch = 2;
  in.leads(shop::b, 10, 100, 2);
  in.shows(shop::c, 20, 150, 1);
  CHECK(!covers(in.now, in.seen, shop::c, wrote(10), {}));
  CHECK(!covers(in.now, in.seen, shop::c, read(shop::b, 10), {}));
  CHECK(!shows_all_before(in.now, in.seen, shop::c, at(10)));
  CHECK(covers(in.now, in.seen, shop::c, read(shop::c, 30), {}));  // what it showed itself
  in.shows(shop::c, 30, 150, 2);
  CHECK(covers(in.now, in.seen, shop::c, wrote(10), {}));
}

TEST_CASE("a debt from before the lead moved asks for what the new leader began with") {
  shop in;
  in.leads(shop::a, 10, 100);
  in.shows(shop::b, 10, 100);
  in.shows(shop::c, 10, 100);
  const debt owed = wrote(5);
  CHECK(covers(in.now, in.seen, shop::c, owed, {}));
  in.now.epoch = 2;
  in.now.leader = shop::b;
  in.leads(shop::b, 20, 110, 2);
  CHECK(!covers(in.now, in.seen, shop::c, owed, {}));
  in.shows(shop::c, 30, 110, 2);
  CHECK(covers(in.now, in.seen, shop::c, owed, {}));
}

TEST_CASE("without a leader what was done before the last look at one is known to be shown") {
  shop in;
  in.leads(shop::a, 10, 100);
  in.shows(shop::b, 10, 100);
  in.shows(shop::c, 20, 100);
  in.nobody_leads("every member is a follower; promote one of them");
  CHECK(covers(in.now, in.seen, shop::c, {}, {}));
  CHECK(covers(in.now, in.seen, shop::c, wrote(5), {}));
  CHECK(covers(in.now, in.seen, shop::c, wrote(10), {}));
  CHECK(!covers(in.now, in.seen, shop::c, wrote(11), {}));
  CHECK(covers(in.now, in.seen, shop::c, read(shop::b, 5), {}));
  CHECK(covers(in.now, in.seen, shop::c, read(shop::a, 5), {}));  // as it was seen to write
  CHECK(!covers(in.now, in.seen, shop::c, read(shop::a, 11), {}));
  CHECK(shows_all_before(in.now, in.seen, shop::c, at(5)));
  CHECK(!shows_all_before(in.now, in.seen, shop::c, at(11)));
  in.shows(shop::b, 20, 99);
  CHECK(!covers(in.now, in.seen, shop::b, wrote(5), {}));
}

TEST_CASE("where nobody has led yet a write is not known to be shown") {
  shop in;
  in.leads(shop::a, 10, 100);
  in.shows(shop::c, 20, 100);
  in.now.leader.reset();
  in.now.last_leader.reset();
  CHECK(!covers(in.now, in.seen, shop::c, wrote(5), {}));
}

TEST_CASE(
    "all that was written before some time is shown by who shows the leader's look after it") {
  shop in;
  in.leads(shop::a, 10, 100);
  in.shows(shop::b, 12, 99);
  in.shows(shop::c, 12, 100);
  CHECK(!shows_all_before(in.now, in.seen, shop::b, at(10)));
  CHECK(shows_all_before(in.now, in.seen, shop::c, at(10)));
  CHECK(!shows_all_before(in.now, in.seen, shop::c, at(11)));
}

namespace {

// Even positions are of one writer, odd ones of another.
class parity final : public extent {
 public:
  explicit parity(std::uint64_t rank) : odd_(rank % 2 != 0) {}
  bool covers(const extent& other) const override {
    return odd_ == dynamic_cast<const parity&>(other).odd_;
  }

 private:
  bool odd_;
};
position odd_or_even(std::uint64_t rank) {
  return {0, rank, std::to_string(rank), std::make_shared<parity>(rank)};
}

}  // namespace

TEST_CASE("who ranks higher shows what is owed only if it has it") {
  shop in;
  in.leads(shop::a, 10, 100);
  in.now.members[shop::a].last.written = odd_or_even(200);
  in.now.members[shop::a].asked = at(20);
  in.seen.note(in.now);
  struct row {
    position shown;
    bool covered;
  };
  for (const auto& [shown, covered] : std::vector<row>{{odd_or_even(200), true},
                                                       {odd_or_even(202), true},
                                                       {odd_or_even(201), false},
                                                       {odd_or_even(198), false},
                                                       {{0, 500, "500"}, false}}) {
    in.now.members[shop::b].last.applied = shown;
    CHECK(covers(in.now, in.seen, shop::b, wrote(15), {}) == covered);
    CHECK(shows_all_before(in.now, in.seen, shop::b, at(15)) == covered);
  }
}

TEST_CASE("who has what was written is known by its name, before the leader has been looked at") {
  shop in;
  in.leads(shop::a, 10, 100);
  const position mine = odd_or_even(200);
  in.now.members[shop::b].last.applied = odd_or_even(202);
  in.now.members[shop::c].last.applied = odd_or_even(201);
  debt owed = wrote(20);
  CHECK_FALSE(covers(in.now, in.seen, shop::b, owed, {}));
  owed.exact = mine.exact.get();
  CHECK(covers(in.now, in.seen, shop::b, owed, {}));
  CHECK_FALSE(covers(in.now, in.seen, shop::c, owed, {}));
  // What another with the same key wrote later is not named.
  CHECK(covers(in.now, in.seen, shop::b, owed, at(20)));
  CHECK_FALSE(covers(in.now, in.seen, shop::b, owed, at(21)));
}
