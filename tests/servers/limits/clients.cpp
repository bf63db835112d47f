// As many clients of one user, of one database, of one address as the settings say: the next hears
// which limit it was, and comes in once another has gone, whatever core it comes to.
#include <doctest/doctest.h>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

struct limit {
  std::string key;
  std::string users_own;
  std::string text;
};

}  // namespace

TEST_CASE("two clients are in, the third hears which limit it was, and comes in later") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  const std::vector<limit> limits = {
      {"per_user: 2", "", "user \"" + app.user + "\" has 2 clients already"},
      {"per_user: 1", "clients: 2", "raise `clients` of this user"},
      {"per_database: 2", "", "database \"app\" has 2 clients already"},
      {"per_address: 2", "", "address 127.0.0.1 has 2 clients already"},
  };
  for (const limit& each : limits) {
    CAPTURE(each.text);
    skein_process skein(shop, {.threads = 3, .limits = each.key, .of_first_user = each.users_own});
    pg_session one(skein.words(app));
    auto two = std::make_unique<pg_session>(skein.words(app));
    for (int i = 0; i < 5; ++i) {
      const auto told = login_failure(skein.words(app));
      CHECK_MESSAGE(told.starts_with("53300: "), told);
      CHECK_MESSAGE(told.contains(each.text), told);
    }
    CHECK(skein.metric("skein_clients_refused_total") == 5.0);
    if (each.text.starts_with("user")) CHECK(login_failure(skein.words(app_md5)) == "");
    CHECK(one.value("select 1") == "1");
    CHECK(two->value("select 1") == "1");
    two.reset();
    wait_until([&] { return login_failure(skein.words(app)).empty(); }, 5s, "another comes in");
  }
}

TEST_CASE("who does not know the password takes nobody's place") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.limits = "per_user: 1"});
  const pg_session one(skein.words(app));
  const login liar{app.user, "wrong"};
  CHECK(login_failure(skein.words(liar)).starts_with("28P01"));
}
