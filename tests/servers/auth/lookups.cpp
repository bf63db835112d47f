// Users of servers that speak MySQL's wire, looked up on the leader by one who may read no more.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/servers/cluster.hpp"
#include "tests/servers/mysql/native.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

const login ann{"ann", "geese"};

struct scene {
  explicit scene(engine which, int followers = 0)
      : shop(cluster::start(which, {.followers = followers})) {
    auto& leader = shop.leader();
    const bool is_mariadb = which == engine::mariadb;
    run_grants();
    leader.query("alter user skein_auth identified by 'looks-up'");
    leader.query(is_mariadb ? "grant replica monitor on *.* to skein_auth"
                            : "grant replication client on *.* to skein_auth");
    leader.query("create user ann identified by 'geese'");
    leader.query("create user bare identified by ''");
    leader.query("create user late identified by 'geese' account lock");
    leader.query("create user gone identified by 'geese' password expire");
    leader.query("create role part");
    // The one by which Skein comes, and one by which it does not.
    leader.query("create user two@'127.0.0.1' identified by 'geese'");
    leader.query("create user two@'192.0.2.%' identified by 'swans'");
    if (followers > 0) shop.wait_until_caught_up();
  }
  // What `skein grants` prints. That of the other engine does not hold here.
  void run_grants() {
    const auto printed =
        run({.command = {skein_program(), "grants", settings().string(), "--feature", "auth_query"},
             .errors_apart = true});
    REQUIRE_MESSAGE(printed.exit_code == 0, printed.errors);
    const auto pasted = run({.command = {"mariadb", "--no-defaults", "--force", "--user=root",
                                         "--socket=" + shop.leader().socket().string()},
                             .input = printed.output});
    CHECK_MESSAGE(pasted.output.contains("ERROR 1"), pasted.output);
  }
  std::filesystem::path settings() const {
    const auto file = shop.folder().path() / "grants.yaml";
    std::ofstream(file) << "listeners: [{bind: 127.0.0.1:6033}]\nclusters:\n  shop:\n"
                           "    engine: mysql\n    members: [127.0.0.1:3306]\n"
                           "    pool: {mode: session}\n"
                           "    auth_query: {user: skein_auth, password: looks-up}\n";
    return file;
  }
  skein_options looked_up(const std::string& more = {}) const {
    return {.users = {},
            .auth_query = "user: skein_auth, password: looks-up" + more,
            .pool_mode = "session"};
  }
  static std::string current_user(const skein_process& skein, const login& who) {
    try {
      mysql::client one({"tcp://127.0.0.1:" + std::to_string(skein.port()), who}, {.database = ""});
      return one.value("select substring_index(current_user(), '@', 1)");
    } catch (const std::runtime_error& why) {
      return why.what();
    }
  }

  cluster shop;
};

void on_each(void (*play)(scene&), int followers = 0) {
  for (const engine which : {engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    scene on(which, followers);
    play(on);
  }
}

}  // namespace

TEST_CASE("who is on the leader is let in by what is stored there; nobody else is") {
  on_each([](scene& on) {
    const skein_process skein(on.shop, on.looked_up());
    for (const auto& who : {ann, login{"two", "geese"}, app}) {
      CAPTURE(who.user);
      for (int i = 0; i < 2; ++i) CHECK(scene::current_user(skein, who) == who.user);
      const auto wrong = scene::current_user(skein, {who.user, "wrong"});
      CHECK_MESSAGE(wrong.contains("(1045)"), wrong);
    }
    for (const char* const nobody :
         {"nobody", "bare", "late", "gone", "part", "ANN", "ann ", "' or 1=1 -- "}) {
      CAPTURE(nobody);
      const auto told = scene::current_user(skein, {nobody, "geese"});
      CHECK_MESSAGE(told.contains("(1045)"), told);
    }
    CHECK(scene::current_user(skein, {"two", "swans"}).contains("(1045)"));
  });
}

