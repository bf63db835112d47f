// What is acknowledged is on as many followers as the settings say, whoever leads.
#include <future>
#include <thread>

#include "tests/servers/failover/flock.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// MariaDB forgets when it stops that it is to answer, and does not answer later for what it has
// received before.
cluster_options members_of(const tongue& in) {
  cluster_options out{.relayed = true};
  if (in.which == engine::mariadb) out.server.settings = {"rpl_semi_sync_slave_enabled = 1"};
  return out;
}

// Over a connection of its own; nothing within the time: it waits.
std::optional<bool> write_once(const flock& at, int number, std::chrono::milliseconds within) {
  auto done = std::make_shared<std::promise<bool>>();
  auto coming = done->get_future();
  std::thread([which = at.in.which, port = at.skein->port(), number, done] {
    try {
      const auto heard = connect(which, {.port = port})
                             ->ask("insert into ledger values (" + std::to_string(number) + ")");
      done->set_value(heard.ok());
    } catch (const std::exception&) {
      done->set_value(false);
    }
  }).detach();
  if (coming.wait_for(within) != std::future_status::ready) return std::nullopt;
  return coming.get();
}

}  // namespace

TEST_CASE("with a quorum nothing is acknowledged that no follower has") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: yes, detect_after: 20s", members_of(in), {}, "mode: quorum");
    at.write(1);
    at.members.part("b", "a");
    at.write(2);
    at.members.part("c", "a");
    CHECK(write_once(at, 3, 2s) == std::nullopt);
    at.members.heal();
    at.write(4);
    at.members.wait_until_caught_up();
    CHECK(at.count_at("b") == "4");
  });
}

TEST_CASE(
    "with a quorum a new leader waits for followers, too, and what was acknowledged is there") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: yes", members_of(in), {}, "mode: quorum");
    at.write(1);
    at.members.part("b", "a");
    at.write(2);
    at.members.member("a").kill();
    at.write(3);
    at.members.heal();
    CHECK(at.who_takes_writes() == "c");
    CHECK(at.count_at("c") == "3");
    wait_until([&] { return at.count_at("b") == "3"; }, 20s, "b follows c, and has all");
    at.members.member("b").kill();
    CHECK(write_once(at, 4, 2s) == std::nullopt);
    at.members.member("b").start();
    at.write(5);
    CHECK(at.count_at("c") == "5");
  });
}

TEST_CASE("where that is allowed writes go on with fewer followers, and Skein says so") {
  on_each_engine([](const tongue& in) {
    if (in.which == engine::mariadb) return;  // which waits for one at most
    flock at(in, "automatic: yes, detect_after: 1s", {}, {}, "mode: all, on_shortfall: degrade");
    at.write(1);
    at.members.member("b").kill();
    at.write(2);
    CHECK(at.skein->log().find("fewer than the 2 that durability promises") != std::string::npos);
    for (int n = 3; n <= 5; ++n) at.write(n);
    const auto counted = [&] { return at.skein->metric("skein_degraded_acknowledgements_total"); };
    CHECK(counted().value_or(0) >= 4.0);
    CHECK(at.skein->metric("skein_cluster_degraded") == 1.0);
    at.skein->wait_until_status_says("has reached 1 follower, where 2 are promised", 1s);
    at.members.member("b").start();
    wait_until(
        [&] {
          return at.skein->log().find("what 2 followers have received",
                                      at.skein->log().find("fewer than the 2")) !=
                 std::string::npos;
        },
        30s, "two are waited for again");
    wait_until([&] { return at.skein->metric("skein_cluster_degraded") == 0.0; }, 20s,
               "nothing is promised that is not kept");
    const auto all = counted().value_or(0);
    at.write(6);
    CHECK(counted() == all);
    const auto number = std::to_string(static_cast<int>(all));
    CHECK(at.skein->log().find("durability fell short until now\" cluster=shop acknowledged=") !=
          std::string::npos);
    at.skein->wait_until_status_says(number + " statements so far were answered while fewer", 1s);
  });
}

TEST_CASE("a follower that is told to receive and does not is as one that is down") {
  on_each_engine([](const tongue& in) {
    if (in.which == engine::mariadb) return;  // which waits for one at most
    flock at(in, "automatic: yes, detect_after: 3s", {.relayed = true}, {},
             "mode: all, on_shortfall: degrade");
    at.write(1);
    at.members.wait_until_caught_up();
    at.members.part("c", "a");
    at.write(2, 60s);
    CHECK(at.who_takes_writes() == "a");
    CHECK(at.skein->log().find("fewer than the 2 that durability promises") != std::string::npos);
    at.members.heal();
    wait_until([&] { return at.count_at("c") == "2"; }, 60s, "c has all");
  });
}

TEST_CASE("nobody lowers for himself what is promised to all, and who may is told of") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: no", members_of(in), {}, "mode: quorum");
    at.write(1);
    const bool of_postgres = in.which == engine::postgres;
    const std::string set =
        of_postgres ? "set local synchronous_commit = off" : "set session sql_log_bin = 0";
    const auto client = connect(in.which, {.port = at.skein->port()});
    const auto heard = client->ask(set);
    CHECK(heard.code == (of_postgres ? "0A000" : "1235"));
    CHECK(client->ask("select 1").ok());
    if (!of_postgres) return;
    const auto starts = [&](const std::string& options) {
      return run({.command = {"psql", "-X", "-c", "select 1",
                              "host=127.0.0.1 dbname=app user=" + app.user + " password=" +
                                  app.password + " port=" + std::to_string(at.skein->port()) +
                                  " options='" + options + "'"}});
    };
    CHECK(starts("-c synchronous_commit=on").exit_code == 0);
    const auto refused = starts("-c synchronous_commit=off");
    CHECK(refused.exit_code == 2);
    CHECK(refused.output.find("synchronous_commit cannot be lowered here") != std::string::npos);
    at.members.leader().query("alter role app in database app set synchronous_commit = local");
    at.skein->wait_until_status_says("a: commits of role app in database app wait for no follower",
                                     20s);
    at.members.leader().query("alter role app in database app reset synchronous_commit");
    wait_until(
        [&] { return at.skein->get("/status").body.find("wait for no") == std::string::npos; }, 20s,
        "nothing is left to be said");
  });
}
