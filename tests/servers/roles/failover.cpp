// The lead moves: nothing that a follower had received is lost, and who led comes back as a
// follower from exactly where it was.
#include "tests/servers/roles/scene.hpp"

using namespace skein;
using namespace skein::servers;

TEST_CASE("who leads dies; who has received most leads with all of it, and the others follow") {
  on_each([](scene& on) {
    on.put(on.a(), 1, 10);
    on.shop.wait_until_caught_up();
    on.c().query(on.replica("stop", "io_thread"));
    on.b().query(on.replica("stop", "sql_thread"));
    on.put(on.a(), 11, 400);
    on.wait_until_received(on.b(), on.a().position());
    on.a().kill();

    for (server* each : {&on.b(), &on.c()}) {
      CHECK(on.examine(*each).receives == (each == &on.b()));
      scene::expect_done(on.order(*each).stop_receiving());
      scene::expect_done(on.order(*each).stop_receiving());
      CHECK(!on.examine(*each).receives);
      CHECK(on.examine(*each).source == on.address(on.a()));
    }
    CHECK(on.count(on.b()) == "10");
    on.promote(on.b());
    CHECK(on.count(on.b()) == "400");
    on.promote(on.b());
    CHECK(!on.examine(on.b()).source);
    CHECK(!on.examine(on.b()).fenced);
    CHECK(on.b().value("select @@global.read_only") == "0");
    on.put(on.b(), 401, 410);

    scene::expect_done(on.order(on.c()).follow(on.address(on.b())));
    on.wait_for_count(on.c(), "410");
    CHECK(on.examine(on.c()).source == on.address(on.b()));
    CHECK(on.examine(on.c()).receives);
    CHECK(on.c().is_follower());

    on.a().start();
    CHECK(!on.examine(on.a()).fenced);
    scene::expect_done(on.order(on.a()).fence());
    CHECK(on.examine(on.a()).fenced);
    CHECK_THROWS(on.a().query_as(app, "insert into goods values (1000)"));
    scene::expect_done(on.order(on.a()).fence());
    scene::expect_done(on.order(on.a()).follow(on.address(on.b())));
    on.wait_for_count(on.a(), "410");
    CHECK(on.examine(on.a()).source == on.address(on.b()));
    CHECK(on.examine(on.a()).receives);
    CHECK(!on.examine(on.a()).fenced);
    CHECK_THROWS(on.a().query_as(app, "insert into goods values (1000)"));
    on.put(on.b(), 411, 420);
    on.wait_for_count(on.a(), "420");

    // Who has led and followed leads again, and the other way round.
    scene::expect_done(on.order(on.b()).fence());
    on.promote(on.a());
    for (server* each : {&on.b(), &on.c()})
      scene::expect_done(on.order(*each).follow(on.address(on.a())));
    on.put(on.a(), 421, 430);
    for (server* each : {&on.b(), &on.c()}) on.wait_for_count(*each, "430");
  });
}

TEST_CASE("whoever follows already is left in peace, and goes on where its threads were stopped") {
  on_each(
      [](scene& on) {
        const auto before = on.dumps(on.a());
        CHECK(!before.empty());
        for (int i = 0; i < 3; ++i) scene::expect_done(on.order(on.b()).follow(on.address(on.a())));
        CHECK(on.dumps(on.a()) == before);
        for (const char* what : {"io_thread", "sql_thread", ""}) {
          CAPTURE(what);
          on.b().query(on.replica("stop", what));
          on.a().query("insert into goods select coalesce(max(n), 0) + 1 from goods");
          scene::expect_done(on.order(on.b()).follow(on.address(on.a())));
          on.wait_for_count(on.b(), on.count(on.a()));
        }
      },
      1);
}

TEST_CASE("a follower with a backlog goes on from where it is, behind another leader") {
  on_each([](scene& on) {
    on.b().query(on.replica("stop", "sql_thread"));
    on.put(on.a(), 1, 100);
    on.wait_until_received(on.b(), on.a().position());
    on.shop.member("c");
    on.wait_for_count(on.c(), "100");
    on.a().kill();
    on.promote(on.c());
    on.put(on.c(), 101, 110);
    scene::expect_done(on.order(on.b()).follow(on.address(on.c())));
    on.wait_for_count(on.b(), "110");
  });
}

