// The client of etcd against real servers: one killed, one frozen, none, logins, certificates, a
// full one, a watch over a compaction.
#include <doctest/doctest.h>

#include <thread>

#include "tests/servers/certificates.hpp"
#include "tests/servers/coordination/etcd_flock.hpp"
#include "tests/servers/fault_relay.hpp"
#include "tests/servers/ports.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace skein::coordination;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

constexpr auto attempt = 1s;

void allow(etcd_client& by, std::chrono::milliseconds time = 20s) {
  by.set_deadline(steady_clock::now() + time);
}

txn put(const std::string& key, const std::string& value, std::int64_t lease = 0) {
  txn what;
  what.puts.push_back({key, value, lease});
  return what;
}

}  // namespace

TEST_CASE("grant, put under it, read, compare, keep alive, revoke") {
  const etcd_flock flock({.count = 1});
  etcd_client client(flock.access(), attempt);
  allow(client);
  const auto lease = client.grant(30s);
  REQUIRE(lease);
  CHECK(lease->ttl_s == 30);
  const std::string odd("\0\xff\"\n", 4);
  REQUIRE(client.commit(put("/t/" + odd, odd, lease->lease)));
  const auto read = client.read("/t/");
  REQUIRE(read);
  REQUIRE(read->found.size() == 1);
  CHECK(read->found[0].key == "/t/" + odd);
  CHECK(read->found[0].value == odd);
  CHECK(read->found[0].lease == lease->lease);
  CHECK(client.read("/u/")->found.empty());

  txn second = put("/t/other", "x");
  second.when.push_back({"/t/" + odd, txn::compare::what::created, 0});
  CHECK_FALSE(client.commit(second)->done);
  second.when[0].revision = read->found[0].created;
  second.when.push_back({"/t/" + odd, txn::compare::what::changed, read->found[0].changed});
  second.deletes.push_back("/t/" + odd);
  CHECK(client.commit(second)->done);
  CHECK(client.read("/t/")->found.size() == 1);

  CHECK(client.keep_alive(lease->lease)->ttl_s == 30);
  CHECK(client.revoke(lease->lease));
  CHECK(client.keep_alive(lease->lease)->ttl_s == 0);
  CHECK(client.revoke(lease->lease).error().kind == etcd_trouble::no_lease);
  CHECK(client.commit(put("/t/late", "x", lease->lease)).error().kind == etcd_trouble::no_lease);
}

TEST_CASE("one of three is killed, another frozen: the next answers; with two away none does") {
  etcd_flock flock;
  etcd_client client(flock.access(), attempt);
  allow(client, 60s);
  REQUIRE(client.read("/t/"));
  flock.kill(0);  // where the client is
  wait_until([&] { return client.read("/t/").has_value(); }, 60s, "another server answers");
  flock.start(0);
  flock.wait_until_ready();

  etcd_client second(flock.access(), attempt);
  allow(second, 60s);
  REQUIRE(second.read("/t/"));
  flock.freeze(0);
  // Its kernel still takes what is sent there.
  wait_until([&] { return second.read("/t/").has_value(); }, 60s,
             "another than the frozen one answers");
  flock.kill(1);
  allow(second, 5s);
  const auto begun = steady_clock::now();
  const auto read = second.read("/t/");
  REQUIRE_FALSE(read);
  CHECK(steady_clock::now() - begun < 10s);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(read.error().text.contains(to_string(flock.access().places[i])));
  CHECK(second.commit(put("/t/x", "x")).error().kind != etcd_trouble::refused);
  flock.thaw(0);
  flock.start(1);
  flock.wait_until_ready();
  allow(second);
  wait_until([&] { return second.read("/t/").has_value(); }, 60s, "it answers again");
}

TEST_CASE("a lost answer of a transaction is told as such, and not repeated") {
  const etcd_flock flock({.count = 1});
  fault_relay relay(flock.port(0));
  auto access = flock.access();
  access.places = {{"127.0.0.1", relay.port(), false}, {"127.0.0.1", flock.port(0), false}};
  etcd_client client(access, attempt);
  allow(client);
  REQUIRE(client.read("/t/"));
  relay.cut_after(0, direction::to_client);
  const auto lost = client.commit(put("/t/x", "once"));
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == etcd_trouble::unknown);
  const auto read = client.read("/t/");
  REQUIRE(read);
  REQUIRE(read->found.size() == 1);
  CHECK(read->found[0].created == read->found[0].changed);
}

TEST_CASE("nobody listens, a name that is none, and something that is not etcd") {
  etcd_settings nobody;
  nobody.places = {{"127.0.0.1", free_port(), false}, {"no-such-host.invalid", 2379, false}};
  etcd_client client(nobody, attempt);
  allow(client, 10s);
  const auto refused = client.read("/");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.contains("refuses connections"));
  CHECK(refused.error().text.contains("no-such-host.invalid:2379"));

  const etcd_flock flock({.count = 1, .tls = true});  // which is spoken to in the clear
  auto plain = flock.access();
  plain.places[0].tls = false;
  etcd_client stranger(plain, attempt);
  allow(stranger, 10s);
  const auto strange = stranger.read("/");
  REQUIRE_FALSE(strange);
  MESSAGE(strange.error().text);
  CHECK(strange.error().kind != etcd_trouble::refused);
}

TEST_CASE("who waits is woken when another thread interrupts, and for good") {
  const etcd_flock flock({.count = 1});
  fault_relay relay(flock.port(0));
  relay.part();
  etcd_settings access;
  access.places = {{"127.0.0.1", relay.port(), false}};
  etcd_client client(access, 60s);
  allow(client, 60s);
  const auto begun = steady_clock::now();
  std::thread other([&] {
    wait_until([&] { return relay.accepted() > 0; }, 60s, "it is connected");
    client.interrupt();
  });
  CHECK(client.read("/").error().kind == etcd_trouble::interrupted);
  other.join();
  CHECK(client.read("/").error().kind == etcd_trouble::interrupted);
  CHECK(steady_clock::now() - begun < 40s);
}

