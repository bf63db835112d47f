// Sessions over MySQL's wire, pooled by session: what a client asks of Skein is answered as its
// server answers, and who comes next finds a connection as new.
#include <doctest/doctest.h>

#include "tests/servers/mysql/raw.hpp"
#include "tests/servers/sessions/scene.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace skein::servers::sessions;
using namespace std::chrono_literals;

TEST_CASE("what is asked is answered as the server does") {
  on_each([](scene& on) {
    mysql::client one(on.where());
    CHECK(one.ask("select id, name from goods order by id").lines ==
          rows{{"1", "one"}, {"2", "two"}, {"3", std::nullopt}});
    CHECK(one.execute("select name from goods where id = ?", {"2"}).lines == rows{{"two"}});
    CHECK(one.value("select database()") == "app");
    const auto none = one.ask("select * from nowhere");
    CHECK(none.error == 1146);
    CHECK(none.sqlstate == "42S02");
    CHECK(one.ask("start transaction").ok());
    CHECK(one.ask("update goods set name = 'three' where id = 3").ok());
    CHECK(one.ask("rollback").ok());
    CHECK(one.value("select name from goods where id = 3") == "null");
    CHECK(one.ask("insert into goods values (4, 'vier')").ok());
    CHECK(on.shop.leader().value("select name from goods where id = 4") == "vier");
    CHECK(one.value("select repeat('x', 100000)").size() == 100000);
    CHECK(one.value("select length(repeat('x', 1000000))") == "1000000");
  });
}

TEST_CASE("the leader is asked, whoever follows") {
  on_each([](scene& on) {
    mysql::client one(on.where());
    const auto port = one.value("select @@port");
    CHECK(port == std::to_string(on.shop.leader().port()));
    CHECK(on.skein->get("/status").body.contains("takes writes"));
  });
}

TEST_CASE("who comes next finds nothing of who was there before") {
  on_each(
      [](scene& on) {
        {
          mysql::client one(on.where());
          CHECK(one.ask("set @mine = 7").ok());
          CHECK(one.ask("set session sql_mode = 'ANSI_QUOTES'").ok());
          CHECK(one.ask("create temporary table passing (n int)").ok());
          CHECK(one.ask("use information_schema").ok());
          CHECK(one.ask("select get_lock('mine', 0)").ok());
          CHECK(one.ask("start transaction").ok());
        }
        mysql::client other(on.where());
        CHECK(other.value("select @mine") == "null");
        CHECK(other.value("select @@sql_mode") == on.shop.leader().value("select @@sql_mode"));
        CHECK(other.ask("select * from passing").error == 1146);
        CHECK(other.value("select database()") == "app");
        CHECK(other.value("select @@character_set_client") == "utf8mb4");
        CHECK(other.value("select is_free_lock('mine')") == "1");
        CHECK(on.skein->metric("skein_server_connections_opened_total") == 1.0);
      },
      {.pool_size = 1, .threads = 1});
}

TEST_CASE("a connection is given again to who names a collation that MariaDB has not") {
  on_each(
      [](scene& on) {
        constexpr std::uint8_t utf8mb4_0900_ai_ci = 255;
        for (int round = 0; round < 2; ++round) {
          mysql::raw_client one(on.skein->port(), app, "app", utf8mb4_0900_ai_ci);
          CHECK(one.ask(mysql::wire::command::query, "set @mine = 7") == "ok");
          CHECK(one.ask(mysql::wire::command::init_db, "app") == "ok");
        }
        CHECK(on.skein->metric("skein_server_connections_opened_total") == 1.0);
      },
      {.pool_size = 1, .threads = 1});
}

TEST_CASE("who has the wrong password is told so, and so is who does not exist") {
  on_each([](scene& on) {
    for (const login& who : {login{"app", "wrong"}, login{"nobody", "app-secret"}}) {
      mysql::target where = on.where();
      where.who = who;
      std::string told;
      try {
        mysql::client one(where);
      } catch (const std::runtime_error& why) {
        told = why.what();
      }
      CHECK(told.contains("(1045)"));
      CHECK(told.contains("Access denied for user '" + who.user + "'"));
    }
  });
}

TEST_CASE("a server that dies is not the end of those who come after") {
  on_each([](scene& on) {
    mysql::client one(on.where());
    CHECK(one.value("select 1") == "1");
    on.shop.leader().kill();
    CHECK_FALSE(one.ask("select 1").ok());
    on.shop.leader().start();
    wait_until([&] { return on.skein->get("/ready").status == 200; }, 20s, "Skein sees the server");
    mysql::client other(on.where());
    CHECK(other.value("select count(*) from goods") == "3");
  });
}
