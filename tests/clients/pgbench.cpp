// pgbench through Skein in all its ways, with plenty of server connections and with few: nothing
// fails, nothing is lost, and what TPC-B must keep equal stays equal.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

namespace {

constexpr int clients = 8;
constexpr int transactions = 60;  // of each client

// A thread of pgbench stands still while it logs one of its clients in or prepares a statement for
// it, and the others keep their transactions open meanwhile. So where server connections are few,
// each client needs a thread.
struct crowd {
  int threads;
  int servers;
};
const crowd plenty = {2, clients};
const crowd scarce = {clients, clients / 2};

// All of TPC-B in one batch, and what stands outside of a block, too.
constexpr auto pipelined = R"(
\set aid random(1, 100000 * :scale)
\set bid random(1, 1 * :scale)
\set tid random(1, 10 * :scale)
\set delta random(-5000, 5000)
\startpipeline
select 1;
begin;
update pgbench_accounts set abalance = abalance + :delta where aid = :aid;
select abalance from pgbench_accounts where aid = :aid;
update pgbench_tellers set tbalance = tbalance + :delta where tid = :tid;
update pgbench_branches set bbalance = bbalance + :delta where bid = :bid;
insert into pgbench_history (tid, bid, aid, delta, mtime)
  values (:tid, :bid, :aid, :delta, current_timestamp);
end;
select abalance from pgbench_accounts where aid = :aid;
\endpipeline
)";

std::string bench(const stage& at, std::vector<std::string> words) {
  words.insert(words.begin(), "pgbench");
  words.push_back(at.through_skein("sslmode=disable"));
  auto where = at.environment();
  const auto done = run({.command = words, .environment = where}, std::chrono::seconds{120});
  CHECK_MESSAGE(done.exit_code == 0, done.output);
  return done.output;
}

// Tables of pgbench, and what has been done to them.
struct bank {
  explicit bank(const crowd& how)
      : at{{.pool_size = how.servers}}, threads(std::to_string(how.threads)) {
    bench(at, {"-i", "-q", "-s", "2"});
  }

  // `words` choose what each client runs, so many times.
  void play(std::vector<std::string> words, int times, bool writes) {
    std::string all;
    for (const auto& each : words) all += " " + each;
    CAPTURE(all);
    words.insert(words.end(),
                 {"-n", "-c", std::to_string(clients), "-j", threads, "-t", std::to_string(times)});
    const auto said = bench(at, std::move(words));
    CAPTURE(said);
    const auto wanted = std::to_string(clients * times);
    CHECK(said.find("transactions actually processed: " + wanted + "/" + wanted) != said.npos);
    CHECK(said.find("number of failed transactions: 0 ") != said.npos);
    CHECK(said.find("ERROR") == said.npos);
    if (writes) written += clients * times;
  }

  // With connections that are kept, and with a new one for each transaction.
  void play_both(std::vector<std::string> words, bool writes = true) {
    play(words, transactions, writes);
    words.emplace_back("-C");
    play(words, 5, writes);
  }

  std::string ask(const char* sql) { return at.shop.leader().value(sql); }

  stage at;
  std::string threads;
  int written = 0;
};

void play_in_all_ways(const crowd& how) {
  CAPTURE(how.servers);
  bank all(how);
  for (const std::string protocol : {"simple", "extended", "prepared"}) {
    all.play_both({"-M", protocol});
    all.play_both({"-M", protocol, "-S"}, false);
  }
  const auto script = all.at.shop.folder() / "pipelined.sql";
  std::ofstream(script) << pipelined;
  for (const std::string protocol : {"extended", "prepared"})
    all.play_both({"-M", protocol, "-f", script.string()});

  const auto total = all.ask("select sum(delta) from pgbench_history");
  CHECK(total != "0");
  CHECK(all.ask("select sum(tbalance) from pgbench_tellers") == total);
  CHECK(all.ask("select sum(bbalance) from pgbench_branches") == total);
  // These touch accounts and history alone.
  for (const std::string protocol : {"simple", "extended", "prepared"})
    all.play_both({"-M", protocol, "-N"});
  CHECK(all.ask("select sum(abalance) from pgbench_accounts") ==
        all.ask("select sum(delta) from pgbench_history"));
  CHECK(all.ask("select count(*) from pgbench_history") == std::to_string(all.written));
  all.at.check_pins("pgbench over " + std::to_string(how.servers) + " server connections");
}

}  // namespace

TEST_CASE(
    "TPC-B, reads, simple updates, pipelines: in every protocol, over connections of both kinds") {
  play_in_all_ways(plenty);
}

TEST_CASE("the same, where half of the clients must wait for a server connection") {
  play_in_all_ways(scarce);
}
