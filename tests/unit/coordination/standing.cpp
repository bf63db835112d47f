// Situations among Skeins, and what is decided in each: who decides, who may write until when, whom
// one waits for, what is to be done next, and the sentence that a person hears.
#include <doctest/doctest.h>

#include "coordination/standing.hpp"
#include "coordination/write_permit.hpp"

using namespace skein::coordination;
using namespace std::chrono_literals;

namespace {

constexpr boot_time noon{1000s};
constexpr boot_time lease_over = noon + 4s;

noted<presence> at_epoch(std::uint64_t acknowledged, std::int64_t lease) {
  return {presence{acknowledged, "h"}, 10, 20, lease};
}

noted<lead_record> lead(std::uint64_t epoch, lead_state state, const std::string& member) {
  return {lead_record{epoch, state, member, "db:1", "me.1", ""}, 5, 30, 0};
}

// Two Skeins, `me.1` and `you.2`; this one decides, a leads in epoch 7, both have acknowledged it.
knowledge usual() {
  knowledge known;
  known.cluster = "shop";
  known.self = "me.1";
  known.members = {"a", "b"};
  known.seen.revision = 40;
  known.seen.term = 3;
  known.seen.lead = lead(7, lead_state::led, "a");
  known.seen.decider = noted<std::string>{"me.1", 11, 11, 100};
  known.seen.present = {{"me.1", at_epoch(7, 100)}, {"you.2", at_epoch(7, 200)}};
  known.met = true;
  known.held = {.lease = 100, .term = 3, .since = 10, .until = lease_over};
  known.highest_epoch = 7;
  known.acknowledged = 7;
  return known;
}

knowledge announced() {
  knowledge known = usual();
  known.seen.lead = lead(8, lead_state::announced, "b");
  known.highest_epoch = 8;
  return known;
}

}  // namespace

TEST_CASE("a lease ends a tenth earlier than etcd says, from when it was asked for") {
  CHECK(lease_end(noon, 5000ms) == noon + 4500ms);
  CHECK(lease_end(noon, 2000ms) == noon + 1800ms);
}

TEST_CASE("a renewal counts only within one term, and while the key stands under the lease") {
  const knowledge known = usual();
  CHECK(confirms(known.held, 3, known.seen, "me.1"));
  CHECK_FALSE(confirms(known.held, 2, known.seen, "me.1"));  // by who led before
  CHECK_FALSE(confirms(known.held, 4, known.seen, "me.1"));
  CHECK_FALSE(confirms({}, 0, known.seen, "me.1"));
  CHECK_FALSE(confirms(known.held, 3, known.seen, "nobody"));
  picture newer = known.seen;
  newer.term = 4;
  CHECK_FALSE(confirms(known.held, 3, newer, "me.1"));
  CHECK_FALSE(confirms(known.held, 4, newer, "me.1"));
  CHECK(outdated(known.held, newer));
  CHECK_FALSE(outdated(known.held, known.seen));
  CHECK_FALSE(outdated({}, newer));
  picture other = known.seen;
  other.present["me.1"].lease = 101;
  CHECK_FALSE(confirms(known.held, 3, other, "me.1"));
  other.present.erase("me.1");
  CHECK_FALSE(confirms(known.held, 3, other, "me.1"));
}

TEST_CASE("as usual: this one decides, and writes are taken until its lease ends") {
  const outlook out = look_out(usual());
  CHECK(out.decides);
  CHECK(out.decides_until == lease_over);
  CHECK(out.writes_until == lease_over);
  CHECK(out.lead->epoch == 7);
  CHECK(out.present == std::vector<std::string>{"me.1", "you.2"});
  CHECK(out.decider == "me.1");
  CHECK(out.not_yet.empty());
  CHECK_FALSE(out.may_promote);
  CHECK(out.trouble == "");
  CHECK(next_chore(usual()) == chore::none);
}

TEST_CASE("another decides: this one writes all the same") {
  knowledge known = usual();
  known.seen.decider->value = "you.2";
  const outlook out = look_out(known);
  CHECK_FALSE(out.decides);
  CHECK(out.decides_until == boot_time{});
  CHECK(out.writes_until == lease_over);
  CHECK(refuse_to_announce(known, noon) ==
        "this Skein does not decide who leads cluster 'shop', 'you.2' does");
}

