// Which followers serve reads, told as stories: at each second somebody stands somewhere, and then
// it is said how far the follower is behind and what becomes of it.
#include "cluster/readers.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace std::chrono_literals;
using cluster::member_news;
using cluster::reader_ledger;
using routing::moment;
using std::chrono::milliseconds;

namespace {

const moment start = moment{} + 1h;

// A leader "a" and a follower "b", judged as cluster/watch does it.
struct story {
  std::vector<cluster::member_settings> members = {{"a", {"127.0.0.1", 1}},
                                                   {"b", {"127.0.0.1", 2}}};
  std::vector<member_news> news = std::vector<member_news>(2);
  reader_ledger ledger = {};
  std::optional<routing::cluster_view> view = {};
  milliseconds max_lag{5000};

  void lead(std::uint64_t rank, milliseconds asked, std::uint64_t history = 1,
            std::size_t member = 0) {
    observation seen;
    seen.role = member_role::leader;
    seen.written = {history, rank, "x"};
    hear(member, std::move(seen), asked);
  }
  void follow(std::uint64_t rank, milliseconds asked, std::uint64_t history = 1,
              std::string unknown = {}) {
    observation seen;
    seen.role = member_role::follower;
    seen.applied = {history, rank, "y"};
    seen.history_unknown = std::move(unknown);
    hear(1, std::move(seen), asked);
  }
  void hear(std::size_t member, observation seen, milliseconds asked) {
    news[member] = {true, seen, {}, seen, start + asked};
    judge(asked);
  }
  void lose(std::size_t member, milliseconds at) {
    news[member].seen.reset();
    news[member].trouble = "refused";
    judge(at);
  }
  void judge(milliseconds at) {
    view = cluster::judge("shop", members, news, view ? &*view : nullptr);
    cluster::judge_readers(*view, ledger, max_lag, start + at);
  }
  const routing::member_view& b() const { return view->members[1]; }
  // "1200 serves", "8200 out", "? out"
  std::string told() const {
    return (b().behind ? std::to_string(b().behind->count()) : "?") +
           (b().serves_reads ? " serves" : " out");
  }
};

}  // namespace

TEST_CASE("behind is the time since the leader was seen last where the follower stands") {
  struct row {
    std::uint64_t applied;
    const char* told;
  };
  for (const auto& [applied, told] : {row{40, "0 serves"},     // all that is known
                                      row{99, "0 serves"},     // it was looked at later
                                      row{39, "1000 serves"},  // what it lacks came after 3000
                                      row{30, "1000 serves"},  //
                                      row{29, "2000 serves"},  //
                                      row{20, "2000 serves"},  // two looks saw 20: the later one
                                      row{10, "4000 serves"},  //
                                      row{9, "4000 out"}}) {   // at least: 9 was never seen
    CAPTURE(applied);
    story of;
    of.lead(10, 0ms);
    of.lead(20, 1000ms);
    of.lead(20, 2000ms);
    of.lead(30, 3000ms);
    of.lead(40, 3900ms);
    of.follow(applied, 4000ms);
    CHECK(of.told() == told);
  }
}

TEST_CASE("an idle leader makes nobody look behind, nor does what followers cannot be sent yet") {
  story of;
  of.lead(10, 0ms);
  of.follow(10, 1ms);
  of.lead(10, 10min);
  CHECK(of.told() == "0 serves");
  observation seen;
  seen.role = member_role::leader;
  seen.written = {1, 70, "x"};
  seen.offered = position{1, 10, "w"};
  of.hear(0, seen, 20min);
  of.judge(20min + 1s);
  CHECK(of.told() == "0 serves");
  of.lead(11, 21min);
  of.judge(21min + 1ms);
  CHECK(of.told() == "60001 out");  // from 20 min on: nobody looked in between
}

TEST_CASE("who lags too far is out until it lags less than half as much") {
  story of;
  of.lead(10, 0ms);
  of.follow(10, 1ms);
  CHECK(of.told() == "0 serves");
  CHECK(of.b().serves_since == moment{});
  CHECK(of.b().reason == "follows, has applied up to y");
  for (int second = 1; second <= 30; ++second)
    of.lead(static_cast<std::uint64_t>(10 + second), second * 1000ms);
  CHECK(of.told() == "30000 out");
  struct row {
    std::uint64_t applied;
    const char* told;
    const char* reason;
  };
  for (const auto& one :
       {row{31, "9000 out", "follower, 9.0 s behind: serves no reads until it is below 2.5 s"},
        row{35, "5000 out", "follower, 5.0 s behind: serves no reads until it is below 2.5 s"},
        row{37, "3000 out", "follower, 3.0 s behind: serves no reads until it is below 2.5 s"},
        row{38, "2000 serves", "follows, has applied up to y"},
        row{35, "5000 serves", "follows, has applied up to y"},
        row{34, "6000 out", "follower, 6.0 s behind: serves no reads until it is below 2.5 s"},
        row{40, "0 serves", "follows, has applied up to y"}}) {
    of.follow(one.applied, 30000ms);
    CHECK(of.told() == one.told);
    CHECK(of.b().reason == one.reason);
  }
  CHECK(of.b().serves_since == start + 30s);
  of.follow(40, 31s);
  CHECK(of.b().serves_since == start + 30s);
}

