// Server connections that outlive their clients: nothing of one session shows in the next, and
// their number has a limit that clients wait for.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// One server connection and one core: whoever comes next is given the one that was left.
skein_options single() {
  return {.pool_mode = "session", .pool_size = 1, .pool_wait = 5s, .threads = 1};
}

// Without those that look after its health, which are in another database, and who reads what this
// one defines.
int server_sessions(cluster& shop) {
  return std::stoi(shop.leader().value(
      "select count(*) from pg_stat_activity where usename = 'app' and datname = 'app'"
      " and application_name <> 'skein catalog'"));
}

}  // namespace

TEST_CASE("a server connection is used again, and is as new") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, single());
  int pid = 0;
  {
    pg_session first(skein.words(app));
    pid = first.server_pid();
    REQUIRE(first.ask("set search_path to nowhere, public").ok());
    REQUIRE(first.ask("set timezone to 'Asia/Tokyo'").ok());
    REQUIRE(first.ask("set application_name to 'first'").ok());
    REQUIRE(first.ask("set statement_timeout to 1234").ok());
    REQUIRE(first.ask("set custom.tenant to '42'").ok());
    REQUIRE(first.ask("create temporary table mine (n int)").ok());
    REQUIRE(first.ask("listen news").ok());
    REQUIRE(first.ask("prepare s as select 1").ok());
    REQUIRE(first.ask("declare c cursor with hold for select 1").ok());
    REQUIRE(first.ask("select pg_advisory_lock(7)").ok());
    REQUIRE(first.ask("set session characteristics as transaction read only").ok());
    PQclear(PQprepare(first.raw(), "named", "select 2", 0, nullptr));
  }
  pg_session second(skein.words(app));
  REQUIRE(second.server_pid() == pid);
  CHECK(second.value("show search_path") == "\"$user\", public");
  CHECK(second.value("show timezone") == "UTC");
  CHECK(second.value("show application_name") == "");
  CHECK(second.value("show statement_timeout") == "0");
  CHECK(second.value("select coalesce(current_setting('custom.tenant', true), '')") == "");
  CHECK(second.value("show default_transaction_read_only") == "off");
  CHECK(second.ask("select * from mine").sqlstate == "42P01");
  CHECK(second.ask("execute s").sqlstate == "26000");
  CHECK(second.value("select count(*) from pg_prepared_statements") == "0");
  CHECK(second.value("select count(*) from pg_cursors") == "0");
  CHECK(second.value("select count(*) from pg_listening_channels()") == "0");
  CHECK(second.value("select count(*) from pg_locks where locktype = 'advisory'") == "0");
  CHECK(second.parameter("TimeZone") == "UTC");
  CHECK(second.parameter("application_name") == "");
  REQUIRE(shop.leader().query("notify news").empty());
  CHECK(second.notifications(300ms).empty());
  CHECK(skein.metric("skein_server_connections_opened_total") == 1.0);
}

TEST_CASE("a client that has only logged in costs its server no reset") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, single());
  const auto last_asked = [&] {
    return shop.leader().value(
        "select query from pg_stat_activity where usename = 'app' and datname = 'app'");
  };
  CHECK(pg_session(skein.words(app)).value("select 1") == "1");
  wait_until([&] { return last_asked() == "DISCARD ALL"; }, 3s, "it has been reset");
  const auto reset_at = [&] {
    return shop.leader().value(
        "select state_change from pg_stat_activity where usename = 'app' and datname = 'app'");
  };
  const auto before = reset_at();
  for (int i = 0; i < 3; ++i) const pg_session looking_in(skein.words(app));
  wait_until([&] { return skein.metric("skein_server_connections_idle") == 1.0; }, 3s,
             "it is back");
  CHECK(reset_at() == before);
  CHECK(skein.metric("skein_server_connections_opened_total") == 1.0);
}

TEST_CASE("start-up settings: a connection is only used again by who asked for the same") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool_mode = "session", .threads = 1});
  const auto visit = [&](const std::string& more) {
    pg_session one(skein.words(app, "sslmode=disable " + more));
    return std::pair(one.server_pid(), one.value("show timezone") + " " +
                                           one.value("show application_name") + " " +
                                           one.value("show statement_timeout"));
  };
  const std::string tokyo = "application_name=t options='-c timezone=Asia/Tokyo'";
  const auto first = visit(tokyo);
  CHECK(first.second == "Asia/Tokyo t 0");
  const auto other = visit("options='-c statement_timeout=5s'");
  CHECK(other.second == "UTC  5s");
  CHECK(other.first != first.first);
  const auto again = visit(tokyo);
  CHECK(again == first);
}

TEST_CASE("what a session leaves open is rolled back, and in the middle of a COPY given up") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, single());
  shop.leader().query_as(app, "create table kept (n int)");
  struct ending {
    std::string last;
    bool used_again;
  };
  for (const auto& [last, used_again] : {ending{"begin; insert into kept values (1)", true},
                                         {"begin; select 1/0", true},
                                         {"begin; set timezone to 'Asia/Tokyo'", true},
                                         {"copy kept from stdin", false},
                                         {"begin; copy kept from stdin", false}}) {
    CAPTURE(last);
    int pid = 0;
    {
      pg_session leaving(skein.words(app));
      pid = leaving.server_pid();
      PQclear(PQexec(leaving.raw(), last.c_str()));
    }
    pg_session next(skein.words(app));
    CHECK((next.server_pid() == pid) == used_again);
    CHECK(next.value("show timezone") == "UTC");
    CHECK(next.value("select count(*) from kept") == "0");
    CHECK(PQtransactionStatus(next.raw()) == PQTRANS_IDLE);
    CHECK(next.ask("insert into kept values (2)").ok());
    CHECK(next.ask("truncate kept").ok());
  }
}