TEST_CASE("an announced epoch: nobody writes, and who has not acknowledged it is waited for") {
  knowledge known = announced();
  outlook out = look_out(known);
  CHECK(out.writes_until == boot_time{});
  CHECK(out.not_yet == std::vector<std::string>{"me.1", "you.2"});
  CHECK_FALSE(out.may_promote);
  CHECK(refuse_to_settle(known, noon) ==
        "epoch 8 of cluster 'shop' has not been acknowledged by 'me.1', 'you.2'");
  known.acknowledged = 8;
  CHECK(next_chore(known) == chore::acknowledge);
  known.seen.present["me.1"] = at_epoch(8, 100);
  CHECK(next_chore(known) == chore::none);
  out = look_out(known);
  CHECK(out.not_yet == std::vector<std::string>{"you.2"});
  CHECK_FALSE(out.may_promote);
  SUBCASE("it acknowledges") {
    known.seen.present["you.2"] = at_epoch(8, 200);
  }
  SUBCASE("its lease runs out") {
    known.seen.present.erase("you.2");
  }
  out = look_out(known);
  CHECK(out.not_yet.empty());
  CHECK(out.may_promote);
  CHECK(out.writes_until == boot_time{});
  CHECK(refuse_to_settle(known, noon) == std::nullopt);
  CHECK(refuse_to_settle(known, lease_over) ==
        "this Skein's lease in etcd may have run out: etcd has not answered in time");
  known.seen.lead = lead(8, lead_state::led, "b");
  CHECK(look_out(known).writes_until == lease_over);
  CHECK(refuse_to_settle(known, noon) ==
        "no move of the lead of cluster 'shop' has been announced");
}

TEST_CASE("who has come only now is waited for like all others") {
  knowledge known = announced();
  known.acknowledged = 8;
  known.seen.present = {
      {"me.1", at_epoch(8, 100)}, {"new.3", at_epoch(0, 300)}, {"you.2", at_epoch(9, 200)}};
  CHECK(look_out(known).not_yet == std::vector<std::string>{"new.3"});
}

TEST_CASE("no write is permitted in an epoch that this Skein has not acknowledged, in etcd too") {
  knowledge known = usual();
  known.acknowledged = 6;
  CHECK(look_out(known).writes_until == boot_time{});
  known = usual();
  known.seen.present["me.1"] = at_epoch(6, 100);
  CHECK(look_out(known).writes_until == boot_time{});
  CHECK(next_chore(known) == chore::acknowledge);
  known = usual();
  known.acknowledged = 8;  // its cores are ahead: they finish nothing of 7 any more
  CHECK(look_out(known).writes_until == boot_time{});
}

TEST_CASE("who retires takes no writes, decides nothing and does nothing") {
  knowledge known = usual();
  known.retired = true;
  const outlook out = look_out(known);
  CHECK_FALSE(out.decides);
  CHECK(out.writes_until == boot_time{});
  CHECK(next_chore(known) == chore::none);
  CHECK(refuse_to_announce(known, noon) == "this Skein has given up its part in cluster 'shop'");
}

TEST_CASE("what is to be written next") {
  knowledge known = usual();
  SUBCASE("nothing has been read yet") {
    known.met = false;
    CHECK(next_chore(known) == chore::none);
    CHECK(look_out(known).writes_until == boot_time{});
    CHECK_FALSE(look_out(known).decides);
    CHECK_FALSE(look_out(known).lead);
  }
  SUBCASE("its key has gone") {
    known.seen.present.erase("me.1");
    CHECK(next_chore(known) == chore::take_lease);
    CHECK_FALSE(look_out(known).decides);
  }
  SUBCASE("its key stands under another lease, after an answer was lost") {
    known.seen.present["me.1"].lease = 101;
    CHECK(next_chore(known) == chore::take_lease);
    CHECK(look_out(known).writes_until == lease_over);  // that one ends later
  }
  SUBCASE("it has no lease") {
    known.held = {};
    CHECK(next_chore(known) == chore::take_lease);
    CHECK(look_out(known).writes_until == boot_time{});
  }
  SUBCASE("etcd has another leader") {
    known.seen.term = 4;
    CHECK(next_chore(known) == chore::take_lease);
    CHECK(look_out(known).writes_until == lease_over);
  }
  SUBCASE("nobody decides") {
    known.seen.decider.reset();
    CHECK(next_chore(known) == chore::stand);
    known.willing = false;
    CHECK(next_chore(known) == chore::none);
  }
  SUBCASE("nobody has led yet") {
    known.seen.lead.reset();
    known.highest_epoch = 0;
    CHECK(next_chore(known) == chore::none);
    CHECK(look_out(known).decides);
    CHECK(next_epoch(known) == 1);
    CHECK(refuse_to_announce(known, noon) == std::nullopt);
    CHECK(refuse_to_settle(known, noon));
  }
  SUBCASE("it cannot decide, and should give the office up") {
    known.willing = false;
    CHECK(next_chore(known) == chore::resign);
    CHECK_FALSE(look_out(known).decides);
    CHECK(look_out(known).writes_until == lease_over);
  }
}

