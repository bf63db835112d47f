// Who may talk to the console, with which clients, and what it tells of a Skein that serves.
#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/servers/console/console.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

TEST_CASE("only who is named in console.users is let in, by password") {
  const console_stage at;
  CHECK(login_failure(at.words()) == "");
  CHECK(login_failure(at.skein.words(app_md5, "dbname=skein")).starts_with("28000"));
  CHECK(login_failure(at.skein.words(app_md5, "dbname=skein")).contains("console.users"));
  CHECK(login_failure(at.skein.words({"app", "wrong"}, "dbname=skein")).starts_with("28P01"));
  CHECK(login_failure(at.words() + " sslmode=require") == "");
}

TEST_CASE("nobody is let in where nobody is named, but Skein's own user over a unix socket") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.unix_socket = true});
  CHECK(login_failure(skein.words(app, "dbname=skein")).starts_with("28000"));
  const std::string socket = "host=" + skein.folder().string() +
                             " port=" + std::to_string(skein.port()) + " dbname=skein user=";
  pg_session mine(socket + "whoever");
  CHECK(mine.value("show version").starts_with("skein "));
  // Another user id is no friend, and is asked for a password as ever.
  if (::geteuid() == 0) {
    std::filesystem::permissions(skein.folder(), std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
    const auto other =
        run({.command = {"psql", "-X", "-w", "-d", socket + "app", "-c", "show version"},
             .user = "nobody"});
    CHECK(other.exit_code == 2);
    CHECK_FALSE(other.output.contains("skein 0"));
  }
}

TEST_CASE("rules of a listener hold for Skein's own user too") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop,
                      {.unix_socket = true,
                       .rules = {"user: believed, address: unix, method: trust", "method: scram"}});
  const std::string socket = "host=" + skein.folder().string() +
                             " port=" + std::to_string(skein.port()) + " dbname=skein user=";
  CHECK(login_failure(socket + "believed") == "");
  CHECK(login_failure(socket + "app password=wrong").starts_with("28P01"));
  CHECK(login_failure(socket + "nobody password=''") != "");
  pg_session mine(socket + "app password=" + app.password);
  CHECK(mine.value("show version").starts_with("skein "));
  CHECK(mine.ask("resume").ok());
  CHECK(pg_session(socket + "believed").ask("resume").ok());
  CHECK_MESSAGE(skein.log().contains("by=\"user \\\"app\\\"\""), skein.log());
  CHECK_MESSAGE(skein.log().contains("by=\"Skein's own user\""), skein.log());
}

TEST_CASE("a console user is let in when there is no place for anybody else") {
  const console_stage at({.clients_max = 1});
  pg_session one(at.skein.words(app));
  CHECK(login_failure(at.skein.words(app)).contains("limits.clients"));
  CHECK(login_failure(at.skein.words(app_md5, "dbname=skein")).contains("console.users"));
  pg_session console(at.words());
  CHECK(console.ask("pause").ok());
  CHECK(console.ask("resume").ok());
  CHECK(at.skein.metric("skein_clients_refused_total") == 1.0);
}

TEST_CASE("psql shows tables, also expanded, and errors it can go on from") {
  const console_stage at;
  const auto help = at.psql({"-c", "help"});
  CHECK(help.exit_code == 0);
  CHECK(help.output.contains("SHOW SESSIONS"));
  CHECK(help.output.contains("(17 rows)"));
  const auto expanded = at.psql({"-x", "-c", "show members"});
  CHECK(expanded.output.contains("-[ RECORD 1 ]-"));
  CHECK(expanded.output.contains("role          | leader"));
  const auto script = at.psql({},
                              "\\x\nSHOW CLUSTERS;\n\\x\nshow\n  version;\n\\dt\nselect 1;\n"
                              "drain a;\nreload;\nshow pools\\g\n\\conninfo\n");
  CHECK(script.exit_code == 0);
  CHECK(script.output.contains("leader  | a"));
  CHECK(script.output.contains("skein 0."));
  CHECK(script.output.contains("it has no tables and no catalog"));
  CHECK(script.output.contains("DRAIN alone stops this Skein"));
  CHECK(script.output.contains("(0 rows)"));  // nothing has changed
  CHECK(script.output.contains("| transaction | serving |"));
  CHECK_FALSE(script.output.contains("server closed"));
  CHECK_FALSE(script.output.contains("WARNING"));  // of versions that differ
}