TEST_CASE("pool.size: who comes too late waits, and gets in when one leaves") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool_mode = "session", .pool_size = 2, .pool_wait = 10s});
  auto first = std::make_unique<pg_session>(skein.words(app));
  pg_session second(skein.words(app));
  std::string third = "not tried";
  std::thread waiting([&] { third = login_failure(skein.words(app), 10s); });
  wait_until([&] { return skein.metric("skein_pool_waiting") == 1.0; }, 3s, "the third waits");
  std::this_thread::sleep_for(100ms);
  CHECK(third == "not tried");
  first.reset();
  waiting.join();
  CHECK(third == "");
  CHECK(second.value("select 1") == "1");
}

TEST_CASE("pool.wait: who waited in vain hears 53300") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool_mode = "session", .pool_size = 2, .pool_wait = 700ms});
  pg_session first(skein.words(app));
  pg_session second(skein.words(app));
  const auto start = std::chrono::steady_clock::now();
  const auto failure = login_failure(skein.words(app), 10s);
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK_MESSAGE(failure.starts_with("53300: "), failure);
  CHECK_MESSAGE(failure.find("pool.size") != std::string::npos, failure);
  CHECK(took >= 650ms);
  CHECK(took < 2500ms);
  CHECK(skein.metric("skein_errors_total", "kind=\"limit\"") == 1.0);
  CHECK(first.value("select 1") == "1");
  CHECK(second.value("select 1") == "1");
}

TEST_CASE("many more clients than server connections, on several cores: all are served") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop,
                      {.pool_mode = "session", .pool_size = 3, .pool_wait = 20s, .threads = 2});
  std::vector<std::string> failures(24);
  std::vector<std::thread> clients;
  std::atomic<std::size_t> done{0};
  for (auto& failure : failures) {
    clients.emplace_back([&] {
      for (int round = 0; round < 20 && failure.empty(); ++round) {
        try {
          pg_session one(skein.words(app));
          if (one.value("select 5") != "5") failure = "a wrong answer";
        } catch (const pg_refusal& refusal) {
          failure = refusal.what();
        }
      }
      ++done;
    });
  }
  // All want the same, so that no connection is closed for another: whatever is seen was lent.
  int most = 0;
  while (done < failures.size()) most = std::max(most, server_sessions(shop));
  for (auto& client : clients) client.join();
  for (const auto& failure : failures) CHECK(failure == "");
  CHECK(most == 3);
  CHECK(skein.metric("skein_server_connections_opened_total") == 3.0);
}

TEST_CASE("a client that leaves while it waits for a server connection is not waited for") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  auto how = single();
  how.pool_wait = 60s;
  how.users = {app_md5};
  how.trusted = {app};
  skein_process skein(shop, how);
  pg_session first(skein.words(app));
  {
    wire_socket second(skein.port());
    second.send(startup_session("app", "app"));
    wait_until([&] { return skein.metric("skein_pool_waiting") == 1.0; }, 3s, "the second waits");
  }
  wait_until([&] { return skein.metric("skein_pool_waiting") == 0.0; }, 2s, "nobody waits");
  CHECK(skein.metric("skein_clients_active") == 1.0);
  CHECK(first.value("select 1") == "1");
}

TEST_CASE("who waits longest is next, whatever the others on all cores ask for") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop,
                      {.pool_mode = "session", .pool_size = 1, .pool_wait = 30s, .threads = 2});
  auto holder = std::make_unique<pg_session>(skein.words(app));
  std::atomic<int> next{1};
  std::vector<int> served(40);
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < served.size(); ++i) {
    clients.emplace_back([&, i] {
      // Of several kinds, so that some connections fit and others do not.
      const std::string zone = i % 3 == 0 ? " options='-c timezone=Asia/Tokyo'" : "";
      pg_session one(skein.words(app, "sslmode=disable" + zone));
      served[i] = next++;
      one.value("select 1");
    });
    wait_until([&] { return skein.metric("skein_pool_waiting") == static_cast<double>(i + 1); }, 5s,
               "one more waits");
  }
  holder.reset();
  for (auto& client : clients) client.join();
  for (std::size_t i = 0; i < served.size(); ++i) {
    CAPTURE(i);
    // Whom a connection fits as it is may go past who is first, eight times: so it was promised to
    // each before it, and to itself.
    CHECK(served[i] <= 9 * static_cast<int>(i + 1));
    CHECK(served[i] > 0);
  }
}

TEST_CASE("a server connection that the server closes while it is idle gives its place up") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, single());
  {
    const pg_session leaving(skein.words(app));
  }
  wait_until([&] { return skein.metric("skein_server_connections_idle") == 1.0; }, 3s, "one idles");
  shop.leader().query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
  wait_until([&] { return skein.metric("skein_server_connections_idle") == 0.0; }, 3s,
             "its end is noticed");
}

TEST_CASE("limits.clients: one too many is refused by 53300") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.clients_max = 2});
  pg_session first(skein.words(app));
  auto second = std::make_unique<pg_session>(skein.words(app));
  const auto failure = login_failure(skein.words(app), 5s);
  CHECK_MESSAGE(failure.starts_with("53300: "), failure);
  second.reset();
  wait_until([&] { return login_failure(skein.words(app)).empty(); }, 3s, "there is room again");
}
