// Who is in the way of an order: clients that write, servers that hang, whoever has no time to
// wait. And the sign of life that a leader gives.
#include <thread>

#include "tests/servers/mysql/tree.hpp"
#include "tests/servers/roles/scene.hpp"

using namespace skein;
using namespace skein::servers;

TEST_CASE("a beat shows up at the followers, and only who leads has one") {
  on_each(
      [](scene& on) {
        for (int i = 0; i < 3; ++i) scene::expect_done(on.order(on.a()).beat());
        wait_until([&] { return on.b().value("select beats from skein.heartbeat") == "3"; }, 20s,
                   "the third beat is there");
        CHECK(on.b().value("select count(*) from skein.heartbeat") == "1");
        const auto refused = on.order(on.b()).beat();
        REQUIRE(!refused);
        CHECK(refused.error().kind == error_kind::unavailable);
        scene::expect_done(on.order(on.a()).fence());
        CHECK(!on.order(on.a()).beat());
        CHECK(on.a().value("select beats from skein.heartbeat") == "3");
        on.promote(on.a());
        on.a().query("drop database skein");
        scene::expect_done(on.order(on.a()).beat());
        CHECK(on.a().value("select beats from skein.heartbeat") == "1");
        on.a().query("drop database skein");
        scene::expect_done(on.order(on.a()).fence());
        CHECK(!on.order(on.a()).beat());
        CHECK(on.a().query("show databases like 'skein'").empty());
      },
      1);
}

TEST_CASE("a fence does not wait for who writes, and everybody but the followers hears of it") {
  on_each(
      [](scene& on) {
        auto idle = on.session(on.a());
        auto writes = on.session(on.a());
        auto locks = on.session(on.a());
        CHECK(writes.ask("begin").ok());
        CHECK(writes.ask("insert into goods values (1)").ok());
        on.a().query("create table other (n int)");
        CHECK(locks.ask("lock tables other write").ok());
        std::thread busy([&on] {
          auto mine = on.session(on.a());
          // Whoever is ended at the last row may have committed all the same.
          CHECK(!mine.ask("insert into goods select n + sleep(60) from "
                          "(select 10 as n union all select 20 union all select 30) as some")
                     .ok());
        });
        wait_until(
            [&] {
              return on.a().value(
                         "select count(*) from information_schema.processlist where info "
                         "like 'insert into goods select%'") == "1";
            },
            20s, "it is at it");
        const auto before = on.dumps(on.a());
        const auto begun = std::chrono::steady_clock::now();
        const auto patient = scene::changer(on.settings(on.a(), 20s));
        scene::expect_done(patient->fence());
        CHECK(std::chrono::steady_clock::now() - begun < 20s);
        busy.join();
        for (auto* each : {&idle, &writes, &locks}) CHECK(!each->ask("select 1").ok());
        CHECK(on.dumps(on.a()) == before);
        CHECK(on.examine(on.a()).fenced);
        CHECK_THROWS(on.a().query_as(app, "insert into goods values (3)"));
        CHECK(on.count(on.a()) == "0");
        // Led back it writes again, and only as long as it is not told otherwise.
        on.promote(on.a());
        CHECK(!on.examine(on.a()).fenced);
        on.put(on.a(), 4, 4);
        on.wait_for_count(on.b(), "1");
      },
      1);
}

TEST_CASE("a fence within a second") {
  on_each(
      [](scene& on) {
        auto locks = on.session(on.a());
        CHECK(locks.ask("lock tables goods write").ok());
        const auto hurried = scene::changer(on.settings(on.a(), 1000ms));
        wait_until([&] { return hurried->fence().has_value(); }, 20s, "it is fenced");
        CHECK(on.examine(on.a()).fenced);
      },
      1);
}

TEST_CASE("MySQL: who was fenced is so when it starts again, until it is led back") {
  if (!is_wanted(engine::mysql)) return;
  scene on(engine::mysql, 0);
  scene::expect_done(on.order(on.a()).fence());
  on.a().kill();
  on.a().start();
  CHECK(on.examine(on.a()).fenced);
  on.promote(on.a());
  on.a().kill();
  on.a().start();
  CHECK(!on.examine(on.a()).fenced);
  on.put(on.a(), 1, 1);
}

TEST_CASE("MySQL: a fence does not wait for an acknowledgement that nobody gives") {
  if (!is_wanted(engine::mysql)) return;
  scene on(engine::mysql, 0,
           {"plugin_dir = " + (mysql::tree() / "usr/lib/mysql/plugin").string(),
            "plugin_load_add = semisync_source.so", "rpl_semi_sync_source_timeout = 1000000000"});
  on.a().query("set global rpl_semi_sync_source_enabled = 1");
  std::jthread waits([&on] {
    auto mine = on.session(on.a());
    CHECK(!mine.ask("insert into goods values (1)").ok());
  });
  wait_until(
      [&] {
        return on.a().value(
                   "select count(*) from information_schema.processlist where state like "
                   "'Waiting for semi-sync%'") == "1";
      },
      20s, "it waits");
  const auto observer = find_backend("mysql")->start_observer(
      {on.address(on.a()), {}, {mover.user, mover.password}, {}, 2000ms});
  const auto patient = scene::changer(on.settings(on.a(), 20s));
  std::jthread fences([&] { scene::expect_done(patient->fence()); });
  // Nor does it look like a follower as long as it takes writes.
  const auto takes_writes = [&] {
    try {
      return on.a().value("select @@global.read_only") == "0";
    } catch (const std::exception&) {
      return false;  // its connection was ended
    }
  };
  while (takes_writes()) {
    const auto seen = observer->look();
    if (seen && takes_writes()) CHECK(seen->role == member_role::leader);
  }
  fences.join();
  waits.join();
  CHECK(on.examine(on.a()).fenced);
}

