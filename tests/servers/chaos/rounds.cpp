// The chaos rounds: real servers, a real Skein and clients at work, struck again and again by a
// seeded schedule. After each wave every client must get on with its work; at the end all that was
// told is held against what the leader has. SKEIN_CHAOS_SECONDS (300), SKEIN_CHAOS_SEED.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <set>

#include "tests/servers/chaos/striker.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace skein::servers::chaos;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

constexpr int clients = 12;
constexpr int pool_size = 8;  // fewer than the clients: some always wait
constexpr auto recovery_max = 15s;
constexpr std::size_t growth_bytes_max = 64 * 1024 * 1024;

// What clients may hear while servers die; anything else is a fault of Skein's.
const std::set<std::string> expected_errors = {
    "08006",            // lost, nothing committed
    "40001",            // in a transaction
    "08007",            // lost, in doubt
    "57P01",            // ended by the server, or with Skein
    "57P02",            // the server crashed
    "57P03",            // no leader
    "53300",            // no server connection became free in time
    "57014 asked for",  // and never unasked
    "aborted",          // in a pipeline, behind another error
    "lost",             // between client and Skein
    "login ",           // the same
    "login 57P01",
    "login 57P03",
    "login 53300",
};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* said = std::getenv(name);
  return said != nullptr && *said != 0 ? std::strtoull(said, nullptr, 10) : otherwise;
}

struct totals {
  std::uint64_t acknowledged = 0, failed = 0, unknown = 0;
};

totals sum(const scene& at) {
  totals all;
  for (const auto& each : at.clients) {
    all.acknowledged += each->acknowledged();
    all.failed += each->failed();
    all.unknown += each->unknown();
  }
  return all;
}

// Every client, not only some: one forgotten session is a fault.
void wait_for_progress(const scene& at) {
  std::vector<std::uint64_t> before;
  for (const auto& each : at.clients) before.push_back(each->acknowledged());
  std::string idle;
  try {
    wait_until(
        [&] {
          idle.clear();
          for (std::size_t index = 0; index < before.size(); ++index)
            if (at.clients[index]->acknowledged() == before[index])
              idle += " " + std::to_string(index + 1);
          return idle.empty();
        },
        recovery_max, "every client has committed again");
  } catch (const std::exception& late) {
    throw std::runtime_error(late.what() + ("; still without a commit: clients" + idle));
  }
}

void tell_progress(const scene& at, std::uint64_t second, std::uint64_t seconds, int waves) {
  const auto now = sum(at);
  std::printf(
      "chaos: %llu of %llu s, %d waves, %llu acknowledged, %llu failed, %llu unknown, "
      "Skein %zu MB, %zu descriptors\n",
      static_cast<unsigned long long>(second), static_cast<unsigned long long>(seconds), waves,
      static_cast<unsigned long long>(now.acknowledged),
      static_cast<unsigned long long>(now.failed), static_cast<unsigned long long>(now.unknown),
      at.skein->rss_bytes() >> 20U, at.skein->descriptors());
  std::fflush(stdout);
}

std::vector<stored> held_by(server& leader) {
  std::vector<stored> all;
  for (const auto& line :
       leader.query("select id, count(*), count(distinct part) from chaos group by id"))
    all.push_back({std::stoll(*line[0]), std::stoi(*line[1]), std::stoi(*line[2])});
  return all;
}

std::string first_of(const std::vector<std::string>& findings) {
  std::string told = std::to_string(findings.size()) + " findings";
  for (std::size_t index = 0; index < findings.size() && index < 10; ++index)
    told += "\n  " + findings[index];
  return told;
}

// A check that finds nothing must be one that would have found something.
void check_that_tampering_shows(server& leader, const ledger& told) {
  leader.query(
      "delete from chaos where ctid = (select min(ctid) from chaos where id ="
      " (select id from chaos group by id having count(*) > 1 order by id limit 1))");
  const auto torn = told.audit(held_by(leader));
  CHECK_MESSAGE(torn.size() == 1, "one row taken away: ", first_of(torn));
  leader.query("insert into chaos select * from chaos where id = (select max(id) from chaos)");
  const auto doubled = told.audit(held_by(leader));
  CHECK_MESSAGE(doubled.size() == 2, "and a transaction doubled: ", first_of(doubled));
}

