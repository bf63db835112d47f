// What Skein tells of where statements went, and of why.
#include <doctest/doctest.h>

#include <deque>

#include "tests/servers/routing/shop.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

using line = std::map<std::string, std::string>;  // by column; null is empty

// The row of SHOW STATEMENTS whose statement is this one; empty: there is none.
line told_of(pg_session& console, const std::string& statement) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> told(PQexec(console.raw(), "show statements"),
                                                           &PQclear);
  for (int row = 0; row < PQntuples(told.get()); ++row) {
    line one;
    for (int i = 0; i < PQnfields(told.get()); ++i)
      one[PQfname(told.get(), i)] = PQgetvalue(told.get(), row, i);
    if (one.at("statement") == statement) return one;
  }
  return {};
}

skein_options with_console() {
  return {.lines = {"console: {users: [app]}"}};
}

}  // namespace

TEST_CASE("SHOW STATEMENTS tells where statements of each form went, and why the last one did") {
  shop in(any_follower, with_console());
  pg_session console(in.skein->words(app, "dbname=skein"));
  // On whatever core.
  std::deque<pg_session> all;
  for (int i = 0; i < 4; ++i) all.emplace_back(in.skein->words(app));
  const double to_followers = in.lent_to_followers();
  for (int i = 0; i < 40; ++i)
    CHECK(all[i % 4].ask("select n from goods where id = " + std::to_string(i)).ok());
  const double served = in.lent_to_followers() - to_followers;
  for (int i = 0; i < 3; ++i)
    CHECK(all[0].ask("UPDATE goods SET n = n + 1 WHERE id = " + std::to_string(i)).ok());
  CHECK(all[0].ask("select n from goods where id = 5 for update").ok());

  const line reads = told_of(console, "select n from goods where id = 1");
  REQUIRE(!reads.empty());
  CHECK(reads.at("cluster") == "shop");
  CHECK(reads.at("fingerprint").size() == 16);
  CHECK(reads.at("calls") == "40");
  CHECK(std::stod(reads.at("followers")) == served);
  CHECK(std::stoi(reads.at("leader")) + std::stoi(reads.at("followers")) == 40);
  CHECK(reads.at("again") == "0");
  CHECK(reads.at("last_route")
            .starts_with("to follower \"" + reads.at("last_member") + "\": it only reads"));
  const line writes = told_of(console, "update goods set n = n + 1 where id = 1");
  REQUIRE(!writes.empty());
  CHECK(writes.at("calls") == "3");
  CHECK(writes.at("leader") == "3");
  CHECK(writes.at("last_member") == "a");
  const line locks = told_of(console, "select n from goods where id = 1 for update");
  REQUIRE(!locks.empty());
  CHECK(locks.at("last_route") == "to leader \"a\": it locks rows (FOR UPDATE)");
}

TEST_CASE("SHOW STATEMENTS: of what is prepared, in a transaction, refused, or not to be read") {
  shop in(any_follower + std::string(", rules: [{name: no counting, match: {query: 'count \\( n'}, "
                                     "refuse: count nothing}]"),
          with_console());
  pg_session console(in.skein->words(app, "dbname=skein"));
  pg_session one(in.skein->words(app));
  PQclear(PQprepare(one.raw(), "mine", "select n from goods where id = $1", 0, nullptr));
  const char* const values[] = {"7"};
  for (int i = 0; i < 5; ++i)
    PQclear(PQexecPrepared(one.raw(), "mine", 1, values, nullptr, nullptr, 0));
  CHECK(one.ask("select count(n) from goods").sqlstate == "42501");
  CHECK(one.ask("begin").ok());
  CHECK(one.ask("select n + 77 from goods").ok());
  CHECK(one.ask("commit").ok());
  CHECK_FALSE(one.ask("select 'never ended").ok());

  const line prepared = told_of(console, "select n from goods where id = $1");
  REQUIRE(!prepared.empty());
  CHECK(std::stoi(prepared.at("calls")) >= 5);
  const line refused = told_of(console, "select count ( n ) from goods");
  REQUIRE(!refused.empty());
  CHECK(refused.at("calls") == "1");
  CHECK(refused.at("last_member") == "");
  CHECK(refused.at("last_route") == "refused by rule \"no counting\"");
  // What decides for a transaction is its first word.
  CHECK(told_of(console, "begin").at("leader") == "1");
  CHECK(told_of(console, "select n + 1 from goods").empty());
  const line unread = told_of(console, "");
  REQUIRE(!unread.empty());
  CHECK(unread.at("fingerprint") == "");
  CHECK(unread.at("last_member") == "a");
}

