// COM_CHANGE_USER, by which pools hand a connection on: the next user begins anew on it.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/servers/mysql/native.hpp"
#include "tests/servers/mysql/raw.hpp"
#include "tests/servers/mysql/scene.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;
using mysql::native_client;
using mysql::raw_client;
using mysql::scene;

namespace {

const login ann{"ann", "geese"};
constexpr auto who_and_where = "select concat(substring_index(user(), '@', 1), ' ', database())";

void make_ann(scene& on) {
  on.shop.leader().query("create database if not exists store");
  on.shop.leader().query("create user ann identified by 'geese'");
  on.shop.leader().query("grant all on app.* to ann");
  on.shop.leader().query("grant all on store.* to ann");
}

skein_options both_users(skein_options how = {}) {
  how.users = {app, ann, replicator};
  return how;
}

void on_each(void (*play)(scene&), const skein_options& how = {}, int followers = 0) {
  mysql::on_each_server(both_users(how), followers, play);
}

void begins_anew(scene& on) {
  make_ann(on);
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    native_client client(on.skein->port(), app, {.tls = tls});
    const auto id = client.id();
    for (const auto& [next, database] :
         {std::pair{ann, "store"}, {ann, "store"}, {ann, "app"}, {app, "app"}, {app, "app"}}) {
      CAPTURE(next.user);
      CHECK(client.ask("set @mine = 7, sql_mode = 'ANSI', time_zone = '+03:00'").ok());
      CHECK(client.ask("use app").ok());
      CHECK(client.ask("create temporary table passing (i int)").ok());
      CHECK(client.ask("begin").ok());
      CHECK(client.ask("insert into goods values (100, 'never')").ok());
      const auto changed = client.change_user(next, database);
      CHECK_MESSAGE(changed.ok(), changed.text);
      CHECK(client.value(who_and_where) == next.user + " " + database);
      CHECK(client.value("select @mine") == "null");
      CHECK_FALSE(client.value("select @@sql_mode").contains("ANSI"));
      CHECK(client.value("select @@time_zone") == "SYSTEM");
      CHECK(client.ask("select * from app.passing").error == 1146);
      CHECK(client.value("select count(*) from app.goods where id = 100") == "0");
      CHECK(client.ask("rollback").ok());
      CHECK(client.id() == id);
    }
  }
}

// As the server itself does, which Skein is compared with.
void fails(scene& on) {
  make_ann(on);
  for (const std::uint16_t port : {on.shop.leader().port(), on.skein->port()}) {
    CAPTURE((port == on.skein->port() ? "Skein" : "the server"));
    for (const auto& wrong : {login{"ann", "swans"}, login{"nobody", "geese"}, login{"ann", ""}}) {
      CAPTURE(wrong.user);
      native_client client(port, app);
      CHECK(client.ask("set @mine = 7").ok());
      CHECK(client.ask("begin").ok());
      CHECK(client.ask("insert into goods values (100, 'never')").ok());
      const auto refused = client.change_user(wrong);
      CHECK_MESSAGE(refused.error == 1045, refused.text);
      CHECK(refused.sqlstate == "28000");
      CHECK(refused.text.starts_with("Access denied for user '" + wrong.user + "'@'"));
      if (on.is_mariadb()) {
        CHECK(client.value(who_and_where) == "app app");
        CHECK(client.value("select @mine") == "null");
        CHECK(client.change_user(ann).ok());
        CHECK(client.value(who_and_where) == "ann app");
      } else {
        CHECK(client.ask("select 1").error >= 2000);
      }
      CHECK(native_client(port, app).value("select count(*) from goods where id = 100") == "0");
    }
  }
}

}  // namespace

TEST_CASE("who changes the user begins anew as the other, on the same connection") {
  SUBCASE("pooled by transactions") {
    on_each(begins_anew);
  }
  SUBCASE("by sessions") {
    on_each(begins_anew, {.pool_mode = "session"});
  }
}

