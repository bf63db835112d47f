// In whose name a core listens: the server connection of a database is opened again as long as one
// of those who listen there is let in, and nobody hears that somebody else is not.
#include <doctest/doctest.h>

#include "backends/postgres/errors.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const std::string withdrawn = postgres::error_response(
    {error_kind::login, fault::client, "28000", "may not log in any more", {}});

struct hearer final : subscriber {
  explicit hearer(const std::string& name) : who{name, "secret"}, request{name, "shop", {}} {}
  const credentials& listens_as() const override { return who; }
  const login_request& listens_with() const override { return request; }
  void channel_live(const result<void>& outcome) override {
    ++told;
    live = outcome.has_value();
    if (!outcome) why = outcome.error().text_for_client;
    if (on_told) on_told();
  }
  void announced(std::string_view) override {}
  void announcements_lost() override { ++gaps; }

  credentials who;
  login_request request;
  int told = 0;
  int gaps = 0;
  bool live = false;
  std::string why = {};
  std::function<void()> on_told = {};
};

// Ann listens, and then may not log in any more, for her connection is lost.
struct scene : stage {
  scene() {
    habits.answers_max = 2;  // that to RESET and that to LISTEN
    habits.refused_user = "ann";
    people[0].on_told = [this] { habits.refusal = withdrawn; };
  }
  void play(net::awaitable<> (*how)(scene&)) {
    core.post([this, how] { visitors.spawn(how(*this)); });
    run_to_the_end();
    CHECK(all_places_free());
  }
  hearer& ann() { return people[0]; }
  hearer& bob() { return people[1]; }
  hearer& ann_again() { return people[2]; }
  bool listen(std::string_view channel, hearer& by) {
    return home.announcements().listen(channel, by);
  }
  net::awaitable<> until(std::function<bool()> holds) {
    for (int i = 0; i < 5000 && !holds(); ++i) co_await nap(core, 1ms);
    CHECK(holds());
  }
  net::awaitable<> leave() {
    for (hearer& each : people) home.announcements().forget("shop", each);
    co_await home.announcements().close();
  }

  // In this order in memory, in which they are asked.
  std::array<hearer, 3> people{hearer("ann"), hearer("bob"), hearer("ann")};
};

net::awaitable<> lose_ann(scene& now) {
  CHECK_FALSE(now.listen("news", now.ann()));
  co_await now.until([&] { return now.ann().gaps == 1; });
  CHECK(now.ann().live);
}

}  // namespace

TEST_CASE("where one who listens is let in no more, another's name is taken") {
  scene now;
  now.habits.answers_max = 3;  // also that to the LISTEN of Bob
  now.play([](scene& on) -> net::awaitable<> {
    on.listen("news", on.ann());
    on.listen("weather", on.bob());
    co_await on.until([&] { return on.bob().gaps == 1; });
    on.habits.answers_max = 1000;
    co_await on.until([&] { return on.counters.server_connections_opened.value() == 2; });
    CHECK(on.counters.server_connections_failed.value() == 1);
    CHECK(on.ann().told == 1);  // what she has stays hers
    CHECK(on.bob().told == 1);
    co_await on.leave();
  });
}

TEST_CASE("a newcomer hears whether its own name is let in, at once, and not another's") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    co_await lose_ann(on);
    co_await on.until([&] { return on.counters.server_connections_failed.value() >= 3; });
    on.habits.answers_max = 1000;
    on.listen("news", on.ann_again());
    CHECK(on.ann_again().told == 0);
    co_await on.until([&] { return on.ann_again().told == 1; });
    CHECK(on.ann_again().why == "may not log in any more");
    const auto start = std::chrono::steady_clock::now();
    on.listen("news", on.bob());
    co_await on.until([&] { return on.bob().told == 1; });
    CHECK(std::chrono::steady_clock::now() - start < 300ms);  // the pause is longer by now
    CHECK_MESSAGE(on.bob().live, on.bob().why);
    CHECK(on.ann().live);
    co_await on.leave();
  });
}

TEST_CASE("attempts that fail become rarer") {
  scene now;
  now.play([](scene& on) -> net::awaitable<> {
    co_await lose_ann(on);
    co_await nap(on.core, 1200ms);
    // At once, and after 200, 600 and 1400 ms.
    CHECK(on.counters.server_connections_failed.value() >= 2);
    CHECK(on.counters.server_connections_failed.value() <= 3);
    co_await on.leave();
  });
}