TEST_CASE("a record that a newer Skein wrote: no writes, no office, and a sentence") {
  knowledge known = usual();
  known.seen.lead = noted<lead_record>{std::unexpected(bad_record{unreadable::newer, 2}), 5, 41, 0};
  outlook out = look_out(known);
  CHECK_FALSE(out.decides);
  CHECK(out.writes_until == boot_time{});
  CHECK_FALSE(out.lead);
  CHECK(out.trouble ==
        "the lead of cluster 'shop' as etcd has it is of format 2, which a newer Skein has "
        "written, and this one knows 1: it takes no writes here and decides nothing; update it");
  CHECK(next_chore(known) == chore::resign);
  known.seen.decider.reset();
  CHECK(next_chore(known) == chore::none);
  known.seen.lead->value = std::unexpected(bad_record{});
  CHECK(look_out(known).trouble.contains("no record of Skein's"));
  CHECK(refuse_to_announce(known, noon)->contains("no record of Skein's"));
}

TEST_CASE("what another Skein says cannot be read: the lead stays where it is") {
  knowledge known = announced();
  known.acknowledged = 8;
  known.seen.present["me.1"] = at_epoch(8, 100);
  known.seen.present["you.2"].value = std::unexpected(bad_record{unreadable::newer, 9});
  const outlook out = look_out(known);
  CHECK(out.not_yet == std::vector<std::string>{"you.2"});
  CHECK_FALSE(out.may_promote);
  CHECK(out.trouble.contains("'you.2'"));
}

TEST_CASE("a leader that the settings here do not name takes no writes from here") {
  knowledge known = usual();
  known.seen.lead = lead(7, lead_state::led, "z");
  const outlook out = look_out(known);
  CHECK(out.writes_until == boot_time{});
  CHECK(out.trouble ==
        "cluster 'shop' is led by 'z' (db:1), as me.1 says, and the settings here name no such "
        "member: no writes until all Skeins have the same members");
  CHECK(out.decides);  // and may say otherwise
}

TEST_CASE("an etcd that has lost its newest data: no writes until a newer epoch than any") {
  knowledge known = usual();
  known.highest_epoch = 9;
  outlook out = look_out(known);
  CHECK(out.writes_until == boot_time{});
  CHECK(out.trouble.contains("epoch 7"));
  CHECK(out.trouble.contains("epoch 9"));
  CHECK(next_epoch(known) == 10);
  known.seen.lead = lead(8, lead_state::announced, "b");
  known.seen.present = {{"me.1", at_epoch(9, 100)}};
  CHECK_FALSE(look_out(known).may_promote);
  CHECK(refuse_to_settle(known, noon)->contains("epoch 9"));
}

TEST_CASE("trouble with etcd is told first, and what was promised holds until the lease ends") {
  knowledge known = usual();
  known.chore_trouble = "etcd is full";
  CHECK(look_out(known).trouble == "etcd is full");
  known.etcd_trouble = "etcd is away";
  const outlook out = look_out(known);
  CHECK(out.trouble == "etcd is away");
  CHECK(out.writes_until == lease_over);
  CHECK(out.decides);
  CHECK(refuse_to_announce(known, lease_over) ==
        "this Skein's lease in etcd may have run out: etcd is away");
}

TEST_CASE("each trouble says what to do") {
  const etcd_access nobody{"", "/skein"};
  const etcd_access app{"app", "/skein"};
  const auto said = [](etcd_trouble kind, const etcd_access& who) {
    return advise({kind, "http://a:2379 says \"x\""}, who);
  };
  CHECK(said(etcd_trouble::refused_user, app) ==
        "etcd does not let user 'app' in (http://a:2379 says \"x\"): correct coordination.user and "
        "coordination.password");
  CHECK(said(etcd_trouble::refused_user, nobody).contains("set coordination.user"));
  CHECK(said(etcd_trouble::forbidden, app).contains("role grant-permission ROLE readwrite"));
  CHECK(said(etcd_trouble::full, app).contains("alarm disarm"));
  CHECK(said(etcd_trouble::not_etcd, app).contains("client ports"));
  CHECK(said(etcd_trouble::timeout, app).contains("no write is taken"));
  CHECK(said(etcd_trouble::refused, app).contains("etcd's log"));
  CHECK(said(etcd_trouble::interrupted, app) == "");
}

TEST_CASE("a permit is for one epoch and ends by itself") {
  write_permit permit;
  CHECK_FALSE(permit.allows(0, noon));
  permit.grant(7, noon + 1s);
  CHECK(permit.allows(7, noon));
  CHECK_FALSE(permit.allows(6, noon));
  CHECK_FALSE(permit.allows(8, noon));
  CHECK_FALSE(permit.allows(7, noon + 1s));
  permit.grant(8, boot_time{});
  CHECK_FALSE(permit.allows(7, noon));
  CHECK_FALSE(permit.allows(8, noon));
  permit.grant(8, noon + 2s);
  CHECK(permit.allows(8, noon));
  permit.withdraw();
  CHECK_FALSE(permit.allows(8, noon));
}
