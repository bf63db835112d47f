// Where statements go and why, in the words that people read.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/routing/scene.hpp"

using namespace skein;
using namespace skein::routing;
using std::chrono::milliseconds;

namespace {

struct told_row {
  const char* what;
  change set;
  const char* sentence;
};

void check(const std::vector<told_row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.what);
    scene in;
    row.set(in);
    CHECK(in.told() == std::string(row.sentence));
  }
}

void nobody_leads(scene& in) {
  in.nobody_leads("every member is a follower; promote one of them");
}

}  // namespace

TEST_CASE("what only the leader may run goes there") {
  check(std::vector<told_row>{
      {"it locks", [](scene& in) { in.asked.facts = &locking; },
       R"(to leader "a": it locks rows (FOR UPDATE))"},
      {"nothing is known", [](scene& in) { in.asked.facts = nullptr; },
       R"(to leader "a": what it does is not known)"},
      {"nobody is sure",
       [](scene& in) {
         in.asked.facts = nullptr;
         in.asked.unsure = "its definitions are yet to be read";
       },
       R"(to leader "a": its definitions are yet to be read)"},
      {"it only reads, but", [](scene& in) { in.asked.unsure = "this transaction has written"; },
       R"(to leader "a": this transaction has written)"},
      {"a hint makes no write go to a follower",
       [](scene& in) {
         in.asked.facts = &locking;
         in.rule(destination::kind::followers, "", "");
       },
       R"(to leader "a": it locks rows (FOR UPDATE))"},
      {"nor what nobody knows",
       [](scene& in) {
         in.asked.facts = nullptr;
         in.rule(destination::kind::member, "b");
       },
       R"(to leader "a": what it does is not known)"},
      {"reads: leader", [](scene& in) { in.ours.reads = reads_from::leader; },
       R"(to leader "a": it only reads, but the settings want the leader (reads: leader))"},
      {"freshness: leader",
       [](scene& in) {
         in.asked.fresh = freshness::leader;
         in.asked.facts = &beginning;
       },
       R"(to leader "a": its transaction only reads, but the settings want the leader)"
       R"( (freshness: leader))"},
      {"each read is owed anew",
       [](scene& in) {
         in.asked.fresh = freshness::global;
         in.asked.facts = &beginning;
       },
       R"(to leader "a": its transaction only reads, but stays where it begins, and each read is)"
       R"( owed all that was written before)"},
  });
}

TEST_CASE("where a read goes is told in a sentence") {
  check(std::vector<told_row>{
      {"balanced", [](scene&) {}, R"(to follower "b": it only reads)"},
      {"a transaction", [](scene& in) { in.asked.facts = &beginning; },
       R"(to follower "b": its transaction only reads)"},
      {"the same one", [](scene& in) { in.asked.owed = has_read(shop::c, 28); },
       R"(to follower "c": it only reads, and this session reads there (others may show less))"},
      {"any", [](scene& in) { in.ours.reads = reads_from::any; },
       R"(to leader "a": it only reads, and the leader serves reads too)"},
      {"nobody fits",
       [](scene& in) {
         in.now.members[shop::b].serves_reads = false;
         in.asked.shunned = 1U << shop::c;
       },
       R"(to leader "a": it only reads, but no follower may serve reads: b follows, 7 s behind: it)"
       R"( gets no reads; c has just failed this statement)"},
      {"nobody fits, for long reasons",
       [](scene& in) {
         in.now.members[shop::b].serves_reads = false;
         in.now.members[shop::b].reason =
             "cannot be reached: connection to server at 10.0.0.1, port 5432 failed: refused";
         in.now.members[shop::c].weight = 0;
       },
       R"(to leader "a": it only reads, but no follower may serve reads: b cannot be reached:)"
       R"( connection to server at 10.0.0.1, port ...; c has no weight)"},
      {"nobody is there", [](scene& in) { in.now.members.resize(1); },
       R"(to leader "a": it only reads, but there is no follower)"},
      {"a key is shared, nobody shows it",
       [](scene& in) {
         in.asked.shared = at(28);
         in.ours.wait = milliseconds(0);
       },
       R"(to leader "a": it only reads, but no follower shows yet what this session, or one that)"
       R"( shares its key, has written or seen)"},
  });
}

