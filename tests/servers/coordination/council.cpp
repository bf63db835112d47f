// Councils over a real etcd, one situation after the other: who decides, who may write, and the
// sentence that a person hears.
#include "coordination/council.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "coordination/keys.hpp"
#include "tests/servers/coordination/etcd_flock.hpp"
#include "tests/servers/fault_relay.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace skein::coordination;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr auto long_enough = 60s;

// A Skein that acknowledges at once, unless it is told not to.
struct skein_here {
  skein_here(const etcd_settings& etcd, const std::string& name, milliseconds lease = 3s) {
    council_settings how;
    how.cluster = "shop";
    how.skein = name;
    how.etcd = etcd;
    how.lease = lease;
    how.members = {"a", "b"};
    seat = std::make_unique<council>(how, [this](const outlook& news) {
      if (acknowledges && news.lead) seat->acknowledge(news.lead->epoch);
    });
    seat->start();
  }
  outlook now() const { return seat->now(); }
  bool writes() const {
    const outlook seen = now();
    return seen.lead && seat->writes().allows(seen.lead->epoch, boot_clock::now());
  }
  std::string trouble() const { return now().trouble; }

  std::atomic<bool> acknowledges = true;
  std::unique_ptr<council> seat = {};
};

void until(const std::function<bool()>& holds, std::string_view what) {
  wait_until(holds, long_enough, what);
}

void until_decides(const skein_here& who) {
  until([&] { return who.now().decides; }, "it decides");
}

// Announced and settled, with the patience of a person.
void lead_to(skein_here& who, const std::string& member) {
  until([&] { return who.seat->announce(member, "db-" + member, "because").has_value(); },
        "the move is announced");
  until([&] { return who.now().may_promote; }, "all have acknowledged");
  const auto done = who.seat->settle(member, "db-" + member, "because");
  REQUIRE_MESSAGE(done, done.error());
  CHECK(done->state == lead_state::led);
}

