// What Skein tells of where statements went, and of why.
#include <deque>

#include "tests/servers/routing/shop.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// The row of SHOW STATEMENTS whose statement is this one; empty: there is none.
named_row told_of(connection& console, const std::string& statement) {
  const auto told = console.ask("show statements");
  check_ok(told);
  const auto found = named_rows(told, "statement", statement);
  return found.empty() ? named_row{} : found[0];
}

skein_options with_console() {
  return {.lines = {"console: {users: [app]}"}};
}

}  // namespace

TEST_CASE("SHOW STATEMENTS tells where statements of each form went, and why the last one did") {
  on_each_engine([](const tongue& in) {
    shop at(in, any_follower, with_console());
    const auto console = at.console();
    // On whatever core.
    std::deque<std::unique_ptr<connection>> all;
    for (int i = 0; i < 4; ++i) all.push_back(at.connect());
    const double to_followers = at.lent_to_followers();
    for (int i = 0; i < 40; ++i)
      check_ok(all[i % 4]->ask("select n from goods where id = " + std::to_string(i)));
    const double served = at.lent_to_followers() - to_followers;
    for (int i = 0; i < 3; ++i)
      check_ok(all[0]->ask("UPDATE goods SET n = n + 1 WHERE id = " + std::to_string(i)));
    check_ok(all[0]->ask("select n from goods where id = 5 for update"));

    const auto reads = told_of(*console, "select n from goods where id = 1");
    REQUIRE(!reads.empty());
    CHECK(reads.at("cluster") == "shop");
    CHECK(reads.at("fingerprint").size() == 16);
    CHECK(reads.at("calls") == "40");
    CHECK(std::stod(reads.at("followers")) == served);
    CHECK(std::stoi(reads.at("leader")) + std::stoi(reads.at("followers")) == 40);
    CHECK(reads.at("again") == "0");
    CHECK(reads.at("last_route")
              .starts_with("to follower \"" + reads.at("last_member") + "\": it only reads"));
    const auto writes = told_of(*console, "update goods set n = n + 1 where id = 1");
    REQUIRE(!writes.empty());
    CHECK(writes.at("calls") == "3");
    CHECK(writes.at("leader") == "3");
    CHECK(writes.at("last_member") == "a");
    const auto locks = told_of(*console, "select n from goods where id = 1 for update");
    REQUIRE(!locks.empty());
    CHECK(locks.at("last_route") == "to leader \"a\": it locks rows (FOR UPDATE)");
  });
}

TEST_CASE("SHOW STATEMENTS: of what is prepared, in a transaction, refused, or not to be read") {
  on_each_engine([](const tongue& in) {
    shop at(
        in,
        any_follower + std::string(", rules: [{name: no counting, match: {query: 'count \\( n'}, "
                                   "refuse: count nothing}]"),
        with_console());
    const auto console = at.console();
    const auto one = at.connect();
    const std::string by_id = "select n from goods where id = " + in.first_parameter;
    check_ok(one->execute(by_id, {"7"}, 5));
    const auto not_run = one->ask("select count(n) from goods");
    CHECK(not_run.code == in.heard.refused);
    CHECK(not_run.text.contains("count nothing"));
    check_ok(one->ask("begin"));
    check_ok(one->ask("select n + 77 from goods"));
    check_ok(one->ask("commit"));
    CHECK_FALSE(one->ask("select 'never ended").ok());

    const auto prepared = told_of(*console, by_id);
    REQUIRE(!prepared.empty());
    CHECK(std::stoi(prepared.at("calls")) >= 5);
    const auto refused = told_of(*console, "select count ( n ) from goods");
    REQUIRE(!refused.empty());
    CHECK(refused.at("calls") == "1");
    CHECK(refused.at("last_member") == "");
    CHECK(refused.at("last_route") == "refused by rule \"no counting\"");
    // What decides for a transaction is its first word.
    CHECK(told_of(*console, "begin").at("leader") == "1");
    CHECK(told_of(*console, "select n + 1 from goods").empty());
    const auto unread = told_of(*console, "");
    REQUIRE(!unread.empty());
    CHECK(unread.at("fingerprint") == "");
    CHECK(unread.at("last_member") == "a");
  });
}

TEST_CASE("SHOW STATEMENTS: a read that failed on a follower is counted as asked again") {
  on_each_engine([](const tongue& in) {
    shop at(in, any_follower, with_console(), {.followers = 1});
    const auto console = at.console();
    const auto one = at.connect_warmly();
    const int sent = at.send_to_b(*one, in.read_slowly("0.02"));
    at.members.member("b").kill();
    check_ok(one->finish());
    const auto told = told_of(
        *console, "select count ( * ) , " + in.add_up + " ( " + in.sleep + " ( 1 ) ) from goods");
    REQUIRE(!told.empty());
    CHECK(told.at("calls") == std::to_string(sent));
    CHECK(std::stoi(told.at("followers")) + std::stoi(told.at("leader")) == sent + 1);
    CHECK(told.at("again") == "1");
    CHECK(told.at("last_member") == "a");
  });
}