TEST_CASE(
    "a lag below a second is told in milliseconds, and no lag at all is always small enough") {
  story of;
  of.max_lag = 500ms;
  of.lead(10, 0ms);
  of.lead(11, 600ms);
  of.follow(10, 700ms);
  CHECK(of.b().reason == "follower, 700 ms behind: serves no reads until it is below 250 ms");
  of.max_lag = 0ms;
  of.follow(11, 800ms);
  CHECK(of.told() == "0 serves");
}

TEST_CASE("without a leader who served goes on, for as long as it may lag") {
  story of;
  of.lead(10, 0ms);
  of.follow(10, 100ms);
  of.lead(10, 200ms);
  of.lose(0, 1000ms);
  CHECK(of.told() == "800 serves");
  SUBCASE("it ends when nobody knows any more what it lacks") {
    of.follow(10, 5200ms);
    CHECK(of.told() == "5000 serves");
    of.follow(10, 8400ms);
    CHECK(of.told() == "8200 out");
    CHECK(of.b().reason == "follower, up to 8.2 s behind: serves no reads until somebody leads");
    of.follow(10, 9400ms);
    CHECK(of.b().reason == "follower, up to 9.2 s behind: serves no reads until somebody leads");
    of.lead(10, 9500ms);
    CHECK(of.told() == "0 serves");
    CHECK(of.b().serves_since == start + 9500ms);
  }
  SUBCASE("that it receives nothing any more is no reason against it") {
    of.follow(11, 2000ms, 0, "which receives nothing");
    CHECK(of.told() == "1800 serves");
    of.lead(12, 2100ms);
    CHECK(of.told() == "1900 out");
    CHECK(of.b().reason == "follower which receives nothing: serves no reads");
  }
  SUBCASE("who was away meanwhile does not come back") {
    of.lose(1, 2000ms);
    CHECK(of.told() == "? out");
    of.follow(10, 3000ms);
    CHECK(of.told() == "2800 out");
    CHECK(of.b().reason ==
          "follower that served none when the lead was lost: serves no reads until somebody leads");
  }
}

TEST_CASE("two who claim to lead are nobody: who served goes on for a while") {
  story of;
  of.members.push_back({"c", {"127.0.0.1", 3}});
  of.news.resize(3);
  of.lead(10, 0ms);
  of.follow(10, 100ms);
  of.lead(10, 1000ms, 2, 2);
  CHECK(of.view->two_claimants);
  CHECK(of.told() == "1000 serves");
}

TEST_CASE("nobody has led since the start: nobody knows, nobody serves") {
  story of;
  of.follow(10, 0ms);
  CHECK(of.told() == "? out");
  CHECK(of.b().reason ==
        "follower that served none when the lead was lost: serves no reads until somebody leads");
}

TEST_CASE("only a follower of the leader's own history serves") {
  story of;
  of.lead(10, 0ms);
  of.follow(10, 100ms);
  of.lose(0, 200ms);
  of.members.push_back({"c", {"127.0.0.1", 3}});
  of.news.resize(3);
  of.lead(12, 1000ms, 2, 2);
  CHECK(of.told() == "1000 out");  // it is known to show all of before
  CHECK(of.b().reason == "follower of another history than the leader's: serves no reads");
  of.follow(99, 1100ms);
  CHECK(of.told() == "1100 out");
  of.follow(11, 1200ms, 2);
  CHECK(of.told() == "200 out");
  CHECK(of.b().reason ==
        "follower, at least 200 ms behind: serves no reads until it is below 2.5 s");
  of.follow(12, 3000ms, 2);
  CHECK(of.told() == "0 serves");
  CHECK(of.b().serves_since == start + 3s);
}

TEST_CASE("who catches up just after the start was there before: it has no slow start") {
  story of;
  of.lead(10, 0ms);
  of.follow(9, 0ms);
  CHECK(of.told() == "0 out");
  of.follow(10, 200ms);
  CHECK(of.told() == "0 serves");
  CHECK(of.b().serves_since == moment{});
  of.lose(1, 10s);
  of.follow(10, 11s);
  CHECK(of.b().serves_since == start + 11s);
}

