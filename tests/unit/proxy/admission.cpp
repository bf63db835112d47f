// Who is let in: counted by user, database and address, over threads, given back by who goes.
#include "proxy/admission.hpp"

#include <doctest/doctest.h>

#include "backends/postgres/startup.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;

namespace {

std::string told(const auto& answer) {
  return answer ? "in" : answer.error().text_for_client;
}

cluster_settings shop() {
  cluster_settings made;
  made.name = "shop";
  return made;
}

net::awaitable<> log_in(net::stream client, std::string& heard) {
  const login_request app{"app", "shop", {}};
  co_await client.write_all(postgres::startup_message(app));
  co_await read_all(client, heard);
}

}  // namespace

TEST_CASE("a user has so many clients and no more, each cluster for itself") {
  admission doors({.per_user = 2});
  cluster_settings one = shop();
  cluster_settings other = shop();
  other.name = "depot";
  const login_request app{"app", "a", {}};
  auto first = doors.let_in(one, app);
  const auto second = doors.let_in(one, {"app", "b", {}});
  const auto third = doors.let_in(one, app);
  REQUIRE_FALSE(third);
  CHECK(third.error().kind == error_kind::limit);
  CHECK(told(third) ==
        "user \"app\" has 2 clients already: try again later, or raise limits.per_user");
  CHECK(told(doors.let_in(one, {"bob", "a", {}})) == "in");
  CHECK(told(doors.let_in(other, app)) == "in");
  first = {};
  CHECK(told(doors.let_in(one, app)) == "in");
}

TEST_CASE("a user's own bound goes before the others'") {
  admission doors({.per_user = 1});
  cluster_settings one = shop();
  one.clients_of["app"] = 2;
  const auto first = doors.let_in(one, {"app", "a", {}});
  const auto second = doors.let_in(one, {"app", "a", {}});
  CHECK(told(second) == "in");
  CHECK(told(doors.let_in(one, {"app", "a", {}})) ==
        "user \"app\" has 2 clients already: try again later, or raise `clients` of this user");
  const auto other = doors.let_in(one, {"bob", "a", {}});
  CHECK(told(doors.let_in(one, {"bob", "a", {}})).starts_with("user \"bob\" has 1 client already"));
}

TEST_CASE("who is refused for its database is not counted as a user") {
  admission doors({.per_user = 2, .per_database = 1});
  const auto one = shop();
  const auto first = doors.let_in(one, {"app", "a", {}});
  for (int i = 0; i < 3; ++i) {
    CHECK(told(doors.let_in(one, {"app", "a", {}})) ==
          "database \"a\" has 1 client already: try again later, or raise limits.per_database");
  }
  CHECK(told(doors.let_in(one, {"app", "b", {}})) == "in");
}

TEST_CASE("addresses are counted whatever the port; who has none is not counted") {
  admission doors({.per_address = 1});
  auto first = doors.from("192.0.2.1:4711");
  CHECK(told(doors.from("192.0.2.1:4712")) ==
        "address 192.0.2.1 has 1 client already: try again later, or raise limits.per_address");
  CHECK(told(doors.from("[::ffff:192.0.2.1]:1")).starts_with("address 192.0.2.1 has 1"));
  CHECK(told(doors.from("[2001:db8::1]:1")) == "in");
  const auto local = doors.from("unix socket");
  CHECK(told(doors.from("unix socket")) == "in");
  first = {};
  CHECK(told(doors.from("192.0.2.1:4712")) == "in");
}

TEST_CASE("who has gone leaves nothing behind") {
  admission doors({.per_user = 2, .per_database = 2, .per_address = 2});
  {
    auto address = doors.from("192.0.2.1:1");
    auto inside = doors.let_in(shop(), {"app", "a", {}});
    CHECK(doors.kinds() == 3);
    const auto moved = std::move(inside);
    CHECK(doors.kinds() == 3);
  }
  CHECK(doors.kinds() == 0);
}

TEST_CASE("a bound that is set later counts who is in already") {
  admission doors;
  auto first = doors.let_in(shop(), {"app", "a", {}});
  const auto second = doors.let_in(shop(), {"app", "a", {}});
  doors.adopt({.in_all = 7, .per_user = 2});
  CHECK(doors.most().in_all == 7);
  CHECK(told(doors.let_in(shop(), {"app", "a", {}})).starts_with("user \"app\" has 2 clients"));
  first = {};
  CHECK(told(doors.let_in(shop(), {"app", "a", {}})) == "in");
}

TEST_CASE("threads that come and go are never more than allowed") {
  admission doors({.per_user = 3});
  const auto one = shop();
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> refused{0};
  {
    std::vector<std::jthread> crowd;
    for (int thread = 0; thread < 6; ++thread) {
      crowd.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) {
          const auto place = doors.let_in(one, {"app", "a", {}});
          if (!place) {
            ++refused;
            continue;
          }
          const int now = ++inside;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          std::this_thread::yield();
          --inside;
        }
      });
    }
  }
  CHECK(most <= 3);
  CHECK(doors.kinds() == 0);
  MESSAGE("most at once: ", most.load(), ", refused: ", refused.load());
}

TEST_CASE("who signs in again keeps the places that are of the same kind, and only these") {
  admission doors({.per_user = 1, .per_database = 1});
  const cluster_settings one = shop();
  auto mine = doors.let_in(one, {"app", "a", {}});
  REQUIRE(mine);
  for (int i = 0; i < 3; ++i) {
    mine = doors.let_in(one, {"app", "a", {}}, std::move(*mine));
    REQUIRE(mine);
    CHECK(doors.kinds() == 2);
  }
  mine = doors.let_in(one, {"bob", "a", {}}, std::move(*mine));
  REQUIRE(mine);
  CHECK(doors.kinds() == 2);
  {
    const auto other = doors.let_in(one, {"app", "b", {}});
    CHECK(told(other) == "in");
    CHECK(told(doors.let_in(one, {"bob", "c", {}})).starts_with("user \"bob\" has 1 client"));
    CHECK(doors.kinds() == 4);
    // There is no way back while another is there; what it had is gone with the attempt.
    CHECK(told(doors.let_in(one, {"app", "a", {}}, std::move(*mine)))
              .starts_with("user \"app\" has 1 client"));
  }
  mine = admission::places{};
  CHECK(doors.kinds() == 0);
}

TEST_CASE("a session over a limit hears which one, and has no server") {
  client_limits most{.per_user = 1};
  std::string name = "limits.per_user";
  SUBCASE("user") {}
  SUBCASE("database") {
    most = {.per_database = 1};
    name = "limits.per_database";
  }
  stage now;
  admission doors(most);
  now.cluster.users["app"].trusted = true;
  const auto other = doors.let_in(now.cluster, {"app", "shop", {}});
  auto [ours, theirs] = net::memory_end::connect(now.core.where());
  now.life = std::make_unique<session>(now.home, now.table, doors, now.door, now.cancels,
                                       net::stream(std::move(ours)));
  std::string heard;
  now.core.post([&, client = std::make_shared<net::stream>(std::move(theirs))] {
    now.tasks.spawn(now.live(*now.life));
    now.tasks.spawn(log_in(std::move(*client), heard));
  });
  now.run_to_the_end();
  CHECK_MESSAGE(heard.contains("53300"), heard);
  CHECK_MESSAGE(heard.contains(name), heard);
  CHECK(now.counters.server_connections_opened.value() == 0);
  CHECK(now.counters.clients_refused.value() == 1);
}
