// What Skein tells about itself: metrics that move, health in status codes, `skein status`.
#include <doctest/doctest.h>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Valid to Python's strict parser, and what an expression over `s` says of it.
std::string look_into(const std::string& json, const std::string& expression) {
  return run_well(
      {.command = {"/usr/bin/python3", "-c",
                   "import json,sys\ns=json.load(sys.stdin)\nprint(" + expression + ", end='')"},
       .input = json});
}

}  // namespace

TEST_CASE("the counters of /metrics move by what was done") {
  auto shop = cluster::start(engine::postgres, {.followers = 2});
  skein_process skein(shop, {.pool_mode = "session", .pool_size = 1, .pool_wait = 300ms});
  const auto at = [&](const std::string& name, const std::string& label = {}) {
    return skein.metric(name, label).value_or(-1);
  };
  {
    pg_session session(skein.words(app));
    const auto queries = at("skein_queries_total");
    const auto received = at("skein_server_received_bytes_total");
    const auto sent = at("skein_client_sent_bytes_total");
    const auto observed = at("skein_query_duration_seconds_count");
    for (int i = 0; i < 10; ++i) session.value("select repeat('x', 10000)");
    CHECK(session.ask("select 1/0").sqlstate == "22012");
    CHECK(at("skein_queries_total") == queries + 11);
    CHECK(at("skein_query_duration_seconds_count") == observed + 11);
    CHECK(at("skein_server_errors_total") == 1);
    CHECK(at("skein_server_received_bytes_total") > received + 100000);
    CHECK(at("skein_client_sent_bytes_total") > sent + 100000);
    CHECK(at("skein_client_sent_bytes_total") < sent + 110000);
    CHECK(at("skein_sessions_active") == 1);
    CHECK(at("skein_server_connections_active") == 1);
    CHECK(login_failure(skein.words(app)).starts_with("53300"));
    CHECK(at("skein_errors_total", "kind=\"limit\"") == 1);
  }
  CHECK(login_failure(skein.words({"app", "wrong"})).starts_with("28P01"));
  CHECK(at("skein_logins_failed_total") == 1);
  CHECK(at("skein_errors_total", "kind=\"login\"") == 1);
  wait_until([&] { return at("skein_server_connections_idle") == 1; }, 3s, "one rests");
  CHECK(at("skein_sessions_active") == 0);
  CHECK(at("skein_clients_active") == 0);
  CHECK(at("skein_clients_accepted_total") == 3);
  CHECK(at("skein_login_duration_seconds_count") >= 1);
}

TEST_CASE("members: role, position and lag") {
  auto shop = cluster::start(engine::postgres, {.followers = 2});
  skein_process skein(shop);
  const auto of = [&](const std::string& name, const std::string& member,
                      const std::string& more = {}) {
    return skein.metric(name, "member=\"" + member + "\"" + more).value_or(-1);
  };
  CHECK(of("skein_member_role", "a", ",role=\"leader\"") == 1);
  CHECK(of("skein_member_role", "b", ",role=\"follower\"") == 1);
  CHECK(of("skein_member_role", "c", ",role=\"leader\"") == 0);
  CHECK(skein.metric("skein_member_up") == 3.0);
  CHECK(skein.metric("skein_cluster_leader_claimants") == 1.0);
  const auto before = of("skein_member_position", "a");
  shop.member("c").freeze();
  shop.leader().query("create table t as select generate_series(1, 100000) n");
  shop.member("c").thaw();
  wait_until([&] { return of("skein_member_position", "a") > before + 1e6; }, 5s,
             "the leader's position is seen to move");
  wait_until([&] { return of("skein_member_lag_bytes", "c") == 0; }, 10s, "c has caught up");
  shop.member("c").stop();
  wait_until([&] { return of("skein_member_up", "c") == 0; }, 5s, "c is seen to be out");
  CHECK(skein.get("/followers").status == 200);
  CHECK(of("skein_member_lag_bytes", "c") == -1);
}