void check_what_remains(scene& at, std::size_t descriptors_before, std::size_t rss_before) {
  auto& leader = at.shop.leader();
  const auto backends = [&](const std::string& which) {
    return std::stoi(
        leader.value("select count(*) from pg_stat_activity where usename = 'app'" + which));
  };
  wait_until([&] { return backends(" and (state <> 'idle' or xact_start is not null)") == 0; }, 20s,
             "no transaction is open any more");
  const int observers = 3 + 1;  // of members, and of what the database defines
  wait_until([&] { return backends("") <= pool_size + observers; }, 20s,
             "the leader has no more sessions than the pool may hold");
  wait_until([&] { return at.skein->descriptors() <= descriptors_before + pool_size + observers; },
             20s, "Skein's descriptors are what they were");
  if (!is_sanitized) {
    CHECK(at.skein->rss_bytes() < rss_before + growth_bytes_max);
    CHECK(at.skein->rss_peak_bytes() < rss_before + growth_bytes_max);
  }
  at.shop.wait_until_caught_up();
}

void audit(scene& at) {
  ledger told;
  heard_errors errors;
  for (const auto& each : at.clients) {
    told.merge(each->told());
    for (const auto& [state, error] : each->errors()) {
      errors[state].times += error.times;
      errors[state].text = error.text;
    }
    CHECK_MESSAGE(each->oddities().empty(), first_of(each->oddities()));
  }
  std::printf("acknowledged %zu, failed %zu, unknown %zu\n", told.count(outcome::acknowledged),
              told.count(outcome::failed), told.count(outcome::unknown));
  for (const auto& [state, error] : errors) {
    std::printf("heard %-16s %6llu\n", state.c_str(), static_cast<unsigned long long>(error.times));
    CHECK_MESSAGE(expected_errors.contains(state), "clients heard ", state, ": ", error.text);
  }
  auto& leader = at.shop.leader();
  const auto findings = told.audit(held_by(leader));
  CHECK_MESSAGE(findings.empty(), first_of(findings));
  CHECK(leader.value("select count(*) from chaos where writer is distinct from 'c' || id / " +
                     std::to_string(ids_per_client)) == "0");
  if (findings.empty()) check_that_tampering_shows(leader, told);
}

}  // namespace

TEST_CASE("Skein keeps its word while servers, ways and clients fail") {
  const auto seed = number_from("SKEIN_CHAOS_SEED", std::random_device{}());
  const auto seconds = number_from("SKEIN_CHAOS_SECONDS", 300);
  std::printf("chaos: SKEIN_CHAOS_SEED=%llu SKEIN_CHAOS_SECONDS=%llu repeats this\n",
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seconds));
  scene at({.pool_size = pool_size, .drain = 2000ms, .linked = true});
  // Without it a killed leader may forget what it acknowledged.
  REQUIRE(at.shop.leader().value("show synchronous_commit") == "on");
  at.shop.leader().query_as(app, table_sql);
  const auto descriptors_before = at.skein->descriptors();
  const auto rss_before = at.skein->rss_bytes();
  for (int number = 1; number <= clients; ++number)
    at.clients.push_back(std::make_unique<load>(number, seed, at.words()));

  schedule plan(seed);
  striker hand(at);
  std::deque<std::string> latest;
  const auto start = clock_type::now();
  const auto passed = [&] { return static_cast<std::uint64_t>((clock_type::now() - start) / 1s); };
  std::uint64_t told_at = 0;
  int waves = 0;
  try {
    wait_for_progress(at);
    for (; passed() < seconds; ++waves) {
      const auto next = plan.next();
      std::this_thread::sleep_for(next.rest);
      for (const auto& each : next.strikes) {
        latest.push_back(std::to_string(passed()) + " s: " + describe(each));
        if (latest.size() > 10) latest.pop_front();
        hand.begin(each);
      }
      std::this_thread::sleep_for(next.length());
      hand.heal();
      REQUIRE(at.skein->process().is_running());
      wait_for_progress(at);
      if (passed() >= told_at + 10) tell_progress(at, told_at = passed(), seconds, waves);
    }
    for (auto& each : at.clients) each->stop();
    check_what_remains(at, descriptors_before, rss_before);
  } catch (const std::exception& trouble) {
    FAIL_CHECK(std::string(trouble.what()));
  }
  for (auto& each : at.clients) each->stop();
  for (std::size_t kind = 0; kind < strike_kinds; ++kind)
    std::printf("%-16s %4zu\n", std::string(to_string(static_cast<strike_kind>(kind))).c_str(),
                hand.counts()[kind]);
  audit(at);
  if (!test_has_failed()) return;
  std::printf("chaos failed with SKEIN_CHAOS_SEED=%llu; the last strikes:\n",
              static_cast<unsigned long long>(seed));
  for (const auto& each : latest) std::printf("  %s\n", each.c_str());
}
