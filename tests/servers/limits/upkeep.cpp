// What Skein keeps open to a real server: closed when old or unused, kept warm where that is
// wanted, opened a few at a time however many come at once.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/process_tree.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// As the server says in the names of its processes.
int logins_under_way(cluster& shop) {
  int found = 0;
  for (const pid_t pid : descendants(shop.leader().process().pid())) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
    std::string name;
    std::getline(file, name, '\0');
    found += name.contains(" app app ") && name.contains(") authentication") ? 1 : 0;
  }
  return found;
}

}  // namespace

TEST_CASE("an unused connection is closed after pool.idle, but for what is kept warm") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  for (const int kept : {0, 2}) {
    CAPTURE(kept);
    skein_process skein(shop,
                        {.threads = 1, .pool = "idle: 300ms, min_idle: " + std::to_string(kept)});
    CHECK(pg_session(skein.words(app)).value("select 1") == "1");
    const auto idle = [&] { return skein.metric("skein_server_connections_idle"); };
    wait_until([&] { return idle() == static_cast<double>(kept); }, 5s, "as many as are kept");
    std::this_thread::sleep_for(1s);
    CHECK(idle() == static_cast<double>(kept));
    CHECK(pg_session(skein.words(app)).value("select 1") == "1");
  }
}

TEST_CASE("a connection that is too old is replaced between two transactions, and nobody notices") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool = "lifetime: 300ms"});
  pg_session one(skein.words(app));
  std::set<std::string> servers;
  wait_until(
      [&] {
        CHECK(one.ask("begin; select 1").ok());
        const auto before = one.value("select pg_backend_pid()");
        CHECK(one.value("select pg_backend_pid() from pg_sleep(0.05)") == before);
        CHECK(one.ask("commit").ok());
        servers.insert(before);
        return servers.size() >= 4;
      },
      10s, "four servers were seen");
}

TEST_CASE("many clients at once are served by few logins at a time") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool_mode = "session", .linked = true, .pool = "logins: 2"});
  shop.link("skein", "a").set_latency(10ms);  // so that each login lasts for a while
  constexpr int everybody = 30;
  std::atomic<int> served{0};
  int most = 0;
  {
    std::vector<std::jthread> crowd;
    for (int i = 0; i < everybody; ++i) {
      crowd.emplace_back([&](const std::stop_token& over) {
        pg_session one(skein.words(app));
        served += one.value("select 1") == "1" ? 1 : 0;
        // It keeps its server connection, so that each of the others has to log in too.
        while (!over.stop_requested()) std::this_thread::sleep_for(5ms);
      });
    }
    wait_until(
        [&] {
          most = std::max(most, logins_under_way(shop));
          return served == everybody;
        },
        20s, "all are served");
  }
  CHECK(most == 2);
  CHECK(skein.metric("skein_server_connections_opened_total") == everybody);
}