TEST_CASE("a follower that is kept back on purpose applies at once") {
  on_each(
      [](scene& on) {
        on.b().query(on.replica("stop"));
        on.b().query(on.words("change replication source to source_delay = 3600",
                              "change master to master_delay = 3600"));
        on.b().query(on.replica("start"));
        on.put(on.a(), 1, 50);
        on.wait_until_received(on.b(), on.a().position());
        on.a().kill();
        scene::expect_done(on.order(on.b()).stop_receiving());
        CHECK(on.count(on.b()) == "0");
        on.promote(on.b());
        CHECK(on.count(on.b()) == "50");
      },
      1);
}

TEST_CASE("what cannot be applied is told, and when it can be it is there") {
  on_each(
      [](scene& on) {
        on.put(on.a(), 1, 5);
        on.shop.wait_until_caught_up();
        on.write_unheard(on.b(), "insert into app.goods values (7)");
        on.put(on.a(), 6, 60);
        on.wait_until_received(on.b(), on.a().position());
        on.a().kill();
        for (int i = 0; i < 3; ++i) {
          const auto told = on.order(on.b()).promote();
          REQUIRE(!told);
          const auto& words = told.error().text_for_client;
          CHECK_MESSAGE(words.find("cannot apply what it has received: ") != std::string::npos,
                        words);
          CHECK(told.error().kind == error_kind::unavailable);
          CHECK_MESSAGE(words.find("Duplicate entry '7'") != std::string::npos, words);
          CHECK(on.b().is_follower());
        }
        CHECK(on.count(on.b()) == "7");
        on.write_unheard(on.b(), "delete from app.goods where n = 7");
        on.promote(on.b());
        CHECK(on.count(on.b()) == "60");
      },
      1);
}

TEST_CASE("one link of a name of its own is as good as any, and of several none is touched") {
  on_each(
      [](scene& on) {
        const std::string how = on.words("source", "master");
        const auto link = [&](const std::string& name, const std::string& host) {
          const auto options =
              how + "_host = '" + host + "', " + how + "_port = " + std::to_string(on.a().port()) +
              ", " + how + "_user = 'replicator', " + how + "_password = '" + replicator.password +
              "', " +
              on.words("source_auto_position = 1, source_ssl = 0, get_source_public_key = 1",
                       "master_use_gtid = slave_pos");
          if (on.of_mariadb()) {
            on.b().query("change master '" + name + "' to " + options);
            on.b().query("start slave '" + name + "'");
          } else {
            on.b().query("change replication source to " + options + " for channel '" + name + "'");
            on.b().query("start replica for channel '" + name + "'");
          }
        };
        on.b().query(on.replica("stop"));
        on.b().query(on.replica("reset", "all"));
        link("it''s north", "127.0.0.1");
        CHECK(on.examine(on.b()).source == on.address(on.a()));
        on.put(on.a(), 1, 5);
        on.wait_for_count(on.b(), "5");
        scene::expect_done(on.order(on.b()).stop_receiving());
        on.put(on.a(), 6, 10);
        scene::expect_done(on.order(on.b()).follow(on.address(on.a())));
        on.wait_for_count(on.b(), "10");
        link("south", "localhost");  // MariaDB takes no second one to the same address
        for (const auto& told :
             {on.order(on.b()).stop_receiving(), on.order(on.b()).follow(on.address(on.a()))}) {
          REQUIRE(!told);
          CHECK(told.error().kind == error_kind::unsupported);
          CHECK_MESSAGE(told.error().text_for_client.find("follows 2 servers") != std::string::npos,
                        told.error().text_for_client);
        }
        CHECK(on.order(on.b()).promote().error().kind == error_kind::unsupported);
        if (on.of_mariadb()) {
          on.b().query("stop slave 'south'");
          on.b().query("reset slave 'south' all");
        } else {
          on.b().query("stop replica for channel 'south'");
          on.b().query("reset replica all for channel 'south'");
        }
        on.promote(on.b());
        CHECK(!on.examine(on.b()).source);
      },
      1);
}
