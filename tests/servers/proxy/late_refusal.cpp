// A client that is in, and whose user the server lets in no more: it has no server connection at
// that moment, and the one that is opened for its next statement is refused. The statement fails in
// the server's own words; the session goes on, and works again once the user may log in.
#include <doctest/doctest.h>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

struct refusal {
  std::string done;
  std::string undone;
  std::string heard;
};

// "ERROR 28000 its words", or "" when all went well.
std::string told(PGresult* answer) {
  std::string words;
  if (PQresultStatus(answer) == PGRES_FATAL_ERROR) {
    for (const int field : {PG_DIAG_SEVERITY, PG_DIAG_SQLSTATE, PG_DIAG_MESSAGE_PRIMARY}) {
      const char* value = PQresultErrorField(answer, field);
      words += (words.empty() ? "" : " ") + std::string(value != nullptr ? value : "(none)");
    }
  }
  PQclear(answer);
  return words;
}

std::string ask_simply(pg_session& client) {
  return told(PQexec(client.raw(), "select 1"));
}

std::string ask_extended(pg_session& client) {
  return told(PQexecParams(client.raw(), "select 1", 0, nullptr, nullptr, nullptr, nullptr, 0));
}

}  // namespace

TEST_CASE("a user that may not log in any more: a session's next statement hears it, and goes on") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  auto& leader = shop.leader();
  skein_process skein(shop, {.threads = 1});
  const std::string role = "alter role app_md5 ";
  for (const auto& [done, undone, heard] :
       {refusal{"nologin", "login", "ERROR 28000 role \"app_md5\" is not permitted to log in"},
        refusal{"connection limit 0", "connection limit -1",
                "ERROR 53300 too many connections for role \"app_md5\""}}) {
    for (const auto ask : {ask_simply, ask_extended}) {
      CAPTURE(done);
      pg_session client(skein.words(app_md5));
      pg_session beside(skein.words(app));
      REQUIRE(client.ask("set application_name to 'late'").ok());
      REQUIRE(beside.ask("begin").ok());
      wait_until([&] { return skein.metric("skein_server_connections_idle") == 1.0; }, 5s,
                 "Skein has looked at what the client has left");
      leader.query(role + done);
      leader.query(
          "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
          "where usename = 'app_md5'");
      wait_until([&] { return skein.metric("skein_server_connections_idle") == 0.0; }, 5s,
                 "Skein knows that they have gone");
      for (int again = 0; again < 2; ++again) {
        const auto start = std::chrono::steady_clock::now();
        CHECK(ask(client) == heard);
        CHECK(PQstatus(client.raw()) == CONNECTION_OK);
        CHECK(PQtransactionStatus(client.raw()) == PQTRANS_IDLE);
        CHECK(std::chrono::steady_clock::now() - start < 2s);  // and not at the end of pool.wait
        CHECK(beside.value("select 1") == "1");
      }
      leader.query(role + undone);
      CHECK(ask(client).empty());
      CHECK(client.value("show application_name") == "late");
      CHECK(beside.ask("commit").ok());
    }
  }
}
