// `skein grants` on a real server where nobody may do anything by default: with what it prints
// Skein works, and whatever of it is taken away is missed.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/servers/auth/granted.hpp"
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

const login watcher{"watcher", "looks-on"};
const login ann{"ann", "geese"};
const std::string rule = "database: app, method: scram";
const std::string health = "user: watcher, password: looks-on";
const std::string auth_query = "user: skein_auth, password: looks-up, database: app, keep: 100ms";

// A server without the privileges that PostgreSQL gives everybody, and the grants for our settings.
struct strict_shop {
  cluster shop = cluster::start(engine::postgres, {.followers = 1});
  std::string file = (shop.folder() / "settings.yaml").string();

  strict_shop() {
    std::ofstream(file) << "listeners: [{rules: [{" << rule << "}]}]\nclusters:\n  shop:\n"
                        << "    members: [127.0.0.1:" << shop.leader().port() << "]\n"
                        << "    users: [{name: app, password: env:NOT_TO_BE_KNOWN_HERE}]\n"
                        << "    health: {" << health << "}\n    auth_query: {" << auth_query
                        << "}\n";
    tell("revoke connect on database app, postgres from public");
    tell("alter database app owner to postgres");  // an owner needs no grant
    tell("create role ann login password 'geese'");
    tell("grant connect on database app to ann");
    grant();
    tell("alter role watcher password 'looks-on'");
    tell("alter role skein_auth password 'looks-up'");
    shop.wait_until_caught_up();
  }
  void tell(const std::string& sql) { shop.leader().query(sql); }
  void grant() { run_grants(shop, {file}); }
  void end_sessions_of(const login& who) {
    tell("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '" +
         who.user + "'");
  }
};

skein_options options() {
  return {.users = {app}, .health = health, .auth_query = auth_query, .rules = {rule}};
}

}  // namespace

TEST_CASE("who looks: with the grants the leader is seen, without them it is not") {
  strict_shop at;
  skein_process skein(at.shop, options());
  at.tell("revoke connect on database postgres from watcher");
  at.end_sessions_of(watcher);
  skein.wait_until_status_says("permission denied for database");
  CHECK(skein.get("/ready").status == 503);
  at.grant();
  wait_until([&] { return skein.get("/ready").status == 200; }, 10s, "the leader is seen again");
}

TEST_CASE("who looks sees the timeline that a follower receives, by pg_read_all_stats alone") {
  strict_shop at;
  skein_process skein(at.shop, options());
  const auto sees = [&] {
    pg_session on_follower("host=127.0.0.1 user=watcher password=looks-on dbname=postgres port=" +
                           std::to_string(at.shop.follower(0).port()));
    return on_follower.value("select received_tli is not null from pg_stat_wal_receiver");
  };
  CHECK(sees() == "t");
  at.tell("revoke pg_read_all_stats from watcher");
  at.shop.wait_until_caught_up();
  CHECK(sees() == "f");
  // Its position is seen all the same.
  const auto position = [&] { return skein.metric("skein_member_position", "member=\"b\""); };
  const auto before = position();
  at.tell("create table later ()");
  wait_until([&] { return position() > before; }, 10s, "the follower is seen to move");
  CHECK(skein.metric("skein_member_up") == 2.0);
}

TEST_CASE("who looks users up: with the grants they come in, without them they do not") {
  strict_shop at;
  skein_process skein(at.shop, options());
  const auto why_not = [&] { return login_failure(skein.words(ann)); };
  CHECK(why_not().empty());
  for (const std::string taken :
       {"revoke execute on function skein.user_secret(name) from skein_auth",
        "revoke usage on schema skein from skein_auth", "drop function skein.user_secret(name)"}) {
    CAPTURE(taken);
    at.tell(taken);
    wait_until([&] { return why_not().find("cannot be looked up") != std::string::npos; }, 10s,
               "nobody can be looked up");
    at.grant();
    wait_until([&] { return why_not().empty(); }, 10s, "users come in again");
  }
}

TEST_CASE("nobody else may call the function, and who may call it reads nothing else") {
  strict_shop at;
  const std::string where =
      " host=127.0.0.1 dbname=app port=" + std::to_string(at.shop.leader().port());
  pg_session someone("user=ann password=geese" + where);
  CHECK(someone.ask("select * from skein.user_secret('app')").sqlstate == "42501");
  pg_session asking("user=skein_auth password=looks-up" + where);
  CHECK(asking.value("select passwd from skein.user_secret('ann')").starts_with("SCRAM-SHA-256$"));
  CHECK(asking.ask("select passwd from pg_shadow").sqlstate == "42501");
}

TEST_CASE("an application comes in with CONNECT on the database that a rule names") {
  strict_shop at;
  skein_process skein(at.shop, options());
  CHECK(pg_session(skein.words(app)).value("select current_user") == "app");
  at.tell("revoke connect on database app from app");
  at.end_sessions_of(app);
  wait_until([&] { return login_failure(skein.words(app)).starts_with("42501"); }, 10s,
             "it is refused");
  at.grant();
  CHECK(login_failure(skein.words(app)) == "");
}

TEST_CASE("where nobody may be a superuser, who manages the service grants all but auth_query") {
  cluster shop = cluster::start(engine::postgres, {.followers = 1});
  const login manager{"manager", "keeps-house"};
  for (const std::string sql :
       {"create role manager login createrole createdb password 'keeps-house'",
        "grant pg_read_all_stats to manager with admin option",
        "alter database app owner to manager", "alter role app rename to application"}) {
    shop.leader().query(sql);
  }
  const std::string file = (shop.folder() / "managed.yaml").string();
  std::ofstream(file) << "listeners: [{rules: [{" << rule << "}]}]\nclusters:\n  shop:\n"
                      << "    members: [127.0.0.1:" << shop.leader().port() << "]\n"
                      << "    users: [{name: app, password: geese}]\n"
                      << "    health: {" << health << "}\n";
  run_grants(shop, {file}, manager);
  pg_session managing("user=manager password=keeps-house dbname=app host=127.0.0.1 port=" +
                      std::to_string(shop.leader().port()));
  managing.value("alter role watcher password 'looks-on'");
  managing.value("alter role app password 'geese'");
  shop.wait_until_caught_up();
  skein_process skein(shop, {.users = {{"app", "geese"}}, .health = health, .rules = {rule}});
  const login granted{"app", "geese"};
  CHECK(pg_session(skein.words(granted)).value("select current_user") == "app");
  CHECK(skein.metric("skein_member_up") == 2.0);
  pg_session watching("user=watcher password=looks-on dbname=postgres host=127.0.0.1 port=" +
                      std::to_string(shop.follower(0).port()));
  CHECK(watching.value("select received_tli is not null from pg_stat_wal_receiver") == "t");
}

TEST_CASE("what the command prints holds no secret, and says what is wrong") {
  strict_shop at;
  skein_process skein(at.shop, options());
  const auto printed = skein.command({"grants", at.file});
  CHECK(printed.output.starts_with("-- For cluster \"shop\" of " + at.file));
  for (const char* const secret : {"looks-on", "looks-up", "not needed here"})
    CHECK(printed.output.find(secret) == std::string::npos);
  const auto only = skein.command({"grants", "--feature", "pooling"});
  CHECK(only.output.find("\n-- pooling: ") != std::string::npos);
  CHECK(only.output.find("-- health: ") == std::string::npos);
  const auto wrong = skein.command({"grants", "--feature", "helth"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.errors == "skein: 'helth' is no feature; did you mean 'health'?\n");
  CHECK(skein.command({"grants", "/nowhere.yaml"}).exit_code == 1);
}