// For so long, or until it does not hold.
bool holds_for(milliseconds time, const std::function<bool()>& holds) {
  const auto end = steady_clock::now() + time;
  while (steady_clock::now() < end) {
    if (!holds()) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

void write_key(const etcd_flock& flock, const std::string& key, const std::string& value) {
  etcd_client any(flock.access(), 2s);
  any.set_deadline(steady_clock::now() + long_enough);
  txn what;
  if (value.empty()) {
    what.deletes.push_back(key);
  } else {
    what.puts.push_back({key, value, 0});
  }
  REQUIRE(any.commit(what));
}

const cluster_keys keys("/skein", "shop");

}  // namespace

TEST_CASE("one of two decides, the lead is settled, and both may write to it") {
  const etcd_flock flock({.count = 1});
  skein_here first(flock.access(), "first");
  until_decides(first);
  CHECK_FALSE(first.now().lead);
  CHECK_FALSE(first.writes());
  skein_here second(flock.access(), "second");
  until([&] { return second.now().present.size() == 2; }, "the second has come");
  CHECK_FALSE(second.now().decides);
  CHECK(second.now().decider.starts_with("first."));
  CHECK_FALSE(second.seat->announce("a", "db-a", "because"));
  lead_to(first, "a");
  until([&] { return first.writes() && second.writes(); }, "both write");
  CHECK(second.now().lead->member == "a");
  CHECK(second.now().lead->epoch == 1);
  CHECK(first.trouble() == "");

  second.acknowledges = false;
  REQUIRE(first.seat->announce("b", "db-b", "a is dead"));
  CHECK_FALSE(first.writes());
  until([&] { return second.now().not_yet.size() == 1; }, "the second alone is waited for");
  CHECK_FALSE(second.writes());
  CHECK(holds_for(500ms, [&] { return !first.now().may_promote; }));
  const auto early = first.seat->settle("b", "db-b", "");
  REQUIRE_FALSE(early);
  CHECK(
      early.error().starts_with("epoch 2 of cluster 'shop' has not been acknowledged by 'second."));
  second.seat->acknowledge(2);
  until([&] { return first.now().may_promote; }, "all have acknowledged");
  CHECK(first.seat->settle("b", "db-b", ""));
  until([&] { return first.writes() && second.writes(); }, "both write again");
}

TEST_CASE("who stops is followed at once; who vanishes, when its lease is over") {
  const etcd_flock flock({.count = 1});
  fault_relay relay(flock.port(0));
  etcd_settings relayed;
  relayed.places = {{"127.0.0.1", relay.port(), false}};
  // A lease that nobody would wait out in the first half.
  skein_here first(flock.access(), "first", 50s);
  until_decides(first);
  skein_here second(relayed, "second", 2s);
  until([&] { return second.now().present.size() == 2; }, "the second has come");
  lead_to(first, "a");
  const auto before = steady_clock::now();
  first.seat->stop();
  CHECK_FALSE(first.writes());
  until_decides(second);
  CHECK(steady_clock::now() - before < 25s);

  skein_here third(flock.access(), "third", 2s);
  until([&] { return third.now().present.size() == 2 && third.writes(); }, "the third has come");
  until([&] { return second.writes(); }, "the second writes");
  relay.part();
  until_decides(third);
  CHECK_FALSE(second.writes());  // long since: its lease has run out in etcd
  CHECK(second.now().decides_until < boot_clock::now());
  const auto late = second.seat->announce("b", "db-b", "");
  REQUIRE_FALSE(late);
  MESSAGE(late.error());
  relay.heal();
  until([&] { return second.writes() && second.now().present.size() == 2; }, "it is back");
  CHECK_FALSE(second.now().decides);
}

TEST_CASE("a Skein that cannot decide gives the office up and goes on to write") {
  const etcd_flock flock({.count = 1});
  skein_here first(flock.access(), "first");
  until_decides(first);
  lead_to(first, "a");
  first.seat->offer(false);
  until([&] { return first.now().decider.empty(); }, "nobody decides");
  CHECK(first.writes());
  skein_here second(flock.access(), "second");
  until_decides(second);
  second.seat->offer(false);
  first.seat->offer(true);
  until_decides(first);
}

TEST_CASE("etcd's leader is killed, then frozen for longer than a lease: writes go on") {
  etcd_flock flock;
  skein_here one(flock.access(), "one", 8s);
  until_decides(one);
  lead_to(one, "a");
  until([&] { return one.writes(); }, "it writes");
  std::size_t victim = flock.leader();
  flock.kill(victim);
  CHECK(holds_for(9s, [&] { return one.writes(); }));
  flock.start(victim);
  flock.wait_until_ready();
  victim = flock.leader();
  // When it wakes, it believes to lead, and that all leases that it knows of have run out.
  flock.freeze(victim);
  CHECK(holds_for(12s, [&] { return one.writes(); }));
  flock.thaw(victim);
  CHECK(holds_for(5s, [&] { return one.writes() && one.now().decides; }));
  CHECK(one.now().present.size() == 1);
}

TEST_CASE("etcd has gone: writes end with the lease, the sentence says why, and all comes back") {
  etcd_flock flock({.count = 1});
  skein_here one(flock.access(), "one", 2s);
  until_decides(one);
  lead_to(one, "a");
  until([&] { return one.writes(); }, "it writes");
  flock.kill(0);
  until([&] { return !one.writes(); }, "its lease is over");
  until([&] { return one.trouble().contains("etcd cannot be used (http://127.0.0.1:"); },
        "it says why");
  CHECK(one.trouble().contains("refuses connections"));
  CHECK_FALSE(one.seat->announce("b", "db-b", ""));
  CHECK(holds_for(1s, [&] { return !one.writes(); }));
  flock.start(0);
  until([&] { return one.writes() && one.trouble().empty(); }, "it writes again");
  flock.freeze(0);
  until([&] { return one.trouble().contains("did not answer in time"); }, "it says why");
  const auto begun = steady_clock::now();
  one.seat->stop();
  CHECK(steady_clock::now() - begun < 10s);
}

TEST_CASE("a wrong password, a user without rights, none at all: sentences, and no write") {
  const etcd_flock flock({.count = 1});
  flock.demand_logins();
  auto access = flock.access();
  const skein_here nobody(access, "nobody");
  access.user = "root";
  access.password = "guess";
  const skein_here wrong(access, "wrong");
  access.user = "weak";
  access.password = "secret";
  const skein_here weak(access, "weak");
  access.user = "root";
  skein_here good(access, "good");
  until_decides(good);
  lead_to(good, "a");
  until([&] { return good.writes(); }, "it writes");
  until([&] { return nobody.trouble().contains("set coordination.user"); }, "none is told");
  until([&] { return wrong.trouble().contains("does not let user 'root' in"); }, "wrong is told");
  until([&] { return weak.trouble().contains("grant-permission"); }, "weak is told");
  CHECK_FALSE(nobody.writes());
  CHECK_FALSE(wrong.writes());
  CHECK_FALSE(weak.writes());
  CHECK(good.now().present.size() == 1);
}

TEST_CASE("over TLS, with certificates on both sides") {
  const etcd_flock flock({.count = 1, .tls = true});
  skein_here one(flock.access(), "one");
  until_decides(one);
  lead_to(one, "a");
  until([&] { return one.writes(); }, "it writes");
}

TEST_CASE("etcd is full: writes go on, the lead stays, and the sentence says what to do") {
  const etcd_flock flock({.count = 1, .quota_bytes = 8UL << 20});
  skein_here one(flock.access(), "one", 2s);
  until_decides(one);
  lead_to(one, "a");
  until([&] { return one.writes(); }, "it writes");
  etcd_client other(flock.access(), 5s);
  other.set_deadline(steady_clock::now() + long_enough);
  for (int i = 0; i < 100; ++i) {
    txn fat;
    fat.puts.push_back({"/fat/" + std::to_string(i), std::string(500'000, 'x'), 0});
    if (!other.commit(fat)) break;
  }
  const auto refused = one.seat->announce("b", "db-b", "");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().contains("alarm disarm"));
  CHECK(holds_for(5s, [&] { return one.writes(); }));
  const skein_here late(flock.access(), "late", 2s);
  until([&] { return late.trouble().contains("etcd is full"); }, "who comes is told");
  CHECK_FALSE(late.writes());
}

TEST_CASE("a record of a newer Skein, or of nobody's: no write and no office until it is mended") {
  const etcd_flock flock({.count = 1});
  skein_here one(flock.access(), "one");
  until_decides(one);
  lead_to(one, "a");
  until([&] { return one.writes(); }, "it writes");
  write_key(flock, keys.lead, R"({"format":2,"leaders":["a","b"]})");
  until([&] { return one.trouble().contains("format 2, which a newer Skein has written"); },
        "it says so");
  until([&] { return one.now().decider.empty(); }, "it has given the office up");
  CHECK_FALSE(one.writes());
  CHECK(one.seat->announce("b", "db-b", "").error().contains("newer Skein"));
  write_key(flock, keys.lead, "rubbish");
  until([&] { return one.trouble().contains("no record of Skein's"); }, "it says so");
  CHECK_FALSE(one.writes());
  lead_record unknown{7, lead_state::led, "z", "db-z", "other.1", ""};
  write_key(flock, keys.lead, to_text(unknown));
  until([&] { return one.trouble().contains("name no such member"); }, "it says so");
  until_decides(one);
  CHECK_FALSE(one.writes());
  lead_to(one, "b");
  CHECK(one.now().lead->epoch == 8);
  until([&] { return one.writes(); }, "it writes");
  CHECK(one.trouble() == "");
}

TEST_CASE("an etcd without its record, or with an old one, is not believed") {
  const etcd_flock flock({.count = 1});
  skein_here one(flock.access(), "one");
  until_decides(one);
  for (int i = 0; i < 3; ++i) lead_to(one, "a");
  const std::string old = to_text(lead_record{2, lead_state::led, "b", "db-b", "one.1", ""});
  write_key(flock, keys.lead, old);
  until([&] { return one.trouble().contains("as after a restore"); }, "it says so");
  CHECK_FALSE(one.writes());
  write_key(flock, keys.lead, "");
  until([&] { return !one.now().lead; }, "the record has gone");
  CHECK_FALSE(one.writes());
  lead_to(one, "a");
  CHECK(one.now().lead->epoch == 4);
  until([&] { return one.writes(); }, "it writes");
}

TEST_CASE("its own key is deleted by somebody: it comes back, and meanwhile writes nothing") {
  const etcd_flock flock({.count = 1});
  skein_here one(flock.access(), "one");
  until_decides(one);
  lead_to(one, "a");
  until([&] { return one.writes(); }, "it writes");
  const std::string self = one.now().self;
  etcd_client other(flock.access(), 2s);
  other.set_deadline(steady_clock::now() + long_enough);
  const auto found = other.read(keys.present + self);
  REQUIRE(found);
  REQUIRE(found->found.size() == 1);
  REQUIRE(other.revoke(found->found[0].lease));
  const auto created = [&] {
    const auto again = other.read(keys.present + self);
    return again && again->found.size() == 1 && again->found[0].created > found->found[0].created;
  };
  until(created, "its key is there again");
  until_decides(one);
  until([&] { return one.writes(); }, "it writes");
}