TEST_CASE("MySQL: who may not be ended and is in the way is named, not waited for in vain") {
  if (!is_wanted(engine::mysql)) return;
  scene on(engine::mysql, 0);
  on.a().query("revoke system_user on *.* from 'mover'@'%'");
  auto locks = on.session(on.a());
  CHECK(locks.ask("lock tables goods write").ok());
  const auto patient = scene::changer(on.settings(on.a(), 8s));
  const auto told = patient->fence();
  REQUIRE(!told);
  CHECK_MESSAGE(
      told.error().text_for_client.find("You are not owner of thread") != std::string::npos,
      told.error().text_for_client);
  CHECK(!on.examine(on.a()).fenced);
  CHECK(locks.ask("unlock tables").ok());
  scene::expect_done(patient->fence());
  CHECK(on.examine(on.a()).fenced);
}

TEST_CASE("every order to a server that hangs ends in time, and its next one is heard") {
  on_each(
      [](scene& on) {
        const auto hurried = scene::changer(on.settings(on.b(), 700ms));
        const auto each = [&](auto check) {
          check("examine", [&] {
            return hurried->examine().has_value() ? error() : hurried->examine().error();
          });
          const auto told = [](const auto& of) { return of ? error() : of.error(); };
          check("stop_receiving", [&] { return told(hurried->stop_receiving()); });
          check("promote", [&] { return told(hurried->promote()); });
          check("follow", [&] { return told(hurried->follow(on.address(on.a()))); });
          check("fence", [&] { return told(hurried->fence()); });
          check("beat", [&] { return told(hurried->beat()); });
        };
        scene::expect_done(hurried->examine());
        on.b().freeze();
        each([](const char* what, auto give) {
          CAPTURE(what);
          const auto begun = std::chrono::steady_clock::now();
          const error why = give();
          CHECK(to_string(why.kind) == to_string(error_kind::timeout));
          CHECK(std::chrono::steady_clock::now() - begun < 5s);
        });
        on.b().thaw();
        wait_until([&] { return hurried->follow(on.address(on.a())).has_value(); }, 30s,
                   "it hears again");
        on.put(on.a(), 1, 3);
        on.wait_for_count(on.b(), "3");
      },
      1);
}

TEST_CASE("an interrupted order ends at once, and so does every later one") {
  on_each(
      [](scene& on) {
        on.b().freeze();
        const auto patient = scene::changer(on.settings(on.b(), 60s));
        const auto begun = std::chrono::steady_clock::now();
        std::vector<std::thread> under_way;
        under_way.emplace_back([&] {
          const auto told = patient->promote();
          CHECK(!told);
          if (!told) CHECK(to_string(told.error().kind) == to_string(error_kind::shutdown));
        });
        under_way.emplace_back([&] {
          const auto told = patient->beat();
          CHECK(!told);
          if (!told) CHECK(to_string(told.error().kind) == to_string(error_kind::shutdown));
        });
        std::this_thread::sleep_for(200ms);
        patient->interrupt();
        for (auto& each : under_way) each.join();
        CHECK(std::chrono::steady_clock::now() - begun < 30s);
        on.b().thaw();
        const auto later = patient->fence();
        REQUIRE(!later);
        CHECK(to_string(later.error().kind) == to_string(error_kind::shutdown));
      },
      1);
}

TEST_CASE("a follower that has more than it can apply in an order's time is asked again") {
  on_each(
      [](scene& on) {
        on.a().query("create table slow (n int primary key)");
        on.shop.wait_until_caught_up();
        auto holds = on.session(on.b());
        CHECK(holds.ask("begin").ok());
        CHECK(holds.ask("select * from app.slow").ok());
        on.a().query("alter table slow add column m int");
        on.put(on.a(), 1, 5);
        on.wait_until_received(on.b(), on.a().position());
        const auto hurried = scene::changer(on.settings(on.b(), 2000ms));
        for (int i = 0; i < 2; ++i) {
          const auto told = hurried->promote();
          REQUIRE_MESSAGE(told, told.error().text_for_client);
          CHECK(!*told);
          CHECK(on.b().is_follower());
        }
        CHECK(holds.ask("rollback").ok());
        on.promote(on.b());
        CHECK(on.count(on.b()) == "5");
      },
      1);
}

TEST_CASE("who never followed must be told as whom, and the server says what it does not like") {
  on_each(
      [](scene& on) {
        auto how = on.settings(on.a());
        how.replicator = {};
        const auto told = scene::changer(how)->follow(on.address(on.b()));
        REQUIRE(!told);
        CHECK(told.error().kind == error_kind::login);
        CHECK(on.a().value("select @@global.read_only") == "0");
        // A follower remembers it.
        how = on.settings(on.b());
        how.replicator = {};
        const auto b = scene::changer(how);
        on.b().query(on.replica("stop"));
        scene::expect_done(b->follow({"localhost", on.a().port()}));
        on.put(on.a(), 1, 3);
        on.wait_for_count(on.b(), "3");
        // A password that turned out to be wrong is put right.
        how.replicator = {replicator.user, "it's \\wrong\\"};
        scene::expect_done(scene::changer(how)->follow(on.address(on.a())));
        wait_until([&] { return on.status(on.b())["Last_IO_Errno"] == "1045"; }, 30s,
                   "it is refused");
        scene::expect_done(on.order(on.b()).follow(on.address(on.a())));
        on.put(on.a(), 4, 6);
        on.wait_for_count(on.b(), "6");
      },
      1);
}
