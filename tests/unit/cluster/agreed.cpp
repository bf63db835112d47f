// Several Skeins: who leads is whom they have agreed on, and what is said next to that end.
#include "cluster/agreed.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::cluster;
using coordination::lead_state;
using coordination::outlook;
using std::chrono::nanoseconds;

namespace {

const std::vector<member_settings> three = {
    {"a", {"127.0.0.1", 1}}, {"b", {"127.0.0.1", 2}}, {"c", {"127.0.0.1", 3}}};

member_news sees(member_role role) {
  observation seen;
  seen.role = role;
  seen.written = {1, 16, "0/10"};
  seen.applied = seen.written;
  return {true, seen, {}, seen};
}
const member_news leads = sees(member_role::leader);
const member_news follows = sees(member_role::follower);

routing::cluster_view look(const std::vector<member_news>& news, agreed_lead agreed,
                           const routing::cluster_view* before = nullptr) {
  return judge("shop", three, news, before,
               {.agreed = std::move(agreed), .since_boot = nanoseconds(100)});
}

outlook office(std::optional<coordination::lead_record> lead) {
  outlook out;
  out.decides = true;
  out.self = out.decider = "s1";
  out.present = {"s1", "s2"};
  out.lead = std::move(lead);
  return out;
}

coordination::lead_record record(std::uint64_t epoch, lead_state state, std::string member) {
  return {.epoch = epoch, .state = state, .member = std::move(member)};
}

}  // namespace

TEST_CASE("who takes writes leads only once that has been agreed on") {
  const auto now = look({leads, follows, follows}, {});
  CHECK(!now.leader);
  CHECK(!now.withheld);
  CHECK(now.epoch == 0);
  CHECK(now.claimant == 0);
  CHECK(now.last_leader == 0);
  CHECK(now.writes_until == nanoseconds(0));
  CHECK(now.reason == "nobody leads until all Skeins know who");
}

TEST_CASE("who has been agreed on leads, for as long as that is known") {
  const agreed_lead agreed{.epoch = 7, .member = 0, .writes_until = nanoseconds(200), .mark = "m"};
  const auto now = look({leads, follows, follows}, agreed);
  CHECK(now.leader == 0);
  CHECK(now.epoch == 7);
  CHECK(now.writes_until == nanoseconds(200));
  CHECK(now.lead_mark == "m");
  agreed_lead over = agreed;
  over.writes_until = nanoseconds(100);
  const auto late = look({leads, follows, follows}, over, &now);
  CHECK(!late.leader);
  CHECK(late.withheld);
  CHECK(late.whoever_leads() == 0);
  CHECK(late.reason ==
        "this Skein's lease in etcd has run out: nothing is written until it has one again");
}

TEST_CASE("while the lead is about to move nothing new is begun, and what is under way counts") {
  const auto now =
      look({leads, follows, follows},
           {.epoch = 7, .member = 0, .writes_until = nanoseconds(200), .held = "a to b"});
  CHECK(now.withheld);
  CHECK(now.reason == "a to b");
  CHECK(now.writes_until == nanoseconds(200));
}

TEST_CASE("another who takes writes besides is nobody's leader") {
  const agreed_lead agreed{.epoch = 7, .member = 0, .writes_until = nanoseconds(200)};
  const auto both = look({leads, leads, follows}, agreed);
  CHECK(both.leader == 0);
  CHECK(!both.two_claimants);
  CHECK(!both.claimant);
  const auto other = look({follows, leads, follows}, agreed);
  CHECK(!other.leader);
  CHECK(!other.withheld);
  CHECK(other.claimant == 1);
  CHECK(other.last_leader == 0);
}

TEST_CASE("while the lead is on its way nobody leads, in the epoch that is to come") {
  const agreed_lead agreed{.epoch = 7, .member = 0, .writes_until = nanoseconds(200)};
  const auto before = look({leads, follows, follows}, agreed);
  const auto now =
      look({leads, follows, follows}, {.epoch = 8, .before = 0, .why = "b is to lead"}, &before);
  CHECK(!now.leader);
  CHECK(!now.withheld);
  CHECK(now.epoch == 8);
  CHECK(now.last_leader == 0);
  CHECK(now.reason == "b is to lead");
}

