// What sessions hear when the lead moves: who has sent nothing waits and goes on; a transaction
// under way fails as one that lost against another, and is run again; a commit whose answer is lost
// is looked up.
#include <memory>
#include <vector>

#include "tests/servers/failover/flock.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// So that it is done by what has been sent, and not by a connection whose end is not seen yet.
void await_no_server_connection(flock& at) {
  wait_until([&] { return at.skein->metric("skein_server_connections_idle") == 0.0; }, 10s,
             "the end of the servers' connections is noticed");
}

bool has(connection& by, int number) {
  return by.value("select count(*) from ledger where n = " + std::to_string(number)) == "1";
}

std::string insert(int number) {
  return "insert into ledger values (" + std::to_string(number) + ")";
}

// A transaction that is run anew on the same connection.
void check_goes_on(connection& session, int number) {
  session.ask("rollback");
  for (const std::string& each : {std::string("begin"), insert(number), std::string("commit")}) {
    const auto told = session.ask(each);
    CAPTURE(each);
    CHECK_MESSAGE(told.ok(), told.code, " ", told.text);
  }
  CHECK(has(session, number));
}

}  // namespace

TEST_CASE("sessions between transactions wait for the new leader and go on") {
  on_each_engine([](const tongue& in) {
    flock at(in);
    const bool of_postgres = in.which == engine::postgres;
    auto steady = connect(in.which, {.port = at.skein->port()});
    const std::string set =
        of_postgres ? "set work_mem to '3MB'" : "set session lock_wait_timeout = 77";
    REQUIRE(steady->ask(set).ok());
    std::vector<std::unique_ptr<connection>> crowd;
    for (int i = 0; i < 200; ++i) crowd.push_back(connect(in.which, {.port = at.skein->port()}));
    for (auto& each : crowd) REQUIRE(each->ask("select 1").ok());
    at.members.wait_until_caught_up();
    at.members.member("a").kill();
    await_no_server_connection(at);
    for (std::size_t i = 0; i < crowd.size(); ++i) crowd[i]->send(insert(static_cast<int>(i) + 1));
    for (auto& each : crowd) {
      const auto told = each->finish(60s);
      CHECK_MESSAGE(told.ok(), told.code, " ", told.text);
    }
    CHECK(steady->value("select count(*) from ledger") == "200");
    CHECK(steady->value(of_postgres ? "show work_mem" : "select @@lock_wait_timeout") ==
          (of_postgres ? "3MB" : "77"));
    CHECK(at.who_takes_writes() != "a");
  });
}

TEST_CASE("a statement that nobody takes waits until the same leader is back") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: no");
    auto one = connect(in.which, {.port = at.skein->port()});
    REQUIRE(one->ask("select 1").ok());
    // Before, what a session leaves on its server is looked for there.
    wait_until([&] { return at.skein->log().find("has been read") != std::string::npos; }, 20s,
               "the definitions are read");
    at.members.member("a").stop();
    await_no_server_connection(at);
    wait_until([&] { return at.skein->get("/leader").status == 503; }, 20s, "nobody leads");
    one->send(insert(1));
    at.members.member("a").start();
    const auto told = one->finish(60s);
    CHECK_MESSAGE(told.ok(), told.code, " ", told.text);
    CHECK(has(*one, 1));
  });
}

TEST_CASE("a transaction that is open when the leader dies is to be run again, on its connection") {
  on_each_engine([](const tongue& in) {
    flock at(in);
    auto silent = connect(in.which, {.port = at.skein->port()});
    auto asking = connect(in.which, {.port = at.skein->port()});
    auto quits = connect(in.which, {.port = at.skein->port()});
    for (auto* each : {silent.get(), asking.get(), quits.get()}) REQUIRE(each->ask("begin").ok());
    REQUIRE(silent->ask(insert(1)).ok());
    REQUIRE(asking->ask(insert(2)).ok());
    REQUIRE(quits->ask(insert(3)).ok());
    asking->send(in.sleep_for("60"));
    wait_until([&] { return at.members.leader().value(in.running(in.sleep)) == "1"; }, 10s,
               "the statement runs");
    at.members.wait_until_caught_up();
    at.members.member("a").kill();
    auto told = asking->finish(30s);
    CHECK_MESSAGE(told.code == in.heard.rolled_back, told.text);
    CHECK(told.text.find("nothing of it was kept") != std::string::npos);
    told = silent->ask("select 1");
    CHECK_MESSAGE(told.code == in.heard.rolled_back, told.text);
    // Who gives up anyway has no need to hear of it.
    CHECK(quits->ask("rollback").ok());
    check_goes_on(*silent, 11);
    check_goes_on(*asking, 12);
    check_goes_on(*quits, 13);
    for (const int gone : {1, 2, 3}) CHECK_FALSE(has(*silent, gone));
  });
}

TEST_CASE("a leader that hangs lets its sessions go when the lead moves") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: yes, detect_after: 2s");
    auto asking = connect(in.which, {.port = at.skein->port()});
    auto writing = connect(in.which, {.port = at.skein->port()});
    auto silent = connect(in.which, {.port = at.skein->port()});
    for (auto* each : {asking.get(), silent.get()}) {
      REQUIRE(each->ask("begin").ok());
      REQUIRE(each->ask("select count(*) from ledger").ok());
    }
    REQUIRE(writing->ask("select 1").ok());
    at.members.wait_until_caught_up();
    at.members.member("a").freeze();
    asking->send(insert(1));
    writing->send(insert(2));
    auto told = asking->finish(30s);
    CHECK_MESSAGE(told.code == in.heard.rolled_back, told.text);
    CHECK(told.text.find("the lead") != std::string::npos);
    told = writing->finish(30s);
    CHECK_MESSAGE(told.code == in.heard.in_doubt, told.text);
    CHECK(silent->ask("select 1").code == in.heard.rolled_back);
    check_goes_on(*asking, 11);
    check_goes_on(*silent, 12);
    CHECK(at.skein->metric("skein_errors_total", "kind=\"in_doubt\"").value_or(0) == 1.0);
    at.members.member("a").thaw();
  });
}