TEST_CASE("skein status for people and for machines") {
  auto shop = cluster::start(engine::postgres, {.followers = 2});
  skein_process skein(shop);
  const pg_session one(skein.words(app));
  const auto said = skein.command({"status", skein.settings_file()});
  CAPTURE(said.output);
  CHECK(said.exit_code == 0);
  CHECK(said.errors == "");
  CHECK(contains(said.output, "a leads"));
  CHECK(contains(said.output, "127.0.0.1:" + std::to_string(shop.member("c").port())));
  CHECK(contains(said.output, "listens on 127.0.0.1:" + std::to_string(skein.port())));
  CHECK(contains(said.output, "1 sessions"));

  const auto json = skein.command(
      {"status", "--json", "--admin", "127.0.0.1:" + std::to_string(skein.admin_port())});
  CHECK(json.exit_code == 0);
  CHECK(look_into(json.output, "s['clusters'][0]['leader']") == "a");
  CHECK(look_into(json.output, "s['clusters'][0]['sessions']") == "1");
  CHECK(look_into(json.output, "[m['role'] for m in s['clusters'][0]['members']]") ==
        "['leader', 'follower', 'follower']");
  CHECK(look_into(json.output, "all(m['reachable'] for m in s['clusters'][0]['members'])") ==
        "True");
}

TEST_CASE("skein status of a Skein that is not there, and of one that sees no leader") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  skein_process skein(shop);
  shop.leader().stop();
  skein.wait_until_status_says("a cannot be reached", 5s);
  const auto trouble = skein.command({"status", "--json", skein.settings_file()});
  CHECK(trouble.exit_code == 1);
  CHECK(look_into(trouble.output, "s['clusters'][0]['leader']") == "None");
  CHECK(skein.get("/ready").status == 503);
  CHECK(skein.get("/leader").status == 503);
  CHECK(skein.get("/followers").status == 200);
  skein.stop();
  const auto nobody = skein.command({"status", skein.settings_file()});
  CHECK(nobody.exit_code == 1);
  CHECK(nobody.output == "");
  CHECK(contains(nobody.errors, std::to_string(skein.admin_port())));
}

TEST_CASE("the admin port asks for its token, except for what load balancers need") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.admin = "token: open-sesame"});
  CHECK(skein.get("/health").status == 200);
  CHECK(skein.get("/ready").status == 200);
  CHECK(skein.get("/metrics").status == 401);
  CHECK(skein.get("/metrics", "wrong").status == 401);
  CHECK(skein.get("/metrics", "open-sesame").status == 200);
  CHECK(skein.get("/nowhere", "open-sesame").status == 404);
  CHECK(skein.command({"status", skein.settings_file()}).exit_code == 0);
  const auto admin = "127.0.0.1:" + std::to_string(skein.admin_port());
  const auto untold = skein.command({"status", "--admin", admin});
  CHECK(untold.exit_code == 1);
  CHECK(contains(untold.errors, "token"));
  CHECK(contains(skein.command({"explain", "select 1", "--admin", admin}).errors, "token"));
  const auto told = skein.command({"status", "--admin", admin}, {"SKEIN_ADMIN_TOKEN=open-sesame"});
  CHECK(told.exit_code == 0);
  CHECK(!contains(skein.log(), "open-sesame"));
}

TEST_CASE("the admin port survives what is no HTTP") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop);
  for (const std::string& bytes :
       {std::string("\x16\x03\x01 garbage\r\n\r\n"), std::string("GET\r\n\r\n"),
        "GET /" + std::string(100000, 'x') + " HTTP/1.1\r\n\r\n",
        "POST /metrics HTTP/1.1\r\nContent-Length: 2000000000\r\n\r\n" + std::string(1000, 'x')}) {
    wire_socket admin(skein.admin_port());
    admin.send(bytes);
    admin.finish();
    CHECK_NOTHROW(admin.receive_all(35s));
  }
  std::vector<wire_socket> silent;
  for (int i = 0; i < 50; ++i) silent.emplace_back(skein.admin_port()).send("GET /he");
  CHECK(skein.get("/health").status == 200);
}

TEST_CASE("neither passwords nor tokens are logged") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop);
  pg_session session(skein.words(app));
  CHECK(login_failure(skein.words({"app", "some-wrong-secret"})) != "");
  skein.stop();
  CHECK(contains(skein.log(), "skein is up"));
  CHECK(!contains(skein.log(), "some-wrong-secret"));
  CHECK(!contains(skein.log(), app.password));
}
