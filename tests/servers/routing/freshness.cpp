// Whether reads that followers serve are as fresh as their scope promises: clients write and read
// through Skein while followers lag, and every answer is held against what was acknowledged before
// it was asked for. A splitter that does not care must be found out by the same audit.
// SKEIN_FRESHNESS_SECONDS (4 a round; 60 with _STRIKES=1), _SEED, _PACE (100 operations a second of
// each client).
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>

#include "tests/servers/routing/round.hpp"

using namespace skein::servers;
using namespace skein::servers::freshness;
using namespace std::chrono_literals;

namespace {

using enum lapse;

// What clients may hear while followers are killed; without strikes it is nothing.
const std::set<std::string> expected_errors = {
    "08006",  // lost, nothing committed
    "57P01",  // ended by the server
    "57P02",  // the server crashed
    "57P03",  // it is starting up
    "40001",  // lost in a transaction, or a follower's replay stands against the query
    "lost",
    // By MySQL's and MariaDB's numbers:
    "1053",  // ended by the server, or lost with what was held there
    "1213",  // lost in a transaction
    "2006",  // lost without a word
    "2013",
};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* said = std::getenv(name);
  return said != nullptr && *said != 0 ? std::strtoull(said, nullptr, 10) : otherwise;
}

length length_from_environment() {
  length how;
  how.seed = number_from("SKEIN_FRESHNESS_SEED", std::random_device{}());
  how.strikes = number_from("SKEIN_FRESHNESS_STRIKES", 0) != 0;
  how.time = std::chrono::seconds(number_from("SKEIN_FRESHNESS_SECONDS", how.strikes ? 60 : 4));
  how.work.paced_per_second = static_cast<double>(number_from("SKEIN_FRESHNESS_PACE", 100));
  std::printf("freshness: SKEIN_FRESHNESS_SEED=%llu SKEIN_FRESHNESS_SECONDS=%llu repeats this\n",
              static_cast<unsigned long long>(how.seed),
              static_cast<unsigned long long>(how.time.count()));
  return how;
}

const std::vector<lapse> everything = {own_of_session, own_of_client, went_back, acknowledged,
                                       bound};

std::string settings(const std::string& freshness, const std::string& key = "none",
                     const std::string& lag = "30s") {
  return "reads: followers, balance: round_robin, freshness: " + freshness +
         ", freshness_key: " + key + ", freshness_wait: 20ms, max_lag: " + lag;
}

std::vector<plan> all_rounds(engine which) {
  std::vector<plan> all;
  for (const bool quorum : {false, true}) {
    all.push_back({.name = "all to the leader",
                   .routing = "reads: leader",
                   .quorum = quorum,
                   .promised = everything,
                   .followers_percent_max = 0});
    all.push_back({.name = "session",
                   .routing = settings("session"),
                   .quorum = quorum,
                   .promised = {own_of_session, went_back},
                   .followers_percent_min = 20});
    all.push_back({.name = "session, by application_name",
                   .routing = settings("session", "application_name"),
                   .quorum = quorum,
                   .promised = {own_of_session, own_of_client, went_back},
                   .followers_percent_min = 10});
    all.push_back({.name = "global",
                   .routing = settings("global"),
                   .quorum = quorum,
                   .promised = everything});
  }
  // b is always later than the bound allows; the audit grants what a look at positions may be late.
  all.push_back({.name = "bounded, 200 ms",
                 .routing = settings("bounded", "none", "200ms"),
                 .late = {.apply = 1s, .link = 20ms},
                 .bound = 500ms,
                 .promised = {bound},
                 .followers_percent_min = 50});
  all.push_back({.name = "any", .routing = settings("any"), .followers_percent_min = 90});
  all.push_back({.name = "leader",
                 .routing = settings("leader"),
                 .promised = everything,
                 .followers_percent_max = 0});
  for (auto& each : all) {
    each.which = which;
    // A follower that applies at once shows a commit before its leader does, which waits for the
    // follower's answer first (early.cpp). PostgreSQL's are made to apply late, which is not late
    // enough on a machine with much else to do.
    if (each.quorum && each.followers_percent_max > 0) std::erase(each.promised, went_back);
  }
  return all;
}

bool is_promised(const plan& what, lapse which) {
  return std::ranges::find(what.promised, which) != what.promised.end();
}

std::string cell(const plan& what, const findings& found, lapse which) {
  const auto count = std::to_string(found.told.count(which));
  return is_promised(what, which) ? count : "(" + count + ")";
}

// Rows of all rounds of this process, to be pasted where people read them.
class table {
 public:
  void add(const plan& what, const findings& found) {
    char share[32];
    std::snprintf(share, sizeof share, "%.1f %%", found.followers_percent());
    lines_ += "| " + std::string(to_string(what.which)) + " | " + what.name + " | " +
              (what.quorum ? "quorum" : "async") + " | " + std::to_string(what.late.apply.count()) +
              " / " + std::to_string(what.late.link.count()) + " ms | " +
              std::to_string(found.told.writes) + " | " + std::to_string(found.told.reads) + " | " +
              share;
    for (const auto which : everything) lines_ += " | " + cell(what, found, which);
    lines_ += " |\n";
  }

  void print() const {
    std::printf(
        "\nReads that miss a write of their session; of their client; that went back in time; that"
        "\nmiss an acknowledged write; that miss one older than the bound. In (): not promised.\n\n"
        "| engine | freshness | durability | followers late by | writes | reads | by followers "
        "| own, session | own, client | went back | acknowledged | bound |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|\n%s\n",
        lines_.c_str());
    std::fflush(stdout);
  }

 private:
  std::string lines_;
};

// A splitter's clients sign in at followers, and a follower that was killed does not answer.
bool is_expected(const plan& what, const std::string& state) {
  return expected_errors.contains(state) || (what.naive && state.starts_with("login "));
}

void check_the_run(const plan& what, const length& how, const findings& found) {
  for (const auto& [state, text] : found.errors)
    CHECK_MESSAGE((how.strikes && is_expected(what, state)), "clients heard ", state, ": ", text);
  CHECK(found.told.writes > 0);
  CHECK(found.told.reads > found.told.writes);
  CHECK(found.followers_percent() >= what.followers_percent_min);
  CHECK(found.followers_percent() <= what.followers_percent_max);
  // That every look was counted: or the share of followers would say nothing.
  if (!how.strikes)
    CHECK(found.served_by_leader + found.served_by_followers ==
          found.told.writes + found.told.reads);
}

void check_promises(const plan& what, const findings& found) {
  for (const auto which : what.promised) {
    const auto& examples = found.told.examples[static_cast<std::size_t>(which)];
    std::string told;
    for (const auto& each : examples) told += "\n  " + each;
    CHECK_MESSAGE(found.told.count(which) == 0, found.told.count(which), " findings:", told);
  }
}

}  // namespace

TEST_CASE("reads are as fresh as their scope promises") {
  const auto how = length_from_environment();
  table all;
  for (const engine which : {engine::postgres, engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    for (const auto& what : all_rounds(which)) {
      CAPTURE(what.name);
      CAPTURE(what.quorum);
      const auto found = run(what, how);
      all.add(what, found);
      check_the_run(what, how, found);
      check_promises(what, found);
    }

    const plan naive{.name = "naive splitter", .which = which, .naive = true, .bound = 20ms};
    CAPTURE(naive.name);
    const auto found = run(naive, how);
    all.add(naive, found);
    check_the_run(naive, how, found);
    for (const auto lapse : everything)
      CHECK_MESSAGE(found.told.count(lapse) > 0, "not found out: ", to_string(lapse));
  }
  all.print();
}
