// Skein at its limits: as many clients as it may have, as many descriptors as the system gives it.
// Those inside notice nothing, the others hear why or wait, and it recovers by itself.
#include <doctest/doctest.h>

#include "tests/servers/neighbour.hpp"
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++found;
  return found;
}

constexpr auto too_few = "too few descriptors for limits.clients and the pools";
constexpr auto turned_away = "a client could not be accepted";

}  // namespace

TEST_CASE("limits.clients is full: a cancel is still let through, for a query and over TLS") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  for (const std::string mode : {"disable", "require"}) {
    CAPTURE(mode);
    skein_process skein(shop, {.clients_max = 2});
    pg_session victim(skein.words(app, "sslmode=" + mode));
    pg_session other(skein.words(app, "sslmode=" + mode));
    REQUIRE(login_failure(skein.words(app)).starts_with("53300: "));
    victim.send("select pg_sleep(30)");
    other.send("select 'unharmed' from pg_sleep(1)");
    wait_until(
        [&] {
          return shop.leader().value(
                     "select count(*) from pg_stat_activity where state = 'active' and query like "
                     "'%pg_sleep(30)'") == "1";
        },
        5s, "the query runs");
    CHECK(victim.cancel());
    CHECK(victim.finish(5s).sqlstate == "57014");
    CHECK(other.finish(5s).lines == rows{{"unharmed"}});
    CHECK(victim.value("select 1") == "1");
    CHECK(skein.metric("skein_cancels_sent_total") == 1.0);
    CHECK(skein.metric("skein_clients_refused_total") == 1.0);  // the cancel was not
  }
}

TEST_CASE(
    "a hard limit that is too low for the settings is told at the start, one that is not is "
    "silent") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  {
    const skein_process skein(shop, {.clients_max = 1000, .descriptors = 1199});
    CHECK(count(skein.log(), too_few) == 1);
    CHECK(skein.log().find("descriptors=1199 wanted=1200") != std::string::npos);
    CHECK(pg_session(skein.words(app)).value("select 1") == "1");
  }
  const skein_process skein(shop, {.clients_max = 1000, .descriptors = 1200});
  CHECK(count(skein.log(), too_few) == 0);
}

TEST_CASE("descriptors run out: those inside are served on, and so are the others once some leave" *
          doctest::skip(needs_descriptors)) {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  skein_process skein(shop, {.pool_mode = "session", .startup_timeout = 60s, .descriptors = 60});
  REQUIRE(count(skein.log(), too_few) == 1);
  neighbour inside(skein.words(app));
  const auto before = skein.descriptors();
  REQUIRE(before < 50);
  std::vector<wire_socket> crowd;  // says nothing, takes a descriptor each
  for (auto left = 60 - before + 20; left > 0; --left) crowd.emplace_back(skein.port());
  wait_until([&] { return count(skein.log(), turned_away) > 0; }, 5s, "the limit is told");
  CHECK(skein.descriptors() == 60);
  CHECK(skein.log().find("Too many open files") != std::string::npos);
  CHECK_THROWS_AS(pg_session(skein.words(app), 1s), pg_refusal);  // waits in the kernel's queue
  CHECK(count(skein.log(), turned_away) <= 2);  // one a core, and not one each 100 ms
  SUBCASE("they leave") {
    crowd.clear();
    wait_until([&] { return login_failure(skein.words(app), 2s).empty(); }, 5s,
               "a newcomer is served");
    CHECK(skein.get("/ready").status == 200);
    wait_until([&] { return skein.descriptors() <= before + 2; }, 5s, "no descriptor is lost");
    inside.check_unharmed();
  }
  SUBCASE("Skein is stopped meanwhile") {
    inside.check_unharmed();
    skein.stop(8s);
  }
}

// One is left: enough to let a client in, and none for its server connection.
TEST_CASE("no descriptor is left for a server connection: the client hears so, and what to raise" *
          doctest::skip(needs_descriptors)) {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool_mode = "session", .startup_timeout = 60s, .descriptors = 60});
  const auto left = [&] { return 60 - skein.descriptors(); };
  std::vector<std::unique_ptr<pg_session>> inside;
  while (inside.size() < 60 && left() > 3) {
    inside.push_back(std::make_unique<pg_session>(skein.words(app), 5s));
  }
  REQUIRE(inside.size() > 8);
  std::vector<wire_socket> silent;
  for (auto still = left(); still > 1; --still) {
    silent.emplace_back(skein.port());
    wait_until([&] { return left() < still; }, 5s, "it is let in");
  }
  const auto told = login_failure(skein.words(app), 5s);
  CHECK_MESSAGE(told.starts_with("53300: "), told);
  CHECK_MESSAGE(told.find("LimitNOFILE") != std::string::npos, told);
  for (auto& each : inside) CHECK(each->value("select 1") == "1");
  silent.clear();
  wait_until([&] { return login_failure(skein.words(app), 2s).empty(); }, 5s,
             "a newcomer is served");
  CHECK(skein.get("/ready").status == 200);
}