TEST_CASE("the extended protocol, in text and in binary") {
  const console_stage at;
  pg_session one(at.words());
  const auto ask = [&](int format) {
    return std::unique_ptr<PGresult, decltype(&PQclear)>(
        PQexecParams(one.raw(), "show pools", 0, nullptr, nullptr, nullptr, nullptr, format),
        &PQclear);
  };
  const auto text = ask(0);
  REQUIRE(PQresultStatus(text.get()) == PGRES_TUPLES_OK);
  CHECK(std::string(PQgetvalue(text.get(), 0, PQfnumber(text.get(), "size"))) == "100");
  const auto binary = ask(1);
  REQUIRE(PQresultStatus(binary.get()) == PGRES_TUPLES_OK);
  const int size = PQfnumber(binary.get(), "size");
  CHECK(PQgetlength(binary.get(), 0, size) == 8);
  CHECK(PQgetvalue(binary.get(), 0, size)[7] == 100);
  CHECK(std::string(PQcmdStatus(binary.get())) == "SHOW");
}

TEST_CASE("drivers of Python get along with it as they are") {
  const console_stage at;
  for (const char* module : {"psycopg2", "psycopg"}) {
    CAPTURE(module);
    const std::string script = "import os, " + std::string(module) +
                               " as driver\n"
                               "c = driver.connect(os.environ['WORDS'])\n"
                               "q = c.cursor()\n"
                               "q.execute('show sessions')\n"
                               "print([d[0] for d in q.description][:3], len(q.fetchall()))\n"
                               "c.commit()\n"
                               "try: q.execute('select 1')\n"
                               "except driver.Error as e: print(e)\n"
                               "c.rollback()\n"
                               "c.autocommit = True\n"
                               "q.execute('show version'); print(q.fetchone()[0])\n";
    const auto done = run(
        {.command = {"/usr/bin/python3", "-c", script}, .environment = {"WORDS=" + at.words()}});
    CHECK(done.output.contains("['id', 'cluster', 'user'] 1"));
    CHECK(done.output.contains("no tables"));
    CHECK(done.output.contains("skein 0."));
  }
}

TEST_CASE("sessions, servers, pins and prepared statements tell what clients do") {
  console_stage at;
  pg_session idle(at.skein.words(app, "application_name=idler"));
  pg_session open(at.skein.words(app));
  pg_session busy(at.skein.words(app_md5));
  pg_session pinned(at.skein.words(app));
  REQUIRE(open.ask("begin").ok());
  busy.send("select pg_sleep(30)");
  REQUIRE(pinned.ask("create temporary table mine (n int)").ok());
  PQclear(PQprepare(idle.raw(), "mine", "select 'kept' where $1 = 1", 0, nullptr));
  pg_session console(at.words());
  const auto found = [&](const std::string& what, const std::string& column,
                         const std::string& value) {
    return at.rows(console, what, column, value);
  };
  wait_until([&] { return found("show sessions", "state", "active").size() == 1; }, 5s,
             "the query runs");
  CHECK(found("show sessions", "application", "idler")[0].at("state") == "idle");
  CHECK(found("show sessions", "state", "in transaction")[0].at("member") == "a");
  const auto active = found("show sessions", "state", "active")[0];
  CHECK(active.at("user") == "app_md5");
  CHECK(active.at("client").starts_with("127.0.0.1:"));
  CHECK(active.at("active_ms") != "");
  CHECK(active.at("server") ==
        at.shop.leader().value("select pid from pg_stat_activity where query ~ 'sleep.30'"));
  const auto pin = found("show pins", "cluster", "shop");
  REQUIRE(pin.size() == 1);
  CHECK(pin[0].at("reason").contains("temporary tables"));
  CHECK(found("show sessions", "state", "pinned")[0].at("id") == pin[0].at("session"));
  CHECK(found("show sessions", "state", "console").size() == 1);
  CHECK(found("show servers", "state", "lent").size() == 3);
  CHECK(found("show servers", "session", active.at("id"))[0].at("database") == "app");
  CHECK(found("show prepared", "statement", "select 'kept' where $1 = 1").size() == 1);
  CHECK(found("show pools", "active", "3").size() == 1);
  busy.cancel();
  busy.finish();
}

TEST_CASE("settings with their defaults and where they come from; no secret is told") {
  const console_stage at;
  pg_session console(at.words());
  const auto size = at.rows(console, "show settings", "key", "clusters.shop.pool.size");
  REQUIRE(size.size() == 1);
  CHECK(size[0].at("value") == "100");
  CHECK(size[0].at("source").contains("skein.yaml:"));
  const auto secret = at.rows(console, "show settings", "key", "clusters.shop.users[0].password");
  REQUIRE(secret.size() == 1);
  CHECK(secret[0].at("value") == "***");
  CHECK(at.rows(console, "show settings", "key", "clusters.shop.tls.ca")[0].at("source") ==
        "default");
  CHECK_FALSE(at.psql({"-c", "show settings"}).output.contains(app.password));
}