TEST_CASE("an epoch that has been seen is never undone") {
  const agreed_lead agreed{.epoch = 7, .member = 0, .writes_until = nanoseconds(200)};
  const auto before = look({leads, follows, follows}, agreed);
  agreed_lead older = agreed;
  older.epoch = 5;
  const auto now = look({leads, follows, follows}, older, &before);
  CHECK(now.epoch == 7);
  CHECK(!now.leader);
  CHECK(now.withheld);
}

TEST_CASE("what is said next") {
  const intention promotes{.member = 1, .leads = false};
  const intention is_led{.member = 1, .leads = true};
  const auto say = [](const outlook& now, const intention& what, std::uint64_t seen) {
    return next_speech(now, what, three, seen);
  };
  const auto led_by_a = office(record(7, lead_state::led, "a"));
  const auto led_by_b = office(record(7, lead_state::led, "b"));
  auto on_its_way = office(record(8, lead_state::announced, "b"));
  CHECK(say(office({}), is_led, 0) == speech::announce);
  CHECK(say(office({}), {}, 0) == speech::nothing);
  CHECK(say(led_by_a, promotes, 7) == speech::announce);
  CHECK(say(led_by_a, is_led, 7) == speech::announce);
  CHECK(say(led_by_b, is_led, 7) == speech::nothing);
  CHECK(say(led_by_b, promotes, 7) == speech::announce);  // it leads no more, and is to again
  CHECK(say(led_by_b, is_led, 9) == speech::announce);    // etcd has lost an epoch
  CHECK(say(on_its_way, promotes, 8) == speech::nothing);
  CHECK(say(on_its_way, is_led, 8) == speech::nothing);  // not all have heard of it
  const intention moves{.member = 1, .leads = true, .held = true};
  CHECK(say(led_by_b, moves, 7) == speech::hold);
  auto held_b = led_by_b;
  held_b.lead->held = true;
  CHECK(say(held_b, moves, 7) == speech::nothing);
  CHECK(say(held_b, is_led, 7) == speech::release);
  CHECK(say(held_b, {.member = 2}, 7) == speech::announce);
  on_its_way.may_promote = true;
  CHECK(say(on_its_way, promotes, 8) == speech::nothing);
  CHECK(say(on_its_way, is_led, 8) == speech::settle);
  auto another = led_by_a;
  another.decides = false;
  CHECK(say(another, promotes, 7) == speech::nothing);
}

TEST_CASE("a record is told in terms of our members") {
  auto now = office(record(7, lead_state::led, "b"));
  now.lead->mark = "m";
  now.writes_until = coordination::boot_time(nanoseconds(5));
  CHECK(agreed_from(now, three) ==
        agreed_lead{.epoch = 7, .member = 1, .writes_until = nanoseconds(5), .mark = "m"});
  now = office(record(8, lead_state::announced, "c"));
  now.lead->before = "b";
  now.not_yet = {"s2"};
  CHECK(agreed_from(now, three) ==
        agreed_lead{.epoch = 8,
                    .before = 1,
                    .next = 2,
                    .why = "c is to lead; these Skeins have yet to hear of it: s2"});
  now = office(record(9, lead_state::led, "z"));
  now.trouble = "cluster 'shop' is led by 'z'";
  CHECK(agreed_from(now, three) == agreed_lead{.epoch = 9, .why = "cluster 'shop' is led by 'z'"});
}

TEST_CASE("how they stand is told in one sentence") {
  CHECK(in_words(outlook{}) == "etcd has not answered yet");
  CHECK(in_words(office({})) == "2 Skeins are there, this one decides who leads");
  auto now = office({});
  now.decides = false;
  now.decider = "s2";
  CHECK(in_words(now) == "2 Skeins are there, s2 decides who leads");
  CHECK(elsewhere(now) == "Skein s2 decides who leads, not this one: ask it there");
}
