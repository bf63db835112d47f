// Where statements go: tables of what is asked for and in which situation.
#include "routing/plan.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/unit/routing/scene.hpp"

using namespace skein;
using namespace skein::routing;
using std::chrono::milliseconds;

namespace {

struct balanced_row {
  const char* what;
  change set;
  const char* members;
};

void check(const std::vector<balanced_row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.what);
    scene in;
    row.set(in);
    CHECK(in.balanced() == row.members);
  }
}

}  // namespace

TEST_CASE("reads go to all that show enough") {
  check(std::vector<balanced_row>{
      {"nothing is owed", [](scene&) {}, "bc"},
      {"a transaction that reads", [](scene& in) { in.asked.facts = &beginning; }, "bc"},
      {"a write that only b shows", [](scene& in) { in.asked.owed.wrote = at(15); }, "b"},
      {"a write by its key", [](scene& in) { in.asked.shared = at(15); }, "b"},
      {"whatever it wrote",
       [](scene& in) {
         in.asked.owed.wrote = at(28);
         in.asked.fresh = freshness::any;
       },
       "bc"},
      {"it reads from c, and b shows as much",
       [](scene& in) { in.asked.owed = has_read(shop::c, 22); }, "bc"},
      {"it reads from c, and b may show less",
       [](scene& in) { in.asked.owed = has_read(shop::c, 28); }, "c"},
      {"any: the leader too", [](scene& in) { in.ours.reads = reads_from::any; }, "abc"},
      {"one just failed", [](scene& in) { in.asked.shunned = 1U << shop::b; }, "c"},
      {"one does not serve", [](scene& in) { in.now.members[shop::c].serves_reads = false; }, "b"},
      {"one has no weight", [](scene& in) { in.now.members[shop::c].weight = 0; }, "b"},
      {"bounded: not too far behind",
       [](scene& in) {
         in.asked.fresh = freshness::bounded;
         in.now.members[shop::b].behind = milliseconds(1001);
       },
       "c"},
      {"bounded: how far is not known",
       [](scene& in) {
         in.asked.fresh = freshness::bounded;
         in.now.members[shop::c].behind.reset();
       },
       "b"},
      {"bounded: whatever it wrote",
       [](scene& in) {
         in.asked.fresh = freshness::bounded;
         in.asked.owed.wrote = at(28);
       },
       "bc"},
      {"global: a look after it arrived",
       [](scene& in) {
         in.asked.fresh = freshness::global;
         in.leads(shop::a, 31, 200);
       },
       "b"},
      {"global: each read of a transaction is owed more than the one before",
       [](scene& in) {
         in.asked.facts = &beginning;
         in.asked.fresh = freshness::global;
         in.leads(shop::a, 31, 200);
       },
       "a"},
  });
}

TEST_CASE("zones") {
  const auto zones = [](scene& in) {
    in.ours.reads = reads_from::nearest;
    in.ours.zone = "east";
    in.now.members[shop::a].zone = "west";
    in.now.members[shop::b].zone = "east";
    in.now.members[shop::c].zone = "north";
  };
  check(std::vector<balanced_row>{
      {"the nearest", [&](scene& in) { zones(in); }, "b"},
      {"the leader among them",
       [&](scene& in) {
         zones(in);
         in.now.members[shop::a].zone = "east";
       },
       "ab"},
      {"that of its first read",
       [&](scene& in) {
         zones(in);
         in.ours.sticky = true;
         in.asked.home = "north";
       },
       "c"},
      {"that of its first read, but nobody there may serve",
       [&](scene& in) {
         zones(in);
         in.ours.sticky = true;
         in.asked.home = "north";
         in.now.members[shop::c].serves_reads = false;
       },
       "b"},
      {"it has had no read yet",
       [&](scene& in) {
         zones(in);
         in.ours.sticky = true;
       },
       "b"},
      {"none is near",
       [&](scene& in) {
         zones(in);
         in.ours.zone = "south";
       },
       "abc"},
      {"nowhere",
       [&](scene& in) {
         zones(in);
         in.ours.zone = "";
       },
       "abc"},
      {"the near one shows too little",
       [&](scene& in) {
         zones(in);
         in.ours.zone = "north";
         in.asked.owed.wrote = at(15);
       },
       "ab"},
      {"by a rule",
       [&](scene& in) {
         zones(in);
         in.rule(destination::kind::zone, "north");
       },
       "c"},
      {"by a rule, where nobody is",
       [&](scene& in) {
         zones(in);
         in.rule(destination::kind::zone, "south");
       },
       "a"},
  });
}

