// What is told of rounds: times, and which of them break a promise.
#include <doctest/doctest.h>

#include "tests/faults/chronicle.hpp"
#include "tests/faults/figures.hpp"

using namespace skein::servers::faults;
using namespace std::chrono_literals;

namespace {

evidence outage() {
  return {.told = {{1, 1, 900ms, 1000ms, outcome::acknowledged},
                   {1, 2, 1000ms, 1010ms, outcome::acknowledged},
                   {1, 3, 1020ms, 3000ms, outcome::in_doubt},
                   {1, 4, 3000ms, 3500ms, outcome::acknowledged},
                   {1, 5, 3500ms, 3600ms, outcome::acknowledged}},
          .held = {{"a", {{1, 1, "a"}, {1, 2, "a"}, {1, 4, "a"}, {1, 5, "a"}}}}};
}

round_result lasting(std::chrono::milliseconds time) {
  round_result one;
  one.made.acknowledged = 10;
  one.first_write = time;
  one.moves = 1;
  return one;
}

using findings = std::vector<std::string>;

}  // namespace

TEST_CASE("where nobody else took a write the longest silence counts") {
  CHECK(first_write_again(outage(), "a", 1005ms) == 2495ms);
  CHECK(first_write_again(outage(), "a", 5000ms) == std::nullopt);
  CHECK(longest_silence(outage(), 1005ms) == 2490ms);
  CHECK(longest_silence(outage(), 5000ms) == std::nullopt);
}

TEST_CASE("where another took writes its first one counts") {
  auto all = outage();
  all.held["b"] = {{1, 5, "b"}};
  all.held["a"].pop_back();
  CHECK(first_write_again(all, "a", 1005ms) == 2595ms);
}

TEST_CASE("promises of one round") {
  CHECK(broken_by(lasting(1s), promise{}) == findings{});
  round_result one = lasting(1s);
  one.moves = 2;
  one.errors = 3;
  one.wrong_reads = 1;
  one.made.findings = {"a finding"};
  one.trouble = {"some trouble"};
  CHECK(broken_by(one, {.no_errors = true}) ==
        findings{"some trouble", "a finding", "the lead moved 2 times, and should have 1 times",
                 "1 reads were wrong", "clients heard 3 errors"});
  CHECK(broken_by(round_result{}, {.moves = 0}) == findings{"no write was acknowledged at all"});
}

TEST_CASE("a proof that the checker can fail is broken by one that does not") {
  const promise proof{.checker_fails = true};
  CHECK(broken_by(lasting(1s), proof) == findings{"the checker found no write of an epoch past",
                                                  "the checker found no acknowledged write lost"});
  round_result one = lasting(1s);
  one.made.findings = {"many"};
  one.made.outdated = 1;
  one.made.lost = 1;
  CHECK(broken_by(one, proof) == findings{});
}

TEST_CASE("promises of all rounds together") {
  const promise wants{.first_write_median = 2s, .first_write_worst = 5s};
  CHECK(broken_by({lasting(1s), lasting(2s), lasting(5s)}, wants) == findings{});
  CHECK(broken_by({lasting(1s), lasting(2100ms), lasting(5100ms)}, wants) ==
        findings{"half of the first writes took longer than 2.00 s: 2.10 s",
                 "a first write took longer than 5.00 s: 5.10 s"});
}

TEST_CASE("a line of the table") {
  CHECK(table_line("mysql", "killed", {lasting(1s), lasting(1500ms)}) ==
        "mysql      killed                         2     0%           1.50 s    1.50 s"
        "             -      2            20       0         0        0       0      2/2");
}

TEST_CASE("who leads is read off the status") {
  const auto told = read_reign(
      "skein 0.1.0, up 43 s, 0 clients\ncluster shop (epoch 12): b leads: it alone takes writes\n"
      "  a  127.0.0.1:29415  out");
  REQUIRE(told);
  CHECK(told->epoch == 12);
  CHECK(told->leader == "b");
  CHECK(!read_reign("cluster shop (epoch 12): the members that can be reached are followers\n"));
  CHECK(!read_reign(""));
}

TEST_CASE("what several saw is joined: each once, since when anybody saw it") {
  const auto all = join({{{1, "a", 20ms}, {3, "b", 900ms}}, {{1, "a", 10ms}, {3, "c", 950ms}}, {}});
  REQUIRE(all.size() == 3);
  CHECK(all[0].seen == 10ms);
  CHECK(all[1].leader == "b");
  CHECK(all[2].leader == "c");
}
