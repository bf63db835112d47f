// 500 connections at once, with and without TLS: all are served, and memory stays in proportion.
#include <doctest/doctest.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "tests/clients/stage.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;
using connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
constexpr std::size_t crowd_size = 500;

// Starts all of them, then drives their logins side by side from one thread.
std::vector<connection> connect_all(const std::string& words) {
  std::vector<connection> all;
  std::vector<PostgresPollingStatusType> states(crowd_size, PGRES_POLLING_WRITING);
  for (std::size_t i = 0; i < crowd_size; ++i) {
    all.emplace_back(PQconnectStart(words.c_str()), &PQfinish);
  }
  const auto end = clock_type::now() + 60s;
  for (;;) {
    std::vector<pollfd> watched;
    std::vector<std::size_t> whose;
    for (std::size_t i = 0; i < crowd_size; ++i) {
      if (states[i] == PGRES_POLLING_OK) continue;
      REQUIRE_MESSAGE(states[i] != PGRES_POLLING_FAILED, PQerrorMessage(all[i].get()));
      const short events = states[i] == PGRES_POLLING_READING ? POLLIN : POLLOUT;
      watched.push_back({PQsocket(all[i].get()), events, 0});
      whose.push_back(i);
    }
    if (watched.empty()) return all;
    REQUIRE(clock_type::now() < end);
    ::poll(watched.data(), watched.size(), 1000);
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].revents != 0) states[whose[i]] = PQconnectPoll(all[whose[i]].get());
    }
  }
}

// All ask before any answer is read. Returns how many answers were right.
std::size_t ask_all(const std::vector<connection>& all, int round) {
  std::size_t right = 0;
  const auto question = [&](std::size_t i) {
    return std::to_string(i) + " * " + std::to_string(round);
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    PQsendQuery(all[i].get(), ("select pg_sleep(0.01), " + question(i)).c_str());
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    PGresult* got = PQgetResult(all[i].get());
    right += PQresultStatus(got) == PGRES_TUPLES_OK &&
             PQgetvalue(got, 0, 1) == std::to_string(i * static_cast<std::size_t>(round));
    PQclear(got);
    PQclear(PQgetResult(all[i].get()));
  }
  return right;
}

}  // namespace

TEST_CASE("500 connections at once") {
  for (const std::string mode : {"disable", "require"}) {
    CAPTURE(mode);
    stage at({.pool_size = 550, .pool_wait = 40s, .connect_timeout = 40s, .startup_timeout = 60s});
    const auto idle_rss = at.skein.rss_bytes();
    const auto cpu = at.skein.cpu();
    auto start = clock_type::now();
    auto all = connect_all(at.skein.words(app, "sslmode=" + mode));
    const auto connected = std::chrono::ceil<milliseconds>(clock_type::now() - start);
    const auto cpu_a_login = (at.skein.cpu() - cpu) * 1000 / crowd_size;
    CHECK(at.skein.metric("skein_sessions_active") == double(crowd_size));
    start = clock_type::now();
    for (int round = 1; round <= 4; ++round) CHECK(ask_all(all, round) == crowd_size);
    const auto asked = std::chrono::ceil<milliseconds>(clock_type::now() - start);
    const auto a_client = (at.skein.rss_peak_bytes() - idle_rss) / crowd_size;
    MESSAGE(crowd_size, " clients, sslmode=", mode, ": connected in ", connected.count(),
            " ms, Skein's CPU ", cpu_a_login.count(), " us a login; 4 rounds of queries in ",
            asked.count(), " ms; ", a_client, " bytes of memory a client at the peak");
    if (!is_sanitized) CHECK(at.skein.rss_peak_bytes() < 160U << 20);
    // A newcomer is served beside them, and all can leave at once.
    CHECK(at.psql(at.through_skein(), {"-Atc", "select 1"}).output == "1\n");
    all.clear();
    wait_until([&] { return at.skein.metric("skein_clients_active") == 0.0; }, 20s,
               "all have been seen to leave");
    at.skein.stop();
  }
}
