// Server sessions that end under their clients: between transactions nobody notices, in one its
// client hears of it, and what may have been committed is said to be in doubt.
#include "tests/servers/transactions/deeds.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace skein::servers::transactions;
using namespace std::chrono_literals;

namespace {

void restart(scene& at) {
  at.shop.leader().kill();
  at.shop.leader().start();
  wait_until([&] { return at.skein->get("/ready").status == 200; }, 20s, "Skein sees the server");
}

void end_server(scene& at, mysql::client& of) {
  at.shop.leader().query("kill " + of.value("select connection_id()"));
}

}  // namespace

TEST_CASE("between two transactions a session outlives its server connection") {
  on_each([](scene& at) {
    mysql::client one(at.where());
    auto by_id = one.prepare("select name from goods where id = ?");
    act(one, {"set @mine = 7, time_zone = '+03:00'", "use information_schema"});
    const auto check = [&] {
      CHECK(line_of(by_id.execute({"2"})) == "two");
      CHECK(line_of(one.ask("select @mine, @@time_zone, database()")) ==
            "7|+03:00|information_schema");
    };
    check();
    for (int round = 0; round < 3; ++round) {
      end_server(at, one);
      wait_until([&] { return at.skein->metric("skein_server_connections_idle") == 0.0; }, 3s,
                 "its end is noticed");
      check();
    }
    restart(at);
    check();
  });
}

TEST_CASE("a transaction whose server ends is lost, and its client hears so") {
  on_each([](scene& at) {
    for (const bool killed : {true, false}) {
      CAPTURE(killed);
      mysql::client one(at.where());
      act(one, {"begin", "insert into goods values (50, '')"});
      killed ? restart(at) : end_server(at, one);
      const auto told = one.ask("insert into goods values (51, '')");
      CHECK(told.error == 1213);
      CHECK(told.sqlstate == "40001");
      act(one, {"begin", "insert into goods values (52, '')", "rollback"});
      mysql::client other(at.where());
      CHECK(other.value("select count(*) from goods") == "3");
    }
  });
}

TEST_CASE("a commit whose answer is lost is in doubt") {
  skein_options how = one_server();
  how.linked = true;
  on_each(
      [](scene& at) {
        for (const std::string commit : {"commit", "insert into goods values (60, '')"}) {
          CAPTURE(commit);
          mysql::client one(at.where());
          if (commit == "commit") act(one, {"begin", "insert into goods values (50, '')"});
          CHECK(one.value("select 1") == "1");
          auto& link = at.shop.link("skein", "a");
          link.cut_after(0, direction::to_client);
          const auto told = one.ask(commit);
          link.heal();
          CHECK(told.error == 1180);
          CHECK(told.sqlstate == "08007");
        }
        wait_until([&] { return at.shop.leader().value("select count(*) from app.goods") == "5"; },
                   5s, "both were committed");
        mysql::client other(at.where());
        CHECK(other.value("select count(*) from goods") == "5");
      },
      how);
}