TEST_CASE("who cannot change the user hears why, and goes or stays as its server has it") {
  SUBCASE("pooled by transactions") {
    on_each(fails);
  }
  SUBCASE("by sessions") {
    on_each(fails, {.pool_mode = "session"});
  }
}

TEST_CASE("who fails again and again has to connect again") {
  on_each([](scene& on) {
    make_ann(on);
    native_client client(on.skein->port(), app);
    int refused = 0;
    do {
      CHECK(client.change_user({"ann", "swans"}).error == 1045);
      REQUIRE(++refused < 10);
    } while (client.ask("select 1").ok());
    CHECK(refused == (on.is_mariadb() ? 3 : 1));
  });
}

TEST_CASE("a database that is not the user's, and one that is not there") {
  on_each([](scene& on) {
    make_ann(on);
    for (const std::string database : {"mysql", "nowhere"}) {
      native_client client(on.skein->port(), app);
      const auto refused = client.change_user(ann, database);
      CHECK_MESSAGE(refused.error == 1044, refused.text);
      CHECK(client.ask("select 1").error >= 2000);
    }
  });
}

TEST_CASE("what was prepared is gone, and its number is nobody's") {
  on_each([](scene& on) {
    make_ann(on);
    raw_client client(on.skein->port(), app);
    const auto id = client.prepare("set @mine = 7");
    CHECK(client.execute(id) == "ok");
    CHECK(client.change_user(ann) == "ok");
    CHECK(client.execute(id) == "1243");
    const auto next = client.prepare("set @mine = 8");
    CHECK(client.execute(next) == "ok");
    CHECK(client.change_user(app) == "ok");
    CHECK(client.ask(skein::mysql::command::ping) == "ok");
    CHECK(client.execute(next) == "1243");
  });
}

