// What several Skeins promise together: after the first write acknowledged in an epoch none is of
// an earlier one, whatever is cut, slow, paused, killed. And that the lead moves again afterwards.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/servers/coordination/fellow.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace skein::coordination;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

unsigned number_from(const char* name, unsigned otherwise) {
  const char* given = std::getenv(name);
  return given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : otherwise;
}

struct scene {
  explicit scene(unsigned seed) : chance(seed) {
    for (unsigned i = 0; i < 3; ++i) {
      skeins.push_back(std::make_unique<fellow>(flock, "s" + std::to_string(i), seed * 10 + i));
      skeins.back()->come();
    }
  }

  int any(int below) { return std::uniform_int_distribution<int>(0, below - 1)(chance); }
  void last(milliseconds least, int more_ms) {
    std::this_thread::sleep_for(least + milliseconds(any(more_ms)));
  }

  // One misfortune, from its beginning to its end.
  std::string strike() {
    fellow& victim = *skeins[static_cast<std::size_t>(any(3))];
    const auto server = static_cast<std::size_t>(any(3));
    switch (any(9)) {
      case 0:
        victim.part();
        last(200ms, 4000);
        victim.heal();
        return "parted";
      case 1:
        victim.reset();
        return "reset";
      case 2:
        victim.slow(milliseconds(50 + any(500)));
        last(500ms, 2000);
        victim.heal();
        return "slow";
      case 3:
        victim.pause(true);
        last(200ms, 4000);
        victim.pause(false);
        return "paused";
      case 4:
        victim.crash();
        last(0ms, 3000);
        victim.come();
        return "crashed";
      case 5:
        flock.kill(server);
        last(0ms, 3000);
        flock.start(server);
        return "etcd server killed";
      case 6:
        return frozen({flock.leader()}, "etcd's leader frozen");
      case 7:
        return frozen({server}, "etcd server frozen");
      default:
        return frozen({0, 1, 2}, "all of etcd frozen");
    }
  }

  std::string frozen(const std::vector<std::size_t>& which, std::string name) {
    for (const auto each : which) flock.freeze(each);
    last(300ms, 5000);
    for (const auto each : which) flock.thaw(each);
    return name;
  }

  bool all_write() const {
    return std::ranges::all_of(skeins, [](const auto& each) { return each->writes(); });
  }

  etcd_flock flock = etcd_flock();
  std::mt19937 chance;
  std::vector<std::unique_ptr<fellow>> skeins = {};
};

}  // namespace

TEST_CASE("the ledgers are compared across Skeins and over all epochs") {
  const auto at = [](int from, int to) {
    return acknowledged_writes{boot_time(milliseconds(from)), boot_time(milliseconds(to)), 2};
  };
  CHECK(late_epoch({}) == std::nullopt);
  CHECK(late_epoch({{{1, at(1, 5)}, {2, at(6, 9)}}, {{1, at(2, 4)}, {3, at(10, 11)}}}) ==
        std::nullopt);
  CHECK(late_epoch({{{1, at(1, 5)}, {2, at(6, 9)}}, {{1, at(2, 7)}}}) == 2);
  CHECK(late_epoch({{{1, at(1, 20)}}, {{2, at(25, 26)}, {3, at(12, 13)}}}) == 3);
}

TEST_CASE("no write of an older epoch is acknowledged after the first of a newer one") {
  const unsigned seed = number_from("SKEIN_COUNCIL_SEED", std::random_device()());
  const unsigned seconds = number_from("SKEIN_COUNCIL_SECONDS", 45);
  CAPTURE(seed);
  MESSAGE("seed ", seed);
  scene here(seed);
  wait_until([&] { return here.all_write(); }, 60s, "all take writes");
  const auto end = steady_clock::now() + std::chrono::seconds(seconds);
  std::map<std::string, int> strikes;
  while (steady_clock::now() < end) {
    ++strikes[here.strike()];
    here.last(100ms, 1200);
  }
  for (auto& each : here.skeins) each->move_lead_often(false);
  wait_until([&] { return here.all_write(); }, 60s, "all take writes again");
  std::vector<ledger> all;
  std::uint64_t moves = 0;
  std::uint64_t writes = 0;
  for (auto& each : here.skeins) {
    each->crash();
    all.push_back(each->written());
    moves += each->moves();
    for (const auto& [epoch, of] : each->written()) writes += of.count;
    CHECK(each->written().size() > 3);
  }
  std::string told;
  for (const auto& [name, count] : strikes) told += name + " " + std::to_string(count) + ", ";
  MESSAGE(told, moves, " moves, ", writes, " writes acknowledged");
  CHECK(late_epoch(all).value_or(0) == 0);
  CHECK(moves > 5);
}
