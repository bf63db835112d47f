// Commits whose answers are lost: what their clients hear is held against the table.
#include "tests/servers/failover/flock.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// BindComplete, the row with the number, CommandComplete, ReadyForQuery: then the COMMIT's answer.
constexpr std::uint64_t number_bytes = 5 + 19 + 14 + 6;

// Long enough that what is cut here is no reason to promote anybody.
constexpr auto patient = "automatic: yes, detect_after: 30s, hold: 20s";

struct scene {
  explicit scene(const std::string& failover = patient)
      : at(tongue_of(engine::postgres), failover, {}, {}, {}, {}, true),
        way(at.members.link("skein", "a")),
        client(connect(engine::postgres, {.port = at.skein->port()})) {
    // Until it is known what the database defines, what sessions leave is looked for afterwards.
    insert_and_ask(1, "commit");
    wait_until([&] { return at.skein->log().find("defines has been read") != std::string::npos; },
               20s, "the definitions are read");
    // From here on the question is prepared on the server that the session uses again and again.
    for (int number = 2; number < 5; ++number) insert_and_ask(number, "commit");
  }
  void begin(int number) {
    REQUIRE(client->ask("begin").ok());
    REQUIRE(client->ask("insert into ledger values (" + std::to_string(number) + ")").ok());
  }
  void insert_and_ask(int number, const std::string& commit) {
    begin(number);
    REQUIRE(client->ask(commit).ok());
  }
  std::string in_app(const std::string& sql) {
    return postgres::connect({.port = at.members.leader().port()})->value(sql);
  }
  bool has(int number) {
    return in_app("select count(*) from ledger where n = " + std::to_string(number)) == "1";
  }
  double found(const std::string& outcome) const {
    return at.skein->metric("skein_commits_resolved_total", "outcome=\"" + outcome + "\"")
        .value_or(0);
  }
  // A table whose writers take a minute to commit.
  void make_slow_table() {
    const auto leader = postgres::connect({.port = at.members.leader().port()});
    for (const char* each :
         {"create table slow (n int)",
          "create function dawdle() returns trigger language plpgsql as "
          "'begin perform pg_sleep(60); return null; end'",
          "create constraint trigger slowly after insert on slow deferrable initially deferred "
          "for each row execute function dawdle()"}) {
      const auto told = leader->ask(each);
      REQUIRE_MESSAGE(told.ok(), told.text);
    }
    at.members.wait_until_caught_up();
  }
  // On its way, and its transaction's number has been told before it.
  void begin_slow_commit() {
    REQUIRE(client->ask("begin").ok());
    REQUIRE(client->ask("insert into slow values (1)").ok());
    client->send("commit");
    const auto begun = [&] {
      return at.members.leader().value(
                 "select count(*) from pg_stat_activity where state = 'active' and query = "
                 "'commit'") == "1";
    };
    wait_until(begun, 20s, "the commit has begun");
  }

  flock at;
  fault_relay& way;
  std::unique_ptr<connection> client;
};

}  // namespace

// Who led may have crashed meanwhile, and have given the number to another: that cannot be told.
TEST_CASE("while the same server leads, a commit that it knows is in doubt all the same") {
  if (!is_wanted(engine::postgres)) return;
  scene here;
  here.begin(11);
  here.way.cut_after(number_bytes, direction::to_client);
  here.client->send("commit");
  wait_until([&] { return here.has(11); }, 20s, "it is committed");
  here.way.heal();
  CHECK(here.client->finish(60s).code == "08007");
  CHECK(here.found("unknown") == 1.0);
}

TEST_CASE("a commit that its server did not survive is never told to be committed") {
  if (!is_wanted(engine::postgres)) return;
  scene here;
  here.make_slow_table();
  here.begin_slow_commit();
  here.at.members.member("a").kill();
  here.at.members.member("a").start();
  const auto told = here.client->finish(60s);
  // Its number may have gone to another already, who committed: then it cannot be told.
  CHECK_MESSAGE((told.code == "40001" || told.code == "08007"), told.text);
  CHECK(here.in_app("select count(*) from slow") == "0");
}

TEST_CASE("what cannot be told is in doubt: what commits by itself, a number nobody has heard") {
  if (!is_wanted(engine::postgres)) return;
  scene here;
  const auto lost = [&](const std::string& sql) {
    here.way.cut_after(0, direction::to_client);
    here.client->send(sql);
    const auto told = here.client->finish(60s);
    here.way.heal();
    here.client = connect(engine::postgres, {.port = here.at.skein->port()});
    return told.code;
  };
  CHECK(lost("insert into ledger values (11)") == "08007");
  here.begin(12);
  CHECK(lost("commit") == "08007");
  CHECK(here.at.skein->metric("skein_errors_total", "kind=\"in_doubt\"").value_or(0) == 2.0);
}

TEST_CASE("a commit under way while the lead moves is told as the new leader has it") {
  if (!is_wanted(engine::postgres)) return;
  for (const bool arrives : {true, false}) {
    CAPTURE(arrives);
    scene here("automatic: yes");
    here.at.members.wait_until_caught_up();
    if (arrives) {
      here.begin(11);
      here.way.cut_after(number_bytes, direction::to_client, cut::silence);
      here.client->send("commit");
      wait_until([&] { return here.has(11); }, 20s, "it is committed");
      here.at.members.wait_until_caught_up();
    } else {
      here.make_slow_table();
      here.begin_slow_commit();
    }
    here.at.members.member("a").kill();
    here.way.refuse();
    const auto told = here.client->finish(60s);
    wait_until([&] { return !here.at.who_takes_writes().empty(); }, 30s, "another leads");
    here.at.skein->wait_until_status_says("leads");
    const std::string table = arrives ? "ledger where n = 11" : "slow";
    std::string rows;
    const auto counted = [&] {
      const auto next = connect(engine::postgres, {.port = here.at.skein->port()});
      rows = next->value("select count(*) from " + table);
      return rows == "0" || rows == "1";
    };
    wait_until(counted, 30s, "the new leader tells what it has");
    MESSAGE("heard: ", told.code, " ", told.text);
    CHECK(rows == (arrives ? "1" : "0"));
    CHECK(told.code == (arrives ? "" : "40001"));
  }
}