TEST_CASE("SHOW STATEMENTS: a read that failed on a follower is counted as asked again") {
  shop in(any_follower, with_console(), {.followers = 1});
  pg_session console(in.skein->words(app, "dbname=skein"));
  pg_session one(in.skein->words(app));
  const double before = in.lent("b");
  one.send("select count(*), count(pg_sleep(0.02)) from goods");
  wait_until([&] { return in.lent("b") == before + 1; }, 5s, "the follower has it");
  in.servers.member("b").kill();
  CHECK(one.finish().ok());
  const line told = told_of(console, "select count ( * ) , count ( pg_sleep ( 1 ) ) from goods");
  REQUIRE(!told.empty());
  CHECK(told.at("calls") == "1");
  CHECK(told.at("followers") == "1");
  CHECK(told.at("leader") == "1");
  CHECK(told.at("again") == "1");
  CHECK(told.at("last_member") == "a");
}

TEST_CASE("skein explain says in a shell what EXPLAIN ROUTE says at the console") {
  shop in(
      any_follower + std::string(", rules: [{name: reports, match: {user: report, table: goods}, "
                                 "send: {member: c}}]"),
      with_console());
  pg_session console(in.skein->words(app, "dbname=skein"));
  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"explain", "--database", "app"});
    words.push_back(in.skein->settings_file());
    return in.skein->command(std::move(words));
  };
  for (const std::string statement :
       {"select n from goods where id = 7 for update", "select * from goods, only public.other",
        "/* skein: leader */ select 'x'", "never \"heard\" of that", "select 'open"}) {
    CAPTURE(statement);
    const auto told = console.ask("explain route database app " + statement);
    REQUIRE_MESSAGE(told.ok(), told.text);
    const auto said = ask({statement});
    CHECK_MESSAGE(said.exit_code == 0, said.errors);
    CHECK(said.output.starts_with(told.lines[0][2].value() + "\n"));
    for (const auto& each : told.lines[0]) CHECK(said.output.contains(each.value_or("")));
  }
  const auto locks = ask({"--cluster", "shop", "select n from goods where id = 7 for update;"});
  CHECK(locks.output.starts_with("to leader \"a\": it locks rows (FOR UPDATE)\n"));
  CHECK(locks.output.contains("statement: select n from goods where id = 1 for update\n"));
  CHECK(locks.output.contains("tables: goods\n"));
  CHECK(locks.errors.empty());
  const auto ruled = ask({"--user=report", "--json", "select n from goods"});
  CHECK(ruled.output.contains("\"route\":\"to member \\\"c\\\": rule \\\"reports\\\" says so\""));

  const auto elsewhere = ask({"--cluster", "nowhere", "select 1"});
  CHECK(elsewhere.exit_code == 1);
  CHECK(elsewhere.errors == "skein: there is no cluster \"nowhere\"; there are: shop\n");
  const auto unsaid = in.skein->command({"explain"});
  CHECK(unsaid.exit_code == 2);
  CHECK(in.skein->get("/explain").status == 405);
  in.skein->stop();
  const auto nobody = ask({"select 1"});
  CHECK(nobody.exit_code == 1);
  CHECK(nobody.errors.contains("no Skein answers at"));
}

TEST_CASE("of routed statements some are logged, by lot, and never what they hold") {
  const auto lines = [](const std::string& log, const std::string& words) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = log.find(words, at)) != log.npos; ++at) ++found;
    return found;
  };
  SUBCASE("each") {
    shop in(any_follower + std::string(", log_sample: 1"));
    pg_session one(in.skein->words(app));
    CHECK(one.ask("select n from goods where id = 424242 or 'secret words' = $$more$$").ok());
    CHECK(one.ask("select n from goods where id = 7 for update").ok());
    std::string wide = "select id";
    for (int i = 0; i < 80; ++i) wide += ", n";
    CHECK(one.ask(wide + " from goods").ok());
    const std::string log = in.skein->log();
    CHECK(lines(log, "message=routed cluster=shop client=127.0.0.1:") > 2);
    CHECK(lines(log, R"(user=app database=app member=a route="to leader \"a\": it locks rows)") ==
          1);
    CHECK(lines(log, R"(statement="select n from goods where id = 1 for update")") == 1);
    CHECK(lines(log, "statement=\"select n from goods where id = 1 or '?' = '?'\"") == 1);
    CHECK(lines(log, ", n , n...\"") + lines(log, ", n , n ...\"") + lines(log, ", n ,...\"") +
              lines(log, ", n , ...\"") ==
          1);
    for (const char* literal : {"424242", "secret", "more$"}) CHECK_FALSE(log.contains(literal));
  }
  SUBCASE("one in ten") {
    shop in(any_follower + std::string(", log_sample: 10"));
    pg_session one(in.skein->words(app));
    for (int i = 0; i < 1000; ++i) REQUIRE(one.ask("select 1").ok());
    // So far off, by chance, is one run of millions.
    const std::size_t told = lines(in.skein->log(), "message=routed");
    CHECK(told > 50);
    CHECK(told < 150);
  }
  SUBCASE("none, which is the default") {
    shop in;
    CHECK(pg_session(in.skein->words(app)).ask("select 1").ok());
    CHECK_FALSE(in.skein->log().contains("message=routed"));
  }
}