TEST_CASE("a leader that lost its end: what is written anew is not taken for it") {
  story of;
  of.lead(10, 0ms);
  of.lead(20, 1000ms);
  of.lead(15, 2000ms);
  of.lead(30, 3000ms);
  of.follow(25, 3000ms);
  CHECK(of.told() == "1000 serves");
  of.follow(14, 3000ms);
  CHECK(of.told() == "3000 serves");
}

TEST_CASE("the trail of a leader that writes for a day is short, and never tells too little") {
  story of;
  const auto end = 24h;
  std::uint64_t rank = 0;
  for (milliseconds at{0}; at <= end; at += 500ms) of.lead(++rank, at);
  CHECK(of.ledger.trail.size() <= reader_ledger::trail_max);
  for (const milliseconds behind : {500ms, 1000ms, 5000ms, 60000ms, 3600000ms, 80000000ms}) {
    of.follow(static_cast<std::uint64_t>(1 + (milliseconds(end) - behind) / 500ms), end);
    CHECK(*of.b().behind >= behind);
    CHECK(*of.b().behind <= behind + behind / 15 + 500ms);
  }
}

namespace {

// What has each of these letters.
class letters final : public extent {
 public:
  explicit letters(std::string have) : have_(std::move(have)) {}
  bool covers(const extent& other) const override {
    return dynamic_cast<const letters&>(other).have_.find_first_not_of(have_) == std::string::npos;
  }

 private:
  std::string have_;
};
position having(const std::string& letters_of) {
  return {0, letters_of.size(), letters_of, std::make_shared<letters>(letters_of)};
}

}  // namespace

TEST_CASE("who has as much, but not the same, does not show what it lacks") {
  story of;
  observation leader;
  leader.role = member_role::leader;
  observation follower;
  follower.role = member_role::follower;
  for (const char* written : {"a", "ab", "abc", "abcd"}) {
    leader.written = having(written);
    of.hear(0, leader, 1000ms * static_cast<int>(leader.written.rank));
  }
  struct row {
    const char* applied;
    const char* told;
  };
  for (const auto& [applied, told] : {row{"abcd", "0 serves"},       //
                                      row{"abcdxy", "0 serves"},     //
                                      row{"abcxyz", "2000 serves"},  // since it had c
                                      row{"abxyz", "3000 serves"}, row{"xyzxyz", "4000 out"}}) {
    CAPTURE(applied);
    follower.applied = having(applied);
    of.hear(1, follower, 5000ms);
    CHECK(of.told() == told);
  }
  // The leader has lost its end, and has written something else since.
  leader.written = having("abcefg");
  of.hear(0, leader, 6000ms);
  follower.applied = having("abcd");
  of.hear(1, follower, 7000ms);
  CHECK(of.told() == "4000 serves");
}

TEST_CASE("who has stopped is out, however little it lacks, and says why") {
  story of;
  of.lead(10, 0ms);
  of.follow(10, 100ms);
  CHECK(of.told() == "0 serves");
  observation seen;
  seen.role = member_role::follower;
  seen.applied = {1, 10, "y"};
  seen.stopped = "its replication has stopped: no such table";
  SUBCASE("while somebody leads") {
    of.hear(1, seen, 200ms);
    CHECK(of.told() == "0 out");
    CHECK(of.b().reason == "follower, its replication has stopped: no such table: serves no reads");
    of.follow(10, 300ms);
    CHECK(of.told() == "0 serves");
  }
  SUBCASE("but not if it served when the lead was lost") {
    of.lose(0, 200ms);
    of.hear(1, seen, 300ms);
    CHECK(of.told() == "300 serves");
  }
}

TEST_CASE("nobody follows a leader of which nobody can know what it has") {
  story of;
  observation seen;
  seen.role = member_role::leader;
  seen.written.history = position::nobodys;
  seen.history_unknown = "whose binary log is off";
  of.hear(0, seen, 0ms);
  CHECK(of.view->leader == 0U);
  CHECK(of.view->members[0].reason == "takes writes, is a leader whose binary log is off");
  of.follow(10, 100ms, 0);
  CHECK(of.told() == "? out");
  CHECK(of.b().reason == "follower of a leader whose binary log is off: serves no reads");
}

TEST_CASE("other members: what is known of one at its address stays known") {
  story of;
  of.lead(10, 0ms);
  of.follow(10, 100ms);
  const std::vector<cluster::member_settings> next = {{"new", {"127.0.0.1", 9}},
                                                      {"b", {"127.0.0.1", 2}}};
  const auto moved = cluster::move_readers(of.ledger, of.view->members, next);
  REQUIRE(moved.followers.size() == 2);
  CHECK(!moved.followers[0].serves);
  CHECK(moved.followers[1].serves);
  CHECK(moved.trail.size() == 1);
}