TEST_CASE("who changes the user on a connection is looked up, too") {
  on_each([](scene& on) {
    const skein_process skein(on.shop, on.looked_up());
    for (const bool tls : {true, false}) {
      mysql::native_client client(skein.port(), app, {.database = "", .tls = tls});
      for (const auto& next : {ann, app, login{"two", "geese"}, ann}) {
        const auto changed = client.change_user(next, "");
        CHECK_MESSAGE(changed.ok(), changed.text);
        CHECK(client.value("select substring_index(current_user(), '@', 1)") == next.user);
      }
      CHECK(client.change_user({"late", "geese"}, "").error == 1045);
    }
  });
}

TEST_CASE("a changed password counts at the next attempt") {
  on_each([](scene& on) {
    const skein_process skein(on.shop, on.looked_up(", keep: 10m"));
    CHECK(scene::current_user(skein, ann) == "ann");
    on.shop.leader().query("alter user ann identified by 'swans'");
    const login newer{"ann", "swans"};
    wait_until([&] { return scene::current_user(skein, newer) == "ann"; }, 10s,
               "the new password lets in");
    wait_until([&] { return scene::current_user(skein, ann) != "ann"; }, 10s,
               "the old one does not");
    CHECK(scene::current_user(skein, newer) == "ann");
  });
}

TEST_CASE("a query of the settings is asked in place of our own") {
  on_each([](scene& on) {
    auto& leader = on.shop.leader();
    const bool is_mariadb = on.shop.which() == engine::mariadb;
    leader.query("create table app.people (who varchar(100), secret varbinary(200))");
    leader.query(
        "insert into app.people select 'ann', authentication_string from mysql.user "
        "where user = 'ann'");
    leader.query("grant select on app.people to skein_auth");
    leader.query(is_mariadb
                     ? "revoke select (user, host, priv) on mysql.global_priv from skein_auth"
                     : "revoke select (user, host, plugin, authentication_string, "
                       "account_locked, password_expired) on mysql.user from skein_auth");
    const skein_process skein(
        on.shop,
        on.looked_up(", database: app, query: 'select who, secret from people where who = ?'"));
    CHECK(scene::current_user(skein, ann) == "ann");
    CHECK(scene::current_user(skein, {"two", "geese"}).contains("(1045)"));
    leader.query("update app.people set secret = '*****'");
    const auto logged = [&] {
      scene::current_user(skein, {"ann", "wrong"});
      return skein.log().contains("is neither of mysql_native_password nor of");
    };
    wait_until(logged, 10s, "what is no password is told in the log");
    CHECK(scene::current_user(skein, ann).contains("(1045)"));
  });
}

TEST_CASE("who signs by ed25519 is known, and hears why that opens no server") {
  if (!is_wanted(engine::mariadb)) return;
  scene on(engine::mariadb);
  on.shop.leader().query("install soname 'auth_ed25519'");
  on.shop.leader().query("create user ed identified via ed25519 using password('geese')");
  const skein_process skein(on.shop, on.looked_up());
  const auto told = scene::current_user(skein, {"ed", "geese"});
  CHECK_MESSAGE(told.contains("only the public key of client_ed25519 is known"), told);
  const auto wrong = scene::current_user(skein, {"ed", "swans"});
  CHECK_MESSAGE(wrong.contains("(1045)"), wrong);
}

TEST_CASE("the lead moves, and users are looked up where it has gone to") {
  on_each(
      [](scene& on) {
        const skein_process skein(on.shop, on.looked_up(", keep: 100ms"));
        CHECK(scene::current_user(skein, ann) == "ann");
        on.shop.leader().stop();
        on.shop.promote("b");
        CHECK(scene::current_user(skein, ann) == "ann");
        on.shop.leader().query("create user cyd identified by 'swans'");
        CHECK(scene::current_user(skein, {"cyd", "swans"}) == "cyd");
      },
      1);
}

TEST_CASE("a leader that cannot say who somebody is fails the login, in words") {
  on_each([](scene& on) {
    const skein_process skein(on.shop, on.looked_up());
    on.shop.leader().query("drop user skein_auth");
    const auto why = scene::current_user(skein, ann);
    CHECK_MESSAGE(why.contains("cannot be looked up"), why);
  });
}