TEST_CASE("a member that came back gets its share by and by") {
  struct row {
    int served_ms;
    int picked_of_110;  // of the one that came back, beside one of weight 1
  };
  for (const auto& [served_ms, picked] :
       std::vector<row>{{-5, 10}, {0, 10}, {3000, 10}, {15000, 37}, {30000, 55}, {90000, 55}}) {
    CAPTURE(served_ms);
    scene in;
    in.asked.now = at(100000);
    in.now.members[shop::b].serves_since = at(100000 - served_ms);
    int met = 0;
    for (int i = 0; i < 110; ++i) met += in.decided().member == shop::b;
    CHECK(std::abs(met - picked) <= 1);
  }
}

TEST_CASE("what is shown by nobody yet is waited for, where there is hope") {
  scene in;
  in.asked.owed.wrote = at(28);
  const plan made = in.decided();
  CHECK(made.what == plan::act::wait);
  CHECK(made.until == at(50));
  CHECK(in.told() ==
        "waits up to 20 ms until a follower shows what this session has written or seen");
  SUBCASE("until it is shown") {
    in.leads(shop::a, 35, 210);
    CHECK(in.decided().what == plan::act::wait);
    in.shows(shop::c, 36, 210);
    CHECK(in.told() == R"(to follower "c": it only reads)");
  }
  SUBCASE("not for longer") {
    in.asked.now = at(50);
    CHECK(in.told() ==
          R"(to leader "a": it only reads, but no follower shows yet what this session)"
          R"( has written or seen)");
    in.asked.fresh = freshness::global;
    CHECK(in.told() == R"(to leader "a": it only reads, but no follower shows yet all that was)"
                       R"( written before)");
  }
  SUBCASE("not at all") {
    in.ours.wait = milliseconds(0);
    CHECK(in.decided().why == reason::not_fresh);
    CHECK(in.decided().what == plan::act::send);
  }
  SUBCASE("not where the best is too far behind") {
    in.now.members[shop::b].behind = milliseconds(81);
    in.now.members[shop::c].behind = milliseconds(200);
    CHECK(in.decided().what == plan::act::send);
    in.now.members[shop::c].behind = milliseconds(80);
    CHECK(in.decided().what == plan::act::wait);
    in.now.members[shop::c].behind.reset();
    CHECK(in.decided().what == plan::act::wait);
  }
  SUBCASE("not for one that is only too far behind: each read would wait") {
    in.asked.fresh = freshness::bounded;
    for (const auto follower : {shop::b, shop::c})
      in.now.members[follower].behind = milliseconds(2000);
    CHECK(in.told() == R"(to leader "a": it only reads, but no follower is known to be at most 1 s)"
                       R"( behind)");
  }
  SUBCASE("not where the leader serves reads") {
    in.ours.reads = reads_from::any;
    CHECK(in.told() ==
          R"(to leader "a": it only reads, but no follower shows yet what this session)"
          R"( has written or seen)");
  }
}

TEST_CASE("members beyond those that are balanced are not read from") {
  scene in;
  for (auto& member : in.now.members) member.serves_reads = false;
  while (in.now.members.size() < 40) {
    in.now.members.push_back(in.now.members[shop::b]);
    in.now.members.back().name = "m" + std::to_string(in.now.members.size());
  }
  in.now.members[35].serves_reads = true;
  in.seen.note(in.now);
  CHECK(in.decided().why == reason::none_fit);
  in.rule(destination::kind::member, in.now.members[35].name);
  CHECK(in.told() == R"(to leader "a": it only reads, but member "m36" may not serve reads: it is)"
                     R"( beyond the members that are balanced)");
  in.asked.ruled = nullptr;
  in.now.leader = 38;
  CHECK(in.decided().member == 38);
}

TEST_CASE("each reason has a word of its own") {
  std::set<std::string_view> words;
  for (std::size_t i = 0; i < reasons; ++i) words.insert(to_string(static_cast<reason>(i)));
  CHECK(words.size() == reasons);
}
