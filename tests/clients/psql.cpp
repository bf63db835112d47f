// psql through Skein: TLS in all its modes, and a long script whose output must be, byte by byte,
// what a direct connection gives.
#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "tests/clients/stage.hpp"
#include "tests/servers/certificates.hpp"
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// Everything that psql does differently on the wire: simple queries, several in one, errors in all
// verbosity, notices, cursors behind FETCH_COUNT, COPY both ways, catalog queries.
constexpr auto script = R"(
\set VERBOSITY verbose
\set SHOW_CONTEXT always
select 1 as one, null as nothing, 'two' as "Two";
select generate_series(1, 5) \; select 'second'; select 1 \gset
create schema play;
set search_path to play;
create table t (n int primary key, word text not null check (word <> ''), at timestamptz);
comment on table t is 'a table';
\d+ t
insert into t values (1, 'one', '2024-02-29 12:00+00') returning *;
insert into t values (1, 'again', null);
insert into t values (2, '', null);
insert into t (n) values (3);
select 1/0;
selec 1;
select * from nowhere;
\errverbose
begin; insert into t values (4, 'four', null); select 1/0; select 2; rollback;
begin; savepoint s; select 1/0; rollback to s; insert into t values (5, 'five', null); commit;
do $$ begin raise notice 'a notice, %', 1; raise warning 'a warning' using hint = 'a hint'; end $$;
do $$ begin raise exception 'my own' using errcode = 'ZZ123', detail = 'why', hint = 'so'; end $$;
copy t from stdin;
6	six	\N
7	seven	2024-01-01 00:00:00+00
\.
copy t from stdin;
not a number	x	\N
\.
copy t (n, word) to stdout with (format csv, header);
\copy (select * from t order by n) to stdout with csv
\set FETCH_COUNT 3
select n, repeat('x', n) from generate_series(1, 10) n;
\unset FETCH_COUNT
prepare p(int) as select $1 * 2; execute p(21); deallocate p; execute p(21);
declare c cursor with hold for select generate_series(1, 3); fetch 2 from c; close c;
set datestyle to 'German'; select at from t where n = 1; reset datestyle;
set client_encoding to latin1; select 'pl' || chr(228) || 'ne'; reset client_encoding;
set client_min_messages to debug1; create temporary table brief (n int primary key);
reset client_min_messages;
select from t where false;
;
explain (costs off) select * from t;
\dt play.*
\dn play
\sf pg_catalog.now
select * from t order by n \crosstabview n word at
drop schema play cascade;
\conninfo_is_left_out
)";

}  // namespace

TEST_CASE("every sslmode of libpq connects, or fails, as its name says") {
  const stage at;
  const auto& files = test_certificates();
  const auto uses_tls = [&](const std::string& more) {
    const auto done = at.psql(at.through_skein(more), {"-Atc", "\\conninfo"});
    if (done.exit_code != 0) return "failed: " + done.output;
    return std::string(done.output.find("SSL connection") == std::string::npos ? "plain" : "TLS");
  };
  CHECK(uses_tls("sslmode=disable") == "plain");
  CHECK(uses_tls("sslmode=allow") == "plain");
  CHECK(uses_tls("sslmode=prefer") == "TLS");
  CHECK(uses_tls("sslmode=require") == "TLS");
  const std::string trusting = "sslrootcert='" + files.authority.string() + "'";
  const std::string stranger = "sslrootcert='" + files.stranger_authority.string() + "'";
  CHECK(uses_tls("sslmode=verify-ca " + trusting) == "TLS");
  CHECK(uses_tls("sslmode=verify-full " + trusting) == "TLS");
  CHECK(uses_tls("sslmode=verify-full host=localhost hostaddr=127.0.0.1 " + trusting) == "TLS");
  CHECK(uses_tls("sslmode=verify-full host=elsewhere hostaddr=127.0.0.1 " + trusting)
            .find("does not match host name") != std::string::npos);
  CHECK(uses_tls("sslmode=verify-ca " + stranger).find("certificate verify failed") !=
        std::string::npos);
  CHECK(uses_tls("sslmode=require ssl_min_protocol_version=TLSv1.3") == "TLS");
  CHECK(uses_tls("sslmode=require ssl_max_protocol_version=TLSv1.2") == "TLS");
  CHECK(
      uses_tls("sslmode=require ssl_min_protocol_version=TLSv1.1 ssl_max_protocol_version=TLSv1.1")
          .starts_with("failed"));
  CHECK(uses_tls("sslmode=require channel_binding=require") == "TLS");
  CHECK(uses_tls("sslmode=require channel_binding=disable") == "TLS");
  CHECK(uses_tls("sslmode=disable channel_binding=require").find("channel binding required") !=
        std::string::npos);
  CHECK(uses_tls("gssencmode=prefer sslmode=prefer") == "TLS");
}

TEST_CASE("a listener that demands TLS, or a client's certificate") {
  const auto& files = test_certificates();
  const std::string mine = "sslmode=require sslcert='" + files.client_certificate.string() +
                           "' sslkey='" + files.client_key.string() + "'";
  const auto failure = [](const stage& at, const login& who, const std::string& more) {
    return login_failure(at.skein.words(who, more)).substr(0, 5);
  };
  {
    const stage at({.client_tls = "require"});
    CHECK(failure(at, app, "sslmode=require") == "");
    CHECK(failure(at, app, "sslmode=disable") == "28000");
  }
  {
    const stage at({.client_tls = "verify_ca"});
    CHECK(failure(at, app, mine) == "");
    CHECK(failure(at, app_md5, mine) == "");
    CHECK(failure(at, app, "sslmode=require sslcert=/nowhere") == "28000");
  }
  {
    const stage at({.client_tls = "verify_full"});
    CHECK(failure(at, app, mine) == "");
    CHECK(failure(at, app_md5, mine) == "28000");  // the certificate is of app
  }
}

