#include "routing/route.hpp"

#include <doctest/doctest.h>

using namespace skein::routing;

TEST_CASE("a session goes to the leader, or hears why there is none") {
  cluster_view now;
  now.cluster = "shop";
  now.reason = "every member is a follower; promote one of them";
  const auto refused = choose(now);
  REQUIRE(!refused);
  CHECK(refused.error().kind == skein::error_kind::unavailable);
  CHECK(refused.error().text_for_client ==
        "cluster \"shop\" has no leader: every member is a follower; promote one of them");
  now.leader = 2;
  CHECK(choose(now) == 2);
}

TEST_CASE("what was begun goes on while the lead has not moved and is not disputed") {
  cluster_view now;
  now.epoch = 3;
  CHECK(may_go_on(now, 3));  // also when the leader is out of sight for a moment
  CHECK(!may_go_on(now, 2));
  now.two_claimants = true;
  CHECK(!may_go_on(now, 3));
}