TEST_CASE("skein explain says in a shell what EXPLAIN ROUTE says at the console") {
  on_each_engine([](const tongue& in) {
    shop at(
        in,
        any_follower + std::string(", rules: [{name: reports, match: {user: report, table: goods}, "
                                   "send: {member: c}}]"),
        with_console());
    const auto console = at.console();
    const auto ask = [&](std::vector<std::string> words) {
      words.insert(words.begin(), {"explain", "--database", "app"});
      words.push_back(at.skein->settings_file());
      return at.skein->command(std::move(words));
    };
    for (const std::string statement :
         {"select n from goods where id = 7 for update", "select * from goods, app.other",
          "/* skein: leader */ select 'x'", "never \"heard\" of that", "select 'open"}) {
      CAPTURE(statement);
      const auto told = console->ask("explain route database app " + statement);
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
    const auto unsaid = at.skein->command({"explain"});
    CHECK(unsaid.exit_code == 2);
    CHECK(at.skein->get("/explain").status == 405);
    at.skein->stop();
    const auto nobody = ask({"select 1"});
    CHECK(nobody.exit_code == 1);
    CHECK(nobody.errors.contains("no Skein answers at"));
  });
}

TEST_CASE("a rule sends, of a user, an application, a table or a query, where it says") {
  on_each_engine([](const tongue& in) {
    shop at(in, any_follower +
                    std::string(", rules: ["
                                "{name: few, match: {query: 'max \\( n'}, "
                                "limit: {rate: 1, burst: 2}}, "
                                "{name: audits, match: {application: audit}, send: {to: leader}}, "
                                "{name: reports, match: {application: report, table: goods}, "
                                "send: {member: c, freshness: any}}]"));
    const auto audit = at.connect("audit");
    const auto report = at.connect("report");
    const double a = at.lent("a");
    for (int i = 0; i < 10; ++i) check_ok(audit->ask("select n from goods where id = 1"));
    CHECK(at.lent("a") == a + 10);
    const double c = at.lent("c");
    for (int i = 0; i < 10; ++i) check_ok(report->ask("select n from goods where id = 1"));
    CHECK(at.lent("c") == c + 10);
    check_ok(report->ask("update goods set n = 0 where id = 1"));
    CHECK(at.members.leader().value("select n from goods where id = 1") == "0");
    int refused = 0;
    for (int i = 0; i < 10; ++i) {
      const auto told = audit->ask("select max(n) from goods");
      refused += told.code == in.heard.refused && told.text.contains("lets no more");
      CHECK((told.ok() || told.code == in.heard.refused));
    }
    CHECK(refused > 0);
    CHECK(refused < 9);
  });
}

namespace {

std::size_t lines_with(const std::string& log, const std::string& words) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = log.find(words, at)) != log.npos; ++at) ++found;
  return found;
}

}  // namespace

TEST_CASE("of routed statements each is logged, and never what it holds") {
  on_each_engine([](const tongue& in) {
    shop at(in, any_follower + std::string(", log_sample: 1"));
    const auto one = at.connect();
    const std::string quoted = in.which == engine::postgres ? "$$more$$" : "\"more$$\"";
    check_ok(one->ask("select n from goods where id = 424242 or 'secret words' = " + quoted));
    check_ok(one->ask("select n from goods where id = 7 for update"));
    std::string wide = "select id";
    for (int i = 0; i < 80; ++i) wide += ", n";
    check_ok(one->ask(wide + " from goods"));
    const std::string log = at.skein->log();
    CHECK(lines_with(log, "message=routed cluster=shop client=127.0.0.1:") > 2);
    CHECK(lines_with(
              log, R"(user=app database=app member=a route="to leader \"a\": it locks rows)") == 1);
    CHECK(lines_with(log, R"(statement="select n from goods where id = 1 for update")") == 1);
    CHECK(lines_with(log, "statement=\"select n from goods where id = 1 or '?' = '?'\"") == 1);
    CHECK(lines_with(log, ", n , n...\"") + lines_with(log, ", n , n ...\"") +
              lines_with(log, ", n ,...\"") + lines_with(log, ", n , ...\"") ==
          1);
    for (const char* literal : {"424242", "secret", "more$"}) CHECK_FALSE(log.contains(literal));
  });
}

TEST_CASE("of routed statements one in ten is logged, by lot; none, which is the default") {
  on_each_engine([](const tongue& in) {
    const shop some(in, any_follower + std::string(", log_sample: 10"));
    const auto one = some.connect();
    for (int i = 0; i < 1000; ++i) REQUIRE(one->ask("select 1").ok());
    // So far off, by chance, is one run of millions.
    const std::size_t told = lines_with(some.skein->log(), "message=routed");
    CHECK(told > 50);
    CHECK(told < 150);
    CHECK_FALSE(shop(in).skein->log().contains("message=routed"));
  });
}