TEST_CASE("TLS between Skein and the server") {
  for (const std::string mode : {"disable", "allow", "require", "verify_ca", "verify_full"}) {
    CAPTURE(mode);
    const stage at({.server_tls = mode}, {.tls = true});
    pg_session one(at.skein.words(app));
    CHECK(one.value("select ssl from pg_stat_ssl where pid = pg_backend_pid()") ==
          (mode == "disable" ? "f" : "t"));
    CHECK(pg_session(at.skein.words(app_md5)).value("select 1") == "1");
  }
}

TEST_CASE("logins that fail say what the server itself says") {
  const stage at;
  const auto direct = [&](const login& who, const std::string& more) {
    return login_failure("host=127.0.0.1 user=" + who.user + " password=" + who.password +
                         " port=" + std::to_string(at.server_port) +
                         " dbname=app sslmode=disable " + more);
  };
  const auto same = [&](const login& who, const std::string& more = {}) {
    const auto wanted = direct(who, more);
    CHECK(wanted != "");
    CHECK(login_failure(at.skein.words(who, "sslmode=disable " + more)) == wanted);
  };
  same({"app", "wrong"});
  same({"nobody", "whatever"});
  same(app, "dbname=nowhere");
  same(app, "options='-c no_such_setting=1'");
  same(app, "options='-c work_mem=rubbish'");
  same(app, "options='-Q'");
  same(app, "client_encoding=klingon");
  CHECK(direct(app, "") == "");
  CHECK(login_failure(at.skein.words(app)) == "");
}

TEST_CASE("a long script gives the same output as a direct connection") {
  const stage at;
  for (const std::string more : {"sslmode=disable", "sslmode=require"}) {
    const auto direct = at.psql(at.direct("sslmode=disable"), {"-a"}, script);
    const auto through = at.psql(at.through_skein(more), {"-a"}, script);
    CHECK(direct.output.find("ZZ123") != std::string::npos);
    CHECK(direct.output.find("Cross") == std::string::npos);
    CHECK(through.exit_code == direct.exit_code);
    CHECK(through.output == direct.output);
  }
}

TEST_CASE("\\copy of a file in and out gives the same file") {
  stage at;
  const auto in = at.shop.folder() / "in.csv";
  const auto out = at.shop.folder() / "out.csv";
  {
    std::ofstream file(in);
    for (int n = 0; n < 200000; ++n) file << n << ",word " << n * 7919 << "\n";
  }
  at.shop.leader().query_as(app, "create table t (n int, word text)");
  const auto copied =
      at.psql(at.through_skein(), {"-c", "\\copy t from '" + in.string() + "' csv"});
  CHECK(copied.output == "COPY 200000\n");
  at.psql(at.through_skein(),
          {"-c", "\\copy (select * from t order by n) to '" + out.string() + "' csv"});
  CHECK(run({.command = {"cmp", in.string(), out.string()}}).exit_code == 0);
}

TEST_CASE("Ctrl-C in psql cancels its query, with and without TLS") {
  stage at;
  for (const std::string more : {"sslmode=disable", "sslmode=require"}) {
    child_process psql(
        {.command = {"psql", "-X", "-d", at.through_skein(more), "-c", "select pg_sleep(30)"},
         .environment = at.environment()});
    wait_until(
        [&] {
          return at.skein.metric("skein_sessions_active") == 1.0 &&
                 at.shop.leader().value(
                     "select count(*) from pg_stat_activity where query like '%sleep(30)' and "
                     "state = 'active'") == "1";
        },
        10s, "the query runs");
    psql.signal(SIGINT);
    CHECK(psql.wait(3s) == 1);
    CHECK(psql.output().find("canceling statement due to user request") != std::string::npos);
    wait_until([&] { return at.skein.metric("skein_sessions_active") == 0.0; }, 5s,
               "psql has left");
  }
}

TEST_CASE("start-up parameters reach the server as on a direct connection") {
  const stage at;
  const std::string more =
      "application_name=shopping client_encoding=latin1 fallback_application_name=unused "
      "options='-c search_path=a,b -c statement_timeout=7s -c custom.tenant=x\\\\ y'";
  const auto question =
      "select name, setting from pg_settings where source in ('client', 'session') or name "
      "in ('application_name', 'search_path', 'custom.tenant', 'statement_timeout') order by name";
  const auto direct = at.psql(at.direct("sslmode=disable " + more), {"-Atc", question});
  const auto through = at.psql(at.through_skein("sslmode=disable " + more), {"-Atc", question});
  CHECK(direct.output.find("shopping") != std::string::npos);
  CHECK(through.output == direct.output);
  // What the server reports at start is handed on.
  pg_session ours(at.skein.words(app, more));
  pg_session theirs("password=app-secret " + at.direct(more));
  for (const char* name : {"server_version", "server_encoding", "client_encoding",
                           "application_name", "default_transaction_read_only", "in_hot_standby",
                           "is_superuser", "session_authorization", "DateStyle", "IntervalStyle",
                           "TimeZone", "integer_datetimes", "standard_conforming_strings"}) {
    CAPTURE(name);
    CHECK(ours.parameter(name) == theirs.parameter(name));
  }
}
