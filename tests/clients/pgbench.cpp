// pgbench through Skein in all its ways, with half as many server connections as clients: nothing
// fails, nothing is lost, and what TPC-B must keep equal stays equal.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

namespace {

constexpr int clients = 8;
constexpr int transactions = 60;  // of each client

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

std::string sums(stage& at) {
  return at.shop.leader().value(
      "select concat_ws(' ', (select sum(abalance) from pgbench_accounts),"
      " (select sum(tbalance) from pgbench_tellers), (select sum(bbalance) from pgbench_branches),"
      " (select sum(delta) from pgbench_history))");
}

// `words` choose what is run, so many times by each client.
void play(stage& at, std::vector<std::string> words, int times = transactions) {
  std::string all;
  for (const auto& each : words) all += " " + each;
  CAPTURE(all);
  words.insert(words.end(),
               {"-n", "-c", std::to_string(clients), "-j", "2", "-t", std::to_string(times)});
  const auto said = bench(at, std::move(words));
  CAPTURE(said);
  const auto wanted = std::to_string(clients * times);
  CHECK(said.find("transactions actually processed: " + wanted + "/" + wanted) != said.npos);
  CHECK(said.find("number of failed transactions: 0 ") != said.npos);
  CHECK(said.find("ERROR") == said.npos);
}

struct accounts {
  stage at{{.pool_size = clients / 2}};
  int done = 0;  // transactions that wrote

  accounts() { bench(at, {"-i", "-q", "-s", "2"}); }

  void check() {
    CHECK(at.shop.leader().value("select count(*) from pgbench_history") == std::to_string(done));
  }
};

}  // namespace

TEST_CASE("TPC-B in every protocol, with connections kept and with new ones: balances stay equal") {
  accounts all;
  for (const std::string protocol : {"simple", "extended", "prepared"}) {
    play(all.at, {"-M", protocol});
    play(all.at, {"-M", protocol, "-C"}, 5);
    all.done += clients * (transactions + 5);
  }
  const auto script = all.at.shop.folder() / "pipelined.sql";
  std::ofstream(script) << pipelined;
  for (const std::string protocol : {"extended", "prepared"}) {
    play(all.at, {"-M", protocol, "-f", script.string()});
    play(all.at, {"-M", protocol, "-f", script.string(), "-C"}, 5);
    all.done += clients * (transactions + 5);
  }
  all.check();
  const auto found = sums(all.at);
  const auto first = found.substr(0, found.find(' '));
  CHECK(first != "0");
  CHECK(found == first + " " + first + " " + first + " " + first);
  all.at.check_pins("pgbench, TPC-B and pipelines");
}

TEST_CASE("reads alone and simple updates, in every protocol") {
  accounts all;
  for (const std::string protocol : {"simple", "extended", "prepared"}) {
    for (const std::string what : {"-S", "-N"}) {
      play(all.at, {"-M", protocol, what}, 4 * transactions);
      play(all.at, {"-M", protocol, what, "-C"}, 5);
      if (what == "-N") all.done += clients * (4 * transactions + 5);
    }
  }
  all.check();
  CHECK(all.at.shop.leader().value("select (select sum(abalance) from pgbench_accounts) = "
                                   "(select sum(delta) from pgbench_history)") == "t");
  all.at.check_pins("pgbench, -S and -N");
}