TEST_CASE("logins: none, a wrong one, one that may do nothing, and a token that runs out") {
  const etcd_flock flock({.count = 1});
  auto access = flock.access();
  access.user = "root";
  access.password = "secret";
  etcd_client early(access, attempt);  // to one that wants no logins yet
  allow(early);
  REQUIRE(early.read("/t/"));
  flock.demand_logins();
  allow(early);
  CHECK(early.read("/t/"));
  CHECK(early.commit(put("/t/a", "x")));

  etcd_client nobody(flock.access(), attempt);
  allow(nobody);
  CHECK(nobody.read("/t/").error().kind == etcd_trouble::refused_user);
  access.password = "wrong";
  etcd_client wrong(access, attempt);
  allow(wrong);
  const auto refused = wrong.read("/t/");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == etcd_trouble::refused_user);
  MESSAGE(refused.error().text);
  access.user = "weak";
  access.password = "secret";
  etcd_client weak(access, attempt);
  allow(weak);
  CHECK(weak.read("/t/").error().kind == etcd_trouble::forbidden);
  CHECK(weak.commit(put("/t/a", "x")).error().kind == etcd_trouble::forbidden);
}

TEST_CASE("a token that its server has forgotten is had anew") {
  etcd_flock flock({.count = 1});
  flock.demand_logins();
  auto access = flock.access();
  access.user = "root";
  access.password = "secret";
  etcd_client client(access, attempt);
  allow(client, 60s);
  REQUIRE(client.read("/t/"));
  flock.kill(0);  // simple tokens live in its memory
  flock.start(0);
  wait_until([&] { return client.read("/t/").has_value(); }, 60s, "it is let in again");
}

TEST_CASE("certificates: ours and theirs") {
  const etcd_flock flock({.count = 1, .tls = true});
  etcd_client good(flock.access(), attempt);
  allow(good);
  CHECK(good.read("/t/"));
  const auto lease = good.grant(30s);
  REQUIRE(lease);
  CHECK(good.keep_alive(lease->lease)->ttl_s == 30);

  auto access = flock.access();
  access.certificate_file.clear();
  access.key_file.clear();
  etcd_client unproven(access, attempt);
  allow(unproven);
  CHECK_FALSE(unproven.read("/t/"));

  access = flock.access();
  access.ca_file = test_certificates().stranger_authority;
  etcd_client distrustful(access, attempt);
  allow(distrustful);
  const auto untrusted = distrustful.read("/t/");
  REQUIRE_FALSE(untrusted);
  CHECK(untrusted.error().text.contains("TLS failed"));
  access.ca_file = "/nowhere/ca.crt";
  etcd_client blind(access, attempt);
  allow(blind);
  CHECK(blind.read("/t/").error().text.contains("there is no such file"));
}

TEST_CASE("a full etcd says so, and still answers reads and keeps leases alive") {
  const etcd_flock flock({.count = 1, .quota_bytes = 8UL << 20});
  etcd_client client(flock.access(), attempt);
  allow(client, 60s);
  const auto lease = client.grant(60s);
  REQUIRE(lease);
  std::optional<etcd_error> full;
  for (int i = 0; i < 100 && !full; ++i) {
    const auto answer = client.commit(put("/fat/" + std::to_string(i), std::string(500'000, 'x')));
    if (!answer) full = answer.error();
  }
  REQUIRE(full);
  CHECK(full->kind == etcd_trouble::full);
  CHECK(client.grant(5s).error().kind == etcd_trouble::full);
  CHECK(client.keep_alive(lease->lease)->ttl_s == 60);
  CHECK(client.read("/t/"));
  CHECK(client.revoke(lease->lease));
}

TEST_CASE("a watch hears each change, waits without harm, and is told of a compaction") {
  const etcd_flock flock({.count = 1});
  etcd_client writer(flock.access(), attempt);
  etcd_client watcher(flock.access(), attempt);
  allow(writer);
  allow(watcher);
  const auto begun = watcher.watch("/t/", 0);
  REQUIRE(begun);
  watcher.set_deadline(steady_clock::now() + 50ms);
  CHECK(watcher.next_change().error().kind == etcd_trouble::timeout);
  REQUIRE(writer.commit(put("/u/elsewhere", "x")));
  std::int64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    const auto written = writer.commit(put("/t/x", std::string(10'000, 'x')));
    REQUIRE(written);
    last = written->header.revision;
    allow(watcher);
    const auto heard = watcher.next_change();
    REQUIRE(heard);
    CHECK(heard->events == 1);
    CHECK(heard->header.revision == last);
  }
  // From the past on, as far as it is kept.
  REQUIRE(watcher.watch("/t/", last - 1));
  std::size_t events = 0;
  while (events < 2) {
    const auto heard = watcher.next_change();
    REQUIRE(heard);
    events += heard->events;
  }
  CHECK(events == 2);
  CHECK_FALSE(flock
                  .post(0, "/v3/kv/compaction",
                        R"({"revision":")" + std::to_string(last) + R"(","physical":true})")
                  .contains("error"));
  auto old = watcher.watch("/t/", 2);
  if (old) {
    const auto told = watcher.next_change();
    REQUIRE_FALSE(told);
    CHECK(told.error().kind == etcd_trouble::compacted);
  } else {
    CHECK(old.error().kind == etcd_trouble::compacted);
  }
}
