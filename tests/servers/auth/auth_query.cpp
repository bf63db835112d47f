// Users that stand in no file of Skein's: looked up on the leader, by a role that may do no more.
#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "tests/servers/auth/granted.hpp"
#include "tests/servers/cluster.hpp"
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

const login ann{"ann", "geese"};
const login old_ann{"old_ann", "geese"};

cluster shop_with_users(int followers) {
  auto shop = cluster::start(
      engine::postgres,
      {.followers = followers, .server = {.hba = {"host all old_ann 127.0.0.1/32 md5"}}});
  auto& leader = shop.leader();
  const auto file = (shop.folder() / "grants.yaml").string();
  std::ofstream(file)
      << "clusters:\n  shop:\n    members: [127.0.0.1:5432]\n    auth_query: {user: "
         "skein_auth, password: looks-up, database: app}\n";
  run_grants(shop, {file, "--feature", "auth_query"});
  leader.query("alter role skein_auth password 'looks-up'");
  leader.query("create role ann login password 'geese'");
  leader.query("create role bare login");
  leader.query("create role late login password 'geese' valid until '2001-01-01'");
  leader.query("set password_encryption = md5; create role old_ann login password 'geese'");
  shop.wait_until_caught_up();
  return shop;
}

skein_options looked_up(const std::string& more = {}) {
  return {.users = {}, .auth_query = "user: skein_auth, password: looks-up, database: app" + more};
}

std::string why_not(const skein_process& skein, const login& who) {
  return login_failure(skein.words(who));
}

}  // namespace

TEST_CASE("who is on the leader is let in, by SCRAM or by md5; nobody else is") {
  auto shop = shop_with_users(0);
  skein_process skein(shop, looked_up());
  for (const auto& who : {ann, old_ann, app}) {
    CAPTURE(who.user);
    for (int i = 0; i < 2; ++i) {
      CHECK(pg_session(skein.words(who)).value("select current_user") == who.user);
    }
    CHECK(why_not(skein, {who.user, "wrong"})
              .starts_with("28P01: password authentication failed for user \"" + who.user + "\""));
  }
  // The last one would be everybody, were it a piece of SQL and not a value.
  for (const char* const nobody : {"nobody", "bare", "late", "'ann\\' or true --'"}) {
    CAPTURE(nobody);
    CHECK(why_not(skein, {nobody, "geese"}).starts_with("28P01: password authentication failed"));
  }
}

TEST_CASE("a changed password counts at the next attempt") {
  auto shop = shop_with_users(0);
  skein_process skein(shop, looked_up(", keep: 10m"));
  CHECK(why_not(skein, ann).empty());
  shop.leader().query("alter role ann password 'swans'");
  const login newer{"ann", "swans"};
  wait_until([&] { return why_not(skein, newer).empty(); }, 10s, "the new password lets in");
  wait_until([&] { return !why_not(skein, ann).empty(); }, 10s, "the old one does not");
  CHECK(why_not(skein, newer).empty());
}

TEST_CASE("the lead moves, and users are looked up where it has gone to") {
  auto shop = shop_with_users(1);
  skein_process skein(shop, looked_up(", keep: 100ms"));
  CHECK(why_not(skein, ann).empty());
  shop.leader().stop();
  shop.promote("b");
  CHECK(pg_session(skein.words(ann)).value("select current_user") == "ann");
  shop.leader().query("create role cyd login password 'swans'");
  CHECK(pg_session(skein.words({"cyd", "swans"})).value("select current_user") == "cyd");
}

TEST_CASE("a leader that cannot say who somebody is fails the login, in time and in words") {
  auto shop = shop_with_users(0);
  auto how = looked_up();
  how.connect_timeout = 1000ms;
  skein_process skein(shop, how);
  SUBCASE("the function is not there") {
    shop.leader().query("drop function skein.user_secret(name)");
  }
  SUBCASE("it does not answer") {
    shop.leader().freeze();
  }
  const auto began = std::chrono::steady_clock::now();
  const auto why = why_not(skein, ann);
  CHECK(std::chrono::steady_clock::now() - began < 8s);
  CAPTURE(why);
  CHECK(why.find("cannot be looked up") != std::string::npos);
  shop.leader().thaw();
}

TEST_CASE("a stop while somebody is looked up does not hang") {
  auto shop = shop_with_users(0);
  skein_process skein(shop, looked_up());
  shop.leader().freeze();
  std::string why;
  std::thread client([&] { why = why_not(skein, ann); });
  wait_until([&] { return skein.metric("skein_clients_active") == 1; }, 5s, "it has come");
  skein.stop();
  client.join();
  CHECK_FALSE(why.empty());
  shop.leader().thaw();
}
