// KILL, by the number that a client was told when it connected: what a session runs, or the session
// itself, from any connection of the same user and of nobody else.
#include <doctest/doctest.h>

#include <atomic>
#include <future>

#include "backends/mysql/wire_session.hpp"
#include "tests/servers/sessions/scene.hpp"
#include "tests/servers/takeover/heir.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace skein::servers::sessions;
using namespace std::chrono_literals;
using skein::mysql::wire_session;

namespace {

// Each its own, so that the servers' lists tell them apart: one that has been answered may stand
// there for a moment yet.
std::string long_query() {
  static std::atomic<int> number{100};
  return "select count(*) from goods where sleep(30) = 0 and " + std::to_string(number++) + " > 0";
}

std::string id_of(scene& on, const std::string& running) {
  const auto found = on.shop.leader().query(
      "select id from information_schema.processlist where command = 'Query' and info = '" +
      running + "'");
  return found.empty() ? "" : found.front().front().value_or("");
}

// A client that knows what it was told its number is.
struct numbered {
  explicit numbered(const scene& on, const login& who = app, const std::string& database = "app")
      : session({.address = {"127.0.0.1", on.skein->port()},
                 .tls = {},
                 .who = {who.user, who.password},
                 .database = database,
                 .timeout = 60s}) {
    if (const auto first = session.ask("select 1"); !first) FAIL(first.error().text_for_client);
  }
  std::string id() const { return std::to_string(session.id()); }
  // "0 ", "1317 127.0.0.1:20001: Query execution was interrupted"
  std::string ask(std::string_view sql) {
    const auto told = session.ask(sql);
    return std::to_string(session.refusal()) + ' ' + (told ? "" : told.error().text_for_client);
  }
  std::string value(std::string_view sql) {
    const auto told = session.ask(sql);
    if (!told || told->rows.size() != 1) return "?";
    return told->rows.front().begin()->second.value_or("null");
  }

  wire_session session;
};

// A query that runs in a thread of its own, from when its server runs it.
struct running_query {
  running_query(scene& on, numbered& victim)
      : text(long_query()),
        told(
            std::async(std::launch::async, [&victim, query = text] { return victim.ask(query); })) {
    wait_until([&] { return !id_of(on, text).empty(); }, 20s, "it runs");
  }
  bool ends_soon() { return told.wait_for(15s) == std::future_status::ready; }
  bool goes_on() { return told.wait_for(300ms) == std::future_status::timeout; }

  std::string text;
  std::future<std::string> told;
};

}  // namespace

TEST_CASE("KILL QUERY ends what another session runs, and that session goes on") {
  on_each([](scene& on) {
    for (int i = 0; i < 4; ++i) {  // on one core and on the other
      numbered victim(on);
      numbered killer(on);
      CHECK(victim.ask("set @mine = 7") == "0 ");
      running_query query(on, victim);
      CHECK(killer.ask("KILL QUERY " + victim.id()) == "0 ");
      REQUIRE(query.ends_soon());
      const auto heard = query.told.get();
      CHECK_MESSAGE(heard.starts_with("1317 "), heard);
      CHECK(victim.value("select @mine") == "7");
      CHECK(killer.ask("kill query " + victim.id()) == "0 ");  // nothing runs
      CHECK(victim.value("select @mine") == "7");
    }
  });
}

TEST_CASE("KILL ends a session, whether it runs something or not") {
  on_each([](scene& on) {
    numbered killer(on);
    numbered busy(on);
    running_query query(on, busy);
    const auto id = busy.id();
    CHECK(killer.ask("kill connection " + id) == "0 ");
    REQUIRE(query.ends_soon());
    const auto heard = query.told.get();
    CHECK_MESSAGE(heard.starts_with("1317 "), heard);
    wait_until([&] { return killer.ask("kill " + id).starts_with("1094 "); }, 10s, "it is gone");
    wait_until([&] { return id_of(on, query.text).empty(); }, 10s, "its server runs it no more");
    numbered idle(on);
    const auto before = idle.id();
    CHECK(killer.ask("kill " + before) == "0 ");
    wait_until([&] { return killer.ask("kill " + before).starts_with("1094 "); }, 10s,
               "it is gone");
    idle.ask("select 1");  // hears the last word of its connection, unless it is lost
    CHECK(idle.value("select 1") == "1");
    CHECK(idle.id() != before);
    // Its own: the last thing that it hears.
    numbered own(on);
    const auto last = own.ask("kill " + own.id());
    CHECK_MESSAGE(last.starts_with("1317 "), last);
  });
}

TEST_CASE("only who is the same user may kill, and nobody by the server's numbers") {
  on_each([](scene& on) {
    numbered victim(on);
    numbered other(on, replicator, "");
    running_query query(on, victim);
    for (const char* word : {"kill query ", "kill connection "}) {
      const auto refused = other.ask(word + victim.id());
      CHECK_MESSAGE(refused.starts_with("1095 "), refused);
      CHECK(refused.ends_with("You are not owner of thread " + victim.id()));
    }
    CHECK(query.goes_on());
    numbered killer(on);
    // Ours, and none that a driver takes for a negative one.
    CHECK((victim.session.id() >= 1U << 30 && victim.session.id() < 1U << 31));
    const auto of_server = id_of(on, query.text);
    const auto refused = killer.ask("kill query " + of_server);
    CHECK_MESSAGE(refused.starts_with("1094 "), refused);
    CHECK(refused.contains("the id that Skein told"));
    CHECK(killer.ask("kill query connection_id()").starts_with("1235 "));
    CHECK(query.goes_on());
    CHECK(killer.ask("kill query " + victim.id()) == "0 ");
    CHECK(query.ends_soon());
  });
}

TEST_CASE("a program that kills by a command of the wire kills a session") {
  on_each([](scene& on) {
    numbered victim(on);
    running_query query(on, victim);
    child_process client({.command = {"mariadb-admin", "--no-defaults", "--host=127.0.0.1",
                                      "--port=" + std::to_string(on.skein->port()),
                                      "--user=" + app.user, "kill", victim.id()},
                          .environment = {"MYSQL_PWD=" + app.password}});
    CHECK_MESSAGE(client.wait(20s) == 0, client.output());
    CHECK(query.ends_soon());
    const auto heard = query.told.get();
    CHECK_MESSAGE(heard.starts_with("1317 "), heard);
  });
}

TEST_CASE("a statement that runs for too long is cancelled on its server") {
  on_each(
      [](scene& on) {
        numbered late(on);
        const auto heard = late.ask(long_query());
        CHECK_MESSAGE(heard.starts_with("1317 "), heard);
        CHECK(late.value("select 1") == "1");
      },
      {.timeouts = "statement: 500ms"});
}

TEST_CASE("a session of a Skein that was replaced is killed by way of the one in its place") {
  on_each(
      [](scene& on) {
        numbered victim(on);
        running_query query(on, victim);
        heir newer(*on.skein);
        newer.wait_until_it_says("took over");
        numbered killer(on);
        numbered other(on, replicator, "");
        CHECK(other.ask("kill query " + victim.id()).starts_with("1095 "));
        CHECK(killer.ask("kill query " + victim.id()) == "0 ");
        REQUIRE(query.ends_soon());
        const auto heard = query.told.get();
        CHECK_MESSAGE(heard.starts_with("1317 "), heard);
        CHECK(killer.ask("kill " + victim.id()) == "0 ");
        wait_until([&] { return killer.ask("kill " + victim.id()).starts_with("1094 "); }, 10s,
                   "it is gone");
      },
      {.drain = 20s, .linger = 20s});
}
