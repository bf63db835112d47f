// Skein dies, and while it is gone the cluster changes: who led stands written down in the members,
// so that the Skein that is started next goes on from there.
#include "tests/servers/failover/flock.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// a has died, and another leads, of whom the third has all; then Skein dies.
struct orphaned {
  explicit orphaned(flock& at) {
    at.write(1);
    at.members.wait_until_caught_up();
    at.members.member("a").kill();
    at.write(2);
    next = at.who_takes_writes();
    REQUIRE((next == "b" || next == "c"));
    other = next == "b" ? "c" : "b";
    wait_until([&] { return at.count_at(other) == "2"; }, 20s, "the other follower follows it");
    at.skein->kill();
  }
  std::string next = {};
  std::string other = {};
};

// What only a has, which by its own word leads.
void come_back(flock& at) {
  at.members.member("a").start();
  const auto told = connect(at.in.which, {.port = at.members.member("a").port()})
                        ->ask("insert into ledger values (100)");
  REQUIRE_MESSAGE(told.ok(), told.text);
}

void check_fenced(flock& at, const std::string& member) {
  const auto refuses = [&] {
    try {
      return !connect(at.in.which, {.port = at.members.member(member).port()})
                  ->ask("insert into ledger values (101)")
                  .ok();
    } catch (const std::exception&) {
      return true;
    }
  };
  wait_until(refuses, 20s, member + " takes no writes any more");
}

void check_elects(const tongue& in, const std::string& durability) {
  flock at(in, "automatic: yes", {}, {}, durability);
  at.write(1);
  at.members.wait_until_caught_up();
  const double before = at.epoch();
  at.skein->kill();
  at.members.member("a").kill();
  at.skein->start();
  at.write(2);
  CHECK(at.epoch() == before + 1);
  const std::string next = at.who_takes_writes();
  REQUIRE((next == "b" || next == "c"));
  CHECK(at.count_at(next) == "2");
  const std::string other = next == "b" ? "c" : "b";
  wait_until([&] { return at.count_at(other) == "2"; }, 20s, "the other follower follows it");

  at.skein->kill();
  at.skein->start();
  at.write(3);
  CHECK(at.epoch() == before + 1);
  CHECK(at.who_takes_writes() == next);
}

}  // namespace

TEST_CASE("the leader dies while Skein is gone: one that is started elects, in a later epoch") {
  on_each_engine([](const tongue& in) { check_elects(in, {}); });
}

TEST_CASE("likewise where followers acknowledge each commit") {
  on_each_engine([](const tongue& in) { check_elects(in, "mode: quorum"); });
}

TEST_CASE(
    "an old leader comes back while Skein is gone: who took over leads, the other is fenced") {
  on_each_engine([](const tongue& in) {
    flock at(in);
    const orphaned after(at);
    come_back(at);
    at.skein->start();
    at.write(3);
    CHECK(at.epoch() == 2);
    CHECK(at.count_at(after.next) == "3");
    check_fenced(at, "a");
    wait_until([&] { return at.count_at(after.other) == "3"; }, 20s, "the third follows");
  });
}

TEST_CASE("an old leader comes back, and who took over dies: it does not lead again") {
  on_each_engine([](const tongue& in) {
    flock at(in);
    const orphaned after(at);
    come_back(at);
    at.members.member(after.next).kill();
    at.skein->start();
    at.write(3);
    CHECK(at.epoch() == 3);
    CHECK(at.count_at(after.other) == "3");
    check_fenced(at, "a");
  });
}

TEST_CASE("where it may not be written down who leads, a person hears of it, and failover works") {
  if (!is_wanted(engine::postgres)) return;
  flock at(tongue_of(engine::postgres));
  at.write(1);
  at.skein->kill();
  at.members.leader().query("drop schema skein cascade");
  at.skein->start();
  at.skein->wait_until_status_says("it could not be written down", 20s);
  at.write(2);
  at.members.wait_until_caught_up();
  at.members.member("a").kill();
  at.write(3);
  CHECK(at.who_takes_writes() != "a");
}