TEST_CASE("what is no COM_CHANGE_USER is an error, and nobody else is hurt") {
  on_each([](scene& on) {
    make_ann(on);
    native_client other(on.skein->port(), app);
    for (const std::string& body : {std::string(), std::string("ann"), std::string("ann\0\x50x", 6),
                                    std::string(70'000, 'a'), std::string(17, '\xff')}) {
      raw_client client(on.skein->port(), app);
      client.send(skein::mysql::command::change_user, body);
      const auto heard = raw_client::meaning(client.packet());
      CHECK_MESSAGE(heard != "ok", heard);
      CHECK(client.packet().empty());  // closed
    }
    CHECK(other.value("select 1") == "1");
  });
}

TEST_CASE("limits count the user that it is now, however often it changes") {
  on_each(
      [](scene& on) {
        make_ann(on);
        native_client client(on.skein->port(), app);
        const auto lets_in = [&](const login& who) {
          try {
            native_client(on.skein->port(), who);
            return true;
          } catch (const mysql::login_failure&) {
            return false;
          }
        };
        for (int i = 0; i < 50; ++i) {
          const auto& next = i % 3 == 0 ? app : ann;
          const auto changed = client.change_user(next);
          REQUIRE_MESSAGE(changed.ok(), changed.text);
          if (i % 10 != 0) continue;
          CHECK_FALSE(lets_in(next));
          CHECK(lets_in(next.user == "app" ? ann : app));
          wait_until([&] { return on.skein->metric("skein_clients_active") == 1.0; }, 10s,
                     "Skein knows that they have gone");
        }
        CHECK(client.change_user(ann).ok());
        CHECK(client.value(who_and_where) == "ann app");
        CHECK(on.skein->metric("skein_sessions_active") == 1.0);
        {
          native_client second(on.skein->port(), app);
          const auto crowded = client.change_user(app);
          CHECK_FALSE(crowded.ok());
          CHECK_MESSAGE(crowded.text.contains("has 1 client already"), crowded.text);
          CHECK(client.ask("select 1").error >= 2000);
        }
        wait_until([&] { return lets_in(app) && lets_in(ann); }, 5s, "all places are free");
        wait_until([&] { return on.skein->metric("skein_sessions_active") == 0.0; }, 5s,
                   "no session is left");
        // However many there were, two users never needed more than so many.
        CHECK(on.skein->metric("skein_server_connections_idle").value_or(99) <= 4.0);
      },
      {.limits = "per_user: 1"});
}

TEST_CASE("KILL is obeyed by who is the same user now, also while that changes") {
  on_each([](scene& on) {
    make_ann(on);
    native_client victim(on.skein->port(), app);
    native_client of_app(on.skein->port(), app);
    native_client of_ann(on.skein->port(), ann);
    const auto kill_query = "kill query " + std::to_string(victim.id());
    CHECK(of_app.ask(kill_query).ok());
    CHECK(of_ann.ask(kill_query).error == 1095);
    CHECK(victim.change_user(ann).ok());
    CHECK(of_app.ask(kill_query).error == 1095);
    CHECK(of_ann.ask(kill_query).ok());
    std::atomic<bool> over = false;
    std::thread killer([&] {
      while (!over) {
        const auto told = of_app.ask(kill_query);
        CHECK_MESSAGE((told.ok() || told.error == 1095), told.text);
      }
    });
    for (int i = 0; i < 200; ++i) {
      const auto& next = i % 2 == 0 ? app : ann;
      const auto changed = victim.change_user(next);
      CHECK_MESSAGE(changed.ok(), changed.text);
      const auto answered = victim.value(who_and_where);
      CHECK_MESSAGE((answered == next.user + " app" || answered.contains("interrupted")), answered);
    }
    over = true;
    killer.join();
    CHECK(victim.change_user(ann).ok());
    CHECK(of_ann.ask("kill " + std::to_string(victim.id())).ok());
    CHECK(victim.ask("select 1").error != 0);
  });
}

TEST_CASE("many change at once, and Skein stops in good order meanwhile") {
  on_each([](scene& on) {
    make_ann(on);
    std::atomic<int> changes = 0;
    std::atomic<bool> over = false;
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
      const auto& first = i % 2 == 0 ? app : ann;
      auto mine = std::make_shared<native_client>(on.skein->port(), first,
                                                  mysql::native_options{.tls = i % 3 == 0});
      clients.emplace_back([&, mine = std::move(mine)] {
        native_client& client = *mine;
        for (int turn = 0; !over; ++turn) {
          const auto& next = turn % 3 == 0 ? ann : app;
          const auto changed = client.change_user(next);
          if (!changed.ok()) {
            CHECK_MESSAGE((changed.error == 1053 || changed.error >= 2000), changed.text);
            return;
          }
          const auto told = client.value(who_and_where);
          if (told != next.user + " app") {
            CHECK_MESSAGE(over, told);
            return;
          }
          ++changes;
        }
      });
    }
    wait_until([&] { return changes > 200; }, 30s, "they change");
    over = true;
    on.skein->stop(10s);
    for (auto& each : clients) each.join();
  });
}

TEST_CASE("what the session before has written is read by the next one, whoever it is") {
  on_each(
      [](scene& on) {
        make_ann(on);
        on.shop.wait_until_caught_up();
        native_client client(on.skein->port(), app);
        const auto lent_to_follower = [&] {
          return on.skein->metric("skein_routed_to_total", "member=\"b\"").value_or(0);
        };
        wait_until(
            [&] {
              client.ask("select name from goods where id = 1");
              return lent_to_follower() > 0;
            },
            10s, "reads go to the follower");
        on.shop.follower(0).query(on.is_mariadb() ? "stop slave sql_thread"
                                                  : "stop replica sql_thread");
        CHECK(client.ask("update goods set name = 'newer' where id = 1").ok());
        for (const auto& next : {ann, ann, app}) {
          CHECK(client.change_user(next).ok());
          CHECK(client.value("select name from goods where id = 1") == "newer");
        }
        on.shop.follower(0).query(on.is_mariadb() ? "start slave sql_thread"
                                                  : "start replica sql_thread");
      },
      {.routing = "reads: followers, freshness: session, freshness_wait: 20ms"}, 1);
}
