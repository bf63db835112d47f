// Users known by the SCRAM secret of pg_authid: clients prove themselves against it, and with what
// they prove Skein signs in to servers that store the same.
#include <doctest/doctest.h>

#include <thread>

#include "tests/servers/cluster.hpp"
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

std::string stored_for(cluster& shop, const std::string& user) {
  return shop.leader().value("select rolpassword from pg_authid where rolname = '" + user + "'");
}

skein_options known_by(const login& user) {
  return {.users = {user}, .health = "user: app, password: app-secret"};
}

}  // namespace

TEST_CASE("the secret lets a client in, and through to the server") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  const auto secret = stored_for(shop, "app");
  REQUIRE(secret.starts_with("SCRAM-SHA-256$"));
  auto how = known_by({app.user, secret});
  SUBCASE("a server connection a session") {
    how.pool_mode = "session";
  }
  SUBCASE("a server connection a transaction") {
    how.pool_mode = "transaction";
  }
  skein_process skein(shop, how);
  for (const char* const way : {"sslmode=disable", "sslmode=require channel_binding=require"}) {
    CAPTURE(way);
    pg_session one(skein.words(app, way));
    pg_session other(skein.words(app, way));
    CHECK(one.value("begin; select current_user") == "app");
    CHECK(other.value("select 2") == "2");
    CHECK(one.value("commit; select session_user") == "app");
  }
  const auto why = login_failure(skein.words({"app", "wrong"}));
  CHECK(why.starts_with("28P01: password authentication failed for user \"app\""));
  CHECK(why.substr(6) != login_failure(skein.words({"nobody", "wrong"})).substr(6));
  CHECK(login_failure(skein.words({"app", secret})).starts_with("28P01"));

  // A server connection that is opened long after the login: the session has kept its key.
  pg_session late(skein.words(app));
  CHECK(late.value("select 1") == "1");
  shop.wait_until_caught_up();
  shop.leader().stop();
  shop.promote("b");
  skein.wait_until_status_says("b leads");
  if (how.pool_mode == "transaction") CHECK(late.value("select current_user") == "app");
  CHECK(pg_session(skein.words(app)).value("select current_user") == "app");
}

TEST_CASE("pool.min_idle: with what a client has proved, and only while its session is there") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  auto how = known_by({app.user, stored_for(shop, "app")});
  how.threads = 1;
  how.pool = "min_idle: 2";
  skein_process skein(shop, how);
  const auto idle = [&] { return skein.metric("skein_server_connections_idle"); };
  const auto end_them = [&] {
    shop.leader().query(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where usename = 'app' and datname = 'app'");
    wait_until([&] { return idle() == 0.0; }, 5s, "Skein knows that they have gone");
  };
  {
    pg_session one(skein.words(app));
    wait_until([&] { return idle() == 2.0; }, 5s, "two are kept warm");
    end_them();
    wait_until([&] { return idle() == 2.0; }, 5s, "two are kept warm again");
  }
  wait_until([&] { return skein.metric("skein_clients_active") == 0.0; }, 5s, "the session ends");
  end_them();
  std::this_thread::sleep_for(2500ms);  // a look at what is idle comes every second
  CHECK(idle() == 0.0);
  pg_session next(skein.words(app));
  wait_until([&] { return idle() == 2.0; }, 5s, "a session has brought the key again");
}

TEST_CASE("TLS towards the server: the proof is bound to its certificate") {
  auto shop = cluster::start(engine::postgres, {.followers = 0, .server = {.tls = true}});
  auto how = known_by({app.user, stored_for(shop, "app")});
  how.server_tls = "require";
  skein_process skein(shop, how);
  CHECK(pg_session(skein.words(app))
            .value("select ssl from pg_stat_ssl where pid = pg_backend_pid()") == "t");
}

TEST_CASE("a member that stores another secret, or asks for md5, is named") {
  auto shop = cluster::start(
      engine::postgres, {.followers = 0, .server = {.hba = {"host all md5er 127.0.0.1/32 md5"}}});
  auto& leader = shop.leader();
  leader.query("create role other login password 'same'");
  const auto secret = stored_for(shop, "other");
  skein_process skein(shop, known_by({"other", secret}));
  CHECK(pg_session(skein.words({"other", "same"}, "dbname=app")).value("select 1") == "1");
  leader.query("alter role other password 'same'");  // the same password with another salt
  leader.query(
      "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'other'");
  const auto why = login_failure(skein.words({"other", "same"}));
  CHECK(why.find("member \"a\" stores another SCRAM secret for user \"other\"") !=
        std::string::npos);

  leader.query("set password_encryption = 'md5'; create role md5er login password 'same'");
  skein_process with_md5(shop, known_by({"md5er", secret}));
  const auto md5 = login_failure(with_md5.words({"md5er", "same"}));
  CHECK(md5.find("member \"a\" asks for md5, and of user \"md5er\" only the SCRAM secret") !=
        std::string::npos);
}