TEST_CASE("rules and hints") {
  using to = destination::kind;
  check(std::vector<told_row>{
      {"to the leader", [](scene& in) { in.rule(to::leader); },
       R"(to leader "a": rule "reports" says so)"},
      {"to the leader, by its name", [](scene& in) { in.rule(to::member, "a", ""); },
       R"(to leader "a": a hint says so)"},
      {"to followers, whatever the settings",
       [](scene& in) {
         in.rule(to::followers);
         in.ours.reads = reads_from::leader;
       },
       R"(to follower "b": rule "reports" says so)"},
      {"to a member", [](scene& in) { in.rule(to::member, "c"); },
       R"(to member "c": rule "reports" says so)"},
      {"to a member, whatever its weight",
       [](scene& in) {
         in.rule(to::member, "c", "");
         in.now.members[shop::c].weight = 0;
       },
       R"(to member "c": a hint says so)"},
      {"to a member that shows too little",
       [](scene& in) {
         in.rule(to::member, "c");
         in.asked.owed.wrote = at(15);
         in.ours.wait = milliseconds(0);
       },
       R"(to leader "a": it only reads, but member "c" does not show yet what this session has)"
       R"( written or seen)"},
      {"to a member that will show it",
       [](scene& in) {
         in.rule(to::member, "c");
         in.asked.owed.wrote = at(15);
         in.ours.wait = milliseconds(1000);
       },
       R"(waits up to 1 s until member "c" shows what this session has written or seen)"},
      {"to a member that is out",
       [](scene& in) {
         in.rule(to::member, "c");
         in.now.members[shop::c].serves_reads = false;
       },
       R"(to leader "a": it only reads, but member "c" may not serve reads: it follows, 7 s)"
       R"( behind: it gets no reads)"},
      {"to a member that is too far behind",
       [](scene& in) {
         in.rule(to::member, "c");
         in.asked.fresh = freshness::bounded;
         in.now.members[shop::c].behind = milliseconds(1500);
       },
       R"(to leader "a": it only reads, but member "c" is not known to be at most 1 s behind)"},
      {"to nobody", [](scene& in) { in.rule(to::member, "d"); },
       R"(to leader "a": it only reads, but there is no member "d")"},
      {"to a zone that is empty", [](scene& in) { in.rule(to::zone, "south"); },
       R"(to leader "a": it only reads, but no follower is in zone "south")"},
      {"to a zone that shows too little",
       [](scene& in) {
         in.rule(to::zone, "north");
         in.now.members[shop::c].zone = "north";
         in.asked.owed.wrote = at(15);
         in.ours.wait = milliseconds(0);
       },
       R"(to leader "a": it only reads, but nobody in zone "north" shows yet what this session has)"
       R"( written or seen)"},
  });
}

TEST_CASE("nobody leads: writes are refused, followers go on serving who is owed nothing new") {
  const char* refused =
      R"(cluster "shop" has no leader: every member is a follower; promote one of them)";
  check(std::vector<told_row>{
      {"a write",
       [](scene& in) {
         nobody_leads(in);
         in.asked.facts = &locking;
       },
       refused},
      {"what is not known",
       [](scene& in) {
         nobody_leads(in);
         in.asked.facts = nullptr;
       },
       refused},
      {"reads are the leader's",
       [](scene& in) {
         nobody_leads(in);
         in.ours.reads = reads_from::leader;
       },
       refused},
      {"nobody fits",
       [](scene& in) {
         nobody_leads(in);
         in.asked.shunned = 6;
       },
       refused},
      {"nothing is owed", [](scene& in) { nobody_leads(in); }, R"(to follower "b": it only reads)"},
      {"whatever it wrote",
       [](scene& in) {
         nobody_leads(in);
         in.asked.owed.wrote = at(28);
         in.asked.fresh = freshness::any;
       },
       R"(to follower "b": it only reads)"},
      {"what it wrote before the leader was last looked at",
       [](scene& in) {
         nobody_leads(in);
         in.asked.owed.wrote = at(20);
       },
       R"(to follower "b": it only reads)"},
      {"what it wrote",
       [](scene& in) {
         nobody_leads(in);
         in.asked.owed.wrote = at(21);
       },
       R"(cluster "shop" has no leader, and no follower shows yet what this session has written or)"
       R"( seen: every member is a follower; promote one of them)"},
      {"all that was written",
       [](scene& in) {
         nobody_leads(in);
         in.asked.fresh = freshness::global;
       },
       R"(cluster "shop" has no leader, and no follower shows yet all that was written before:)"
       R"( every member is a follower; promote one of them)"},
  });
}

TEST_CASE("what was decided earlier is told by what is left of it") {
  struct row {
    past_plan done;
    const char* sentence;
  };
  for (const row& each : std::vector<row>{
           {{.facts = &locking, .member = "a", .led = true},
            R"(to leader "a": it locks rows (FOR UPDATE))"},
           {{.member = "a", .led = true}, R"(to leader "a": what it does is not known)"},
           {{.unsure = "it comes in pieces", .member = "a", .led = true, .why = reason::unsure},
            R"(to leader "a": it comes in pieces)"},
           {{.facts = &reading, .member = "b", .why = reason::balanced},
            R"(to follower "b": it only reads)"},
           {{.facts = &reading, .member = "a", .led = true, .why = reason::balanced},
            R"(to leader "a": it only reads, and the leader serves reads too)"},
           {{.facts = &beginning, .member = "b", .why = reason::same_member},
            R"(to follower "b": its transaction only reads, and this session reads there (others)"
            R"( may show less))"},
           {{.facts = &reading, .rule = "reports", .member = "c", .why = reason::ruled},
            R"(to follower "c": rule "reports" says so)"},
           {{.facts = &reading,
             .shared = true,
             .member = "a",
             .led = true,
             .why = reason::not_fresh},
            R"(to leader "a": it only reads, but no follower shows yet what this session, or one)"
            R"( that shares its key, has written or seen)"},
           {{.facts = &reading, .member = "a", .led = true, .why = reason::none_fit},
            R"(to leader "a": it only reads, but nobody else could serve it)"},
           {{.facts = &locking, .member = "b", .led = true, .why = reason::no_leader},
            R"(to leader "b": it has waited until somebody led)"},
           {{.facts = &reading, .rule = "none", .member = "b", .refused = true},
            R"(refused by rule "none")"}}) {
    CHECK(sentence(each.done, policy{}) == std::string(each.sentence));
  }
}
