// Both sides of a takeover in one process, each on a core of its own, over a real unix socket.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include "handover/giver.hpp"
#include "handover/taker.hpp"
#include "tests/unit/net/loop.hpp"

using namespace skein;
using namespace skein::handover;
using namespace std::chrono_literals;

namespace {

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 1000 && !holds(); ++i) std::this_thread::sleep_for(5ms);
  return holds();
}

// A core with a thread, and what lives on it.
template <typename Side>
struct running {
  template <typename... More>
  explicit running(More&&... more) : side(core, std::forward<More>(more)...) {
    core.start("side");
  }
  ~running() { stop(); }
  void stop() {
    if (std::exchange(stopped, true)) return;
    core.post([this] { tasks.spawn(side.stop()); });
    core.finish(tasks);
  }
  net::core core{0};
  Side side;
  net::task_group tasks{core.where()};
  bool stopped = false;
};

struct older {
  older()
      : door(::socket(AF_INET, SOCK_STREAM, 0)),
        at(giver_hooks{
            .doors = [this] { return doors(); },
            .ready = [] { return true; },
            .generation = [] { return std::uint8_t{6}; },
            .taken = [this](const std::vector<handover::door>& kept) { taken = kept.size(); },
            .cancel =
                [this](const cancel& asked, std::function<void()> done) {
                  cancelled = asked.id;
                  if (answers) done();
                },
            .obey =
                [this](const order& asked, std::function<void(order_outcome)> done) {
                  ordered = asked.id;
                  if (answers) done(order_outcome::not_the_users_own);
                },
            .clients = [] { return std::size_t{12}; }}) {
    std::promise<bool> opened;
    at.core.post([&] {
      opened.set_value(at.side.listen(where()).has_value());
      at.side.serve();
    });
    REQUIRE(opened.get_future().get());
  }
  net::endpoint where() const { return {.unix_path = folder.file("takeover")}; }
  outcome<std::vector<open_door>> doors() {
    std::vector<open_door> all;
    for (int i = 0; i < 40; ++i) {
      all.push_back({{door_use::clients, "a:" + std::to_string(i)}, net::copy_of(door.get())});
    }
    return all;
  }

  net::temporary_folder folder;
  net::owned_handle door;
  std::atomic<std::size_t> taken{0};
  std::atomic<std::uint32_t> cancelled{0};
  std::atomic<std::uint32_t> ordered{0};
  std::atomic<bool> answers{true};
  running<giver> at;
};

}  // namespace

TEST_CASE("doors are offered, taken, and cancels go back until the older one ends") {
  older before;
  running<taker> newer;
  auto got = newer.side.ask(before.where());
  REQUIRE_MESSAGE(got, got.error());
  REQUIRE(*got);
  CHECK((*got)->generation == 6);
  CHECK((*got)->was_ready);
  REQUIRE((*got)->doors.size() == 41);
  for (std::uint16_t i = 0; i < 40; ++i) {
    CHECK((*got)->doors[i].what == door{door_use::clients, "a:" + std::to_string(i)});
    CHECK((*got)->doors[i].index == i);
  }
  CHECK((*got)->doors[40].what.use == door_use::takeover);
  CHECK(newer.side.stands() == standing::offered);
  CHECK_FALSE(newer.side.before_us());
  CHECK(before.taken == 0);

  REQUIRE(newer.side.say_serving({0, 7, 40}));
  CHECK(newer.side.stands() == standing::ours);
  CHECK(eventually([&] { return before.taken == 3; }));
  CHECK(eventually([&] { return newer.side.before_us().value_or(predecessor{}).clients == 12; }));
  CHECK(std::filesystem::exists(before.where().unix_path));  // it was kept

  std::atomic<int> answered{0};
  newer.side.relay(4711, "secret", [&] { ++answered; });
  CHECK(eventually([&] { return answered == 1; }));
  CHECK(before.cancelled == 4711);
  std::atomic<int> outcome{-1};
  const auto order_it = [&](std::uint32_t id) {
    newer.side.relay(order{.id = id, .for_good = true, .cluster = "shop", .user = "app"},
                     [&](order_outcome how) { outcome = static_cast<int>(how); });
  };
  order_it(0x80000005);
  CHECK(eventually([&] { return outcome == static_cast<int>(order_outcome::not_the_users_own); }));
  CHECK(before.ordered == 0x80000005);
  before.answers = false;
  order_it(0x80000006);
  CHECK(eventually([&] { return before.ordered == 0x80000006; }));
  newer.side.relay(4712, "secret", [&] { ++answered; });
  CHECK(eventually([&] { return before.cancelled == 4712; }));
  before.at.stop();
  CHECK(eventually([&] { return answered == 2; }));  // nobody waits for one that is gone
  CHECK(outcome == static_cast<int>(order_outcome::no_such_session));
  CHECK(newer.side.stands() == standing::alone);
  newer.side.relay(4713, "secret", [&] { ++answered; });
  CHECK(eventually([&] { return answered == 3; }));
}

TEST_CASE("a cancel that the older one does not answer is not waited for without end") {
  older before;
  before.answers = false;
  running<taker> newer;
  REQUIRE(newer.side.ask(before.where()));
  REQUIRE(newer.side.say_serving({}));
  std::atomic<bool> over{false};
  const auto start = std::chrono::steady_clock::now();
  newer.side.relay(1, "secret", [&] { over = true; });
  for (int i = 0; i < 2000 && !over; ++i) std::this_thread::sleep_for(5ms);
  CHECK(over);
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took > 4s);
  CHECK(took < 7s);
}

TEST_CASE("who leaves before it serves changes nothing, and the next one may try") {
  older before;
  for (int round = 0; round < 3; ++round) {
    running<taker> newer;
    const auto got = newer.side.ask(before.where());
    REQUIRE(got);
    REQUIRE(*got);
  }
  CHECK(before.taken == 0);
  running<taker> last;
  REQUIRE(last.side.ask(before.where()));
  REQUIRE(last.side.say_serving({}));
  CHECK(eventually([&] { return !std::filesystem::exists(before.where().unix_path); }));
}

TEST_CASE("a newer one that keeps what it was not offered is refused") {
  older before;
  running<taker> newer;
  REQUIRE(newer.side.ask(before.where()));
  const auto said = newer.side.say_serving({41});
  REQUIRE_FALSE(said);
  CHECK(said.error() == "it keeps a door that there is not");
  CHECK(newer.side.stands() == standing::refused);
  CHECK(before.taken == 0);
}

TEST_CASE("the older one ends while its doors are offered: the newer one is alone, and goes on") {
  older before;
  running<taker> newer;
  REQUIRE(newer.side.ask(before.where()));
  before.at.stop();
  CHECK(eventually([&] { return newer.side.stands() == standing::alone; }));
  CHECK(newer.side.say_serving({0}));
}

TEST_CASE("nobody is there") {
  const net::temporary_folder folder;
  running<taker> newer;
  const auto got = newer.side.ask({.unix_path = folder.file("takeover")});
  REQUIRE(got);
  CHECK_FALSE(*got);
}

TEST_CASE("no descriptor is left on either side") {
  const auto before = net::open_descriptors();
  {
    older one;
    running<taker> newer;
    auto got = newer.side.ask(one.where());
    REQUIRE(got);
    REQUIRE(newer.side.say_serving({1}));
    CHECK(eventually([&] { return one.taken == 1; }));
  }
  CHECK(net::open_descriptors() == before);
}
