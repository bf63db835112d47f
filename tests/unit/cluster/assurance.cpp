// When what is acknowledged has reached fewer followers than is promised, and counts as such.
#include "cluster/assurance.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::cluster;
using namespace std::chrono_literals;

namespace {

// A leader and two followers, of which one may be gone.
situation shop(unsigned acks, bool gone) {
  situation now;
  now.now = moment{} + 1h;
  now.led = lead{.member = 0, .epoch = 3};
  for (const auto* name : {"a", "b", "c"}) {
    member_facts one;
    one.name = name;
    one.met = contact::answers;
    one.met_since = now.now - 1min;
    one.examined = true;
    one.receives = true;
    one.role = member_role::follower;
    one.follows = 0;
    one.news = now.now;
    now.members.push_back(one);
  }
  now.members[0].role = member_role::leader;
  now.members[0].acks = acks;
  now.beat.taken = now.now;
  if (gone) now.members[2].met = contact::refuses;
  return now;
}

const failover_policy of_two = {.assured = 2, .degrade = true};
const decision nothing = {};
const decision by_one = {.what = step::assure, .who = {0}, .of = {}, .acks = 1, .why = {}};
const decision by_two = {.what = step::assure, .who = {0}, .of = {}, .acks = 2, .why = {}};

}  // namespace

TEST_CASE("it falls short as soon as who leads is about to be told so") {
  CHECK(falls_short(shop(2, true), of_two, by_one, false) == 1U);
  CHECK(falls_short(shop(1, true), of_two, nothing, true) == 1U);
  CHECK(falls_short(shop(1, true), of_two, nothing, false) == 1U);
}

TEST_CASE("it does until as many are there again, and who leads says so") {
  CHECK(falls_short(shop(1, false), of_two, by_two, true) == 1U);
  CHECK(falls_short(shop(1, false), of_two, nothing, true) == 1U);
  CHECK(falls_short(shop(2, false), of_two, nothing, true) == std::nullopt);
}

TEST_CASE("what is not promised is not missed") {
  CHECK(falls_short(shop(2, false), of_two, nothing, false) == std::nullopt);
  // One that has just been promoted, or has just been met: nothing is sent to it yet.
  CHECK(falls_short(shop(0, false), of_two, by_two, false) == std::nullopt);
  failover_policy blocks = of_two;
  blocks.degrade = false;
  CHECK(falls_short(shop(1, true), blocks, nothing, false) == std::nullopt);
  CHECK(falls_short(shop(0, true), {}, nothing, false) == std::nullopt);
  situation unknown = shop(1, true);
  unknown.members[0].examined = false;
  CHECK(falls_short(unknown, of_two, nothing, true) == std::nullopt);
  unknown.led.reset();
  CHECK(falls_short(unknown, of_two, nothing, true) == std::nullopt);
}
