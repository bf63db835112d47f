// Situations of a cluster and what the judge says of each, sentence included.
#include "cluster/judge.hpp"

#include <doctest/doctest.h>

using namespace skein;
using cluster::member_news;

namespace {

const std::vector<cluster::member_settings> three = {
    {"a", {"127.0.0.1", 1}}, {"b", {"127.0.0.1", 2}}, {"c", {"127.0.0.1", 3}}};

member_news leads(std::uint64_t history, std::string at = "0/10") {
  observation seen;
  seen.role = member_role::leader;
  seen.written = {history, 16, std::move(at)};
  return {true, seen, {}, seen};
}
member_news follows(std::uint64_t history = 1) {
  observation seen;
  seen.role = member_role::follower;
  seen.applied = {history, 16, "0/10"};
  return {true, seen, {}, seen};
}
member_news silent(std::string trouble) {
  return {true, {}, std::move(trouble), {}};
}

routing::cluster_view look(const std::vector<member_news>& news,
                           const routing::cluster_view* before = nullptr) {
  return cluster::judge("shop", three, news, before);
}

}  // namespace

TEST_CASE("before any look nobody leads and the sentence says who is waited for") {
  const auto now = look({{}, {}, {}});
  CHECK(!now.leader);
  CHECK(!now.observed);
  CHECK(now.reason == "no member is known to lead yet; waiting for a, b and c");
}

TEST_CASE("a leader is known before the others have been looked at") {
  const auto now = look({leads(1), {}, {}});
  CHECK(now.leader == 0);
  CHECK(!now.observed);
  CHECK(now.epoch == 1);
  CHECK(now.reason == "a leads: it alone takes writes");
  CHECK(now.members[0].reason == "takes writes, has written up to 0/10");
  CHECK(now.members[1].reason == "has not been looked at yet");
}

TEST_CASE("two claimants: nothing is sent to either") {
  const auto before = look({leads(1), follows(), follows()});
  const auto now = look({leads(1), leads(2), follows()}, &before);
  CHECK(!now.leader);
  CHECK(now.two_claimants);
  CHECK(now.epoch == before.epoch);
  CHECK(now.reason ==
        "a and b both claim to lead: nothing is sent to any of them until only one does; stop the"
        " wrong one, or make it a follower");
  SUBCASE("the promoted one stays: a new epoch") {
    const auto after = look({silent("connection refused"), leads(2), follows()}, &now);
    CHECK(after.leader == 1);
    CHECK(after.epoch == before.epoch + 1);
  }
  SUBCASE("the old one stays: the epoch of before") {
    const auto after = look({leads(1), silent("connection refused"), follows()}, &now);
    CHECK(after.leader == 0);
    CHECK(after.epoch == before.epoch);
  }
}

TEST_CASE("a leader that vanishes and comes back unchanged keeps its epoch") {
  const auto before = look({leads(1), follows(), follows()});
  const auto gone = look({silent("timed out after 2 s"), follows(), follows()}, &before);
  CHECK(!gone.leader);
  CHECK(gone.reason ==
        "the members that can be reached are followers, and a cannot be reached: timed out after"
        " 2 s; start it again or promote a follower");
  CHECK(look({leads(1), follows(), follows()}, &gone).epoch == before.epoch);
  CHECK(look({leads(2), follows(), follows()}, &gone).epoch == before.epoch + 1);
  // Places in it are of another kind: GTIDs were all the history it had.
  const auto by_gtids = look({leads(0), follows(0), follows(0)});
  CHECK(look({leads(2), follows(), follows()}, &by_gtids).epoch == by_gtids.epoch + 1);
}

TEST_CASE("nobody leads: followers only, or nobody there") {
  CHECK(look({follows(), follows(), follows()}).reason ==
        "every member is a follower; promote one of them");
  CHECK(look({silent("x"), silent("y"), silent("z")}).reason ==
        "no member can be reached: a cannot be reached: x; b cannot be reached: y; c cannot be"
        " reached: z");
}

TEST_CASE("other members: who leads goes on to, under the same epoch, where its address is known") {
  const std::vector<member_news> news = {follows(), leads(1), follows()};
  const auto before = look(news);
  CHECK(before.epoch == 1);
  const auto judge_moved = [&](const std::vector<cluster::member_settings>& next) {
    const auto moved = cluster::move_members(before, news, next);
    return cluster::judge("shop", next, moved.news, &moved.before);
  };
  const auto fewer = judge_moved({{"b", {"127.0.0.1", 2}}, {"c", {"127.0.0.1", 3}}});
  CHECK(fewer.leader == 0U);
  CHECK(fewer.epoch == 1);
  CHECK(fewer.observed);
  const auto more =
      judge_moved({{"new", {"127.0.0.1", 9}}, {"a", {"127.0.0.1", 1}}, {"b", {"127.0.0.1", 2}}});
  CHECK(more.leader == 2U);
  CHECK(more.epoch == 1);
  CHECK(!more.observed);
  // Another address is another server, whatever its name; who leads next has a newer epoch.
  const std::vector<cluster::member_settings> others = {{"a", {"127.0.0.1", 1}},
                                                        {"b", {"127.0.0.1", 8}}};
  const auto none = judge_moved(others);
  CHECK(!none.leader);
  CHECK(none.epoch == 1);
  CHECK(cluster::judge("shop", others, {follows(), leads(1)}, &none).epoch == 2);
}

TEST_CASE(
    "a careful one lets nobody lead before it is known who led last; epochs go on from there") {
  const std::vector<member_news> news = {leads(1), follows(), follows()};
  const auto first = cluster::judge("shop", three, news, nullptr,
                                    {.careful = true, .vouched = false, .recalled = false});
  CHECK(!first.leader);
  CHECK(first.epoch == 0);
  CHECK(first.reason ==
        "nobody leads before it is known who led last: the members are being asked");
  auto known = first;
  known.last_leader = 0;
  known.epoch = 7;
  const auto same = look(news, &known);
  CHECK(same.leader == 0U);
  CHECK(same.epoch == 7);
  const auto moved = look({silent("x"), leads(2), follows()}, &known);
  CHECK(moved.leader == 1U);
  CHECK(moved.epoch == 8);
}

TEST_CASE("a careful one lets nobody come after who leads for a look that failed") {
  cluster::caution how{.careful = true};
  const auto before = cluster::judge("shop", three, {leads(1), follows(), follows()}, nullptr, how);
  REQUIRE(before.leader == 0);
  std::vector<member_news> news = {silent("timed out"), leads(1), follows()};
  const auto now = cluster::judge("shop", three, news, &before, how);
  CHECK(!now.leader);
  CHECK(!now.claimant);
  CHECK(now.epoch == before.epoch);
  CHECK(now.reason ==
        "b takes writes, but a led last, and is not known to have lost the lead: nothing is sent to"
        " either");
  news[0].deposed = true;
  const auto after = cluster::judge("shop", three, news, &now, how);
  CHECK(after.leader == 1);
  CHECK(after.epoch == before.epoch + 1);
  // Several Skeins: who was announced has been promoted by whoever decided before.
  news[0].deposed = false;
  how.agreed = cluster::agreed_lead{.epoch = 2, .before = 0, .next = 1};
  CHECK(cluster::judge("shop", three, news, &before, how).claimant == 1);
  how.agreed->next = 2;
  CHECK(!cluster::judge("shop", three, news, &before, how).claimant);
}
