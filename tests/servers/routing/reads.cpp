// Reads at followers, writes at the leader, and a client that is told of one server only, whatever
// becomes of the others.
#include <vector>

#include "tests/servers/routing/shop.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

constexpr auto read_goods = "select count(*) from goods";

// A table that the leader has, and b does not.
void make_b_lack_a_table(shop& at) {
  auto& leader = at.members.leader();
  auto& b = at.members.member("b");
  const std::string make = "create table fresh (n int)";
  if (at.in.which == engine::postgres) {
    b.query("select pg_wal_replay_pause()");
    leader.query_as(app, make);
    return;
  }
  leader.query_as(app, make);
  at.members.wait_until_caught_up();
  const bool strict = at.in.which == engine::mysql;
  if (strict) b.query("set global super_read_only = off");
  const auto on_b = connect(at.in.which, {.port = b.port(), .who = b.admin()});
  check_ok(on_b->ask("set sql_log_bin = 0"));
  check_ok(on_b->ask("drop table fresh"));
  if (strict) b.query("set global super_read_only = on");
}

}  // namespace

TEST_CASE("reads go to followers in turn, all else to the leader") {
  on_each_engine([](const tongue& in) {
    shop at(in);
    const auto one = at.connect();
    // A session stays with its follower, for the other might show less.
    std::vector<std::unique_ptr<connection>> more;
    for (int i = 0; i < 6; ++i) more.push_back(at.connect());
    const double b = at.lent("b");
    const double c = at.lent("c");
    const double a = at.lent("a");
    for (int i = 0; i < 60; ++i) CHECK(more[i % 6]->value(read_goods) == "100");
    CHECK(at.lent("b") > b);
    CHECK(at.lent("c") > c);
    // Each thread's first connection to a follower is younger than the last look at that follower,
    // and until the next one reads that are planned for it are the leader's.
    const double later = at.lent("a");
    CHECK(later <= a + 20);
    check_ok(one->ask("update goods set n = n + 1 where id = 1"));
    check_ok(one->ask("select n from goods where id = 1 for update"));
    check_ok(one->ask("begin"));
    check_ok(one->ask(read_goods));
    check_ok(one->ask("commit"));
    CHECK(at.lent("a") == later + 3);
  });
}

TEST_CASE("statements that are prepared go the same ways") {
  on_each_engine([](const tongue& in) {
    shop at(in);
    const auto one = at.connect();
    const double before = at.lent_to_followers();
    const auto told =
        one->execute("select n from goods where id = " + in.first_parameter, {"7"}, 10);
    check_ok(told);
    CHECK(told.lines == rows{{"7"}});
    // The first may come before its follower has been looked at since it was connected to.
    CHECK(at.lent_to_followers() >= before + 8);
    const double leaders = at.lent("a");
    check_ok(one->execute("update goods set n = n + 1 where id = " + in.first_parameter, {"7"}, 2));
    CHECK(at.lent("a") >= leaders + 2);
    CHECK(one->execute("select n from goods where id = " + in.first_parameter, {"7"}).lines ==
          rows{{"9"}});
  });
}

TEST_CASE("a session reads what it has written") {
  on_each_engine([](const tongue& in) {
    shop at(in);
    const auto one = at.connect();
    for (int i = 0; i < 200; ++i) {
      check_ok(one->ask("update goods set n = " + std::to_string(i) + " where id = 7"));
      REQUIRE(one->value("select n from goods where id = 7") == std::to_string(i));
    }
  });
}

TEST_CASE("a transaction that says READ ONLY is a follower's") {
  on_each_engine([](const tongue& in) {
    shop at(in);
    const auto one = at.connect_warmly();
    const double before = at.lent_to_followers();
    check_ok(one->ask(in.begin_read_only));
    CHECK(one->value(read_goods) == "100");
    // Others than PostgreSQL say first that the server itself is one that only reads.
    const auto refused = one->ask("delete from goods").code;
    CHECK((refused == in.heard.only_reads || (in.which != engine::postgres && refused == "1290")));
    check_ok(one->ask("rollback"));
    CHECK(at.lent_to_followers() == before + 1);
    for (const std::string& each : in.begin_serializable_read_only) check_ok(one->ask(each));
    CHECK(one->value(read_goods) == "100");
    check_ok(one->ask("commit"));
    CHECK(at.lent_to_followers() == before + 1);
  });
}

TEST_CASE("a follower that dies under a read is not noticed") {
  on_each_engine([](const tongue& in) {
    shop at(in, any_follower, {}, {.followers = 1});
    const auto one = at.connect_warmly();
    at.send_to_b(*one, in.read_slowly("0.02"));
    at.members.member("b").kill();
    const auto told = one->finish();
    check_ok(told);
    REQUIRE(told.lines.size() == 1);
    CHECK(told.lines[0][0] == "100");
    CHECK(at.skein->metric("skein_reads_repeated_total") == 1);
    for (int i = 0; i < 20; ++i) CHECK(one->value(read_goods) == "100");
  });
}

TEST_CASE("a transaction that only reads ends with the follower that dies under it") {
  on_each_engine([](const tongue& in) {
    shop at(in, any_follower, {}, {.followers = 1});
    const auto one = at.connect_warmly();
    const double before = at.lent("b");
    check_ok(one->ask(in.begin_read_only));
    CHECK(one->value(read_goods) == "100");
    CHECK(at.lent("b") == before + 1);
    at.members.member("b").kill();
    CHECK(one->ask(read_goods).code == in.heard.rolled_back);
    CHECK(at.connect()->value(read_goods) == "100");
  });
}

// What stands in the way is of PostgreSQL alone: a follower of the others waits with what it
// applies.
TEST_CASE("a read that is in the way of what a follower applies is run elsewhere") {
  if (!is_wanted(engine::postgres)) return;
  const tongue& in = tongue_of(engine::postgres);
  shop at(
      in, any_follower, {},
      {.followers = 1,
       .server = {.settings = {"max_standby_streaming_delay = 0", "hot_standby_feedback = off"}}});
  const auto one = at.connect_warmly();
  at.send_to_b(*one, in.read_slowly("0.03"));
  at.members.leader().query_as(app, "delete from goods where id > 50");
  at.members.leader().query("vacuum (freeze) goods");
  check_ok(one->finish());
  CHECK(at.skein->metric("skein_reads_repeated_total") == 1);
}

TEST_CASE("a read of a table that a follower does not have yet is run elsewhere") {
  on_each_engine([](const tongue& in) {
    // What stays behind for good serves all the same.
    shop at(in, "reads: followers, balance: round_robin, freshness: any, max_lag: 1h", {},
            {.followers = 1});
    const std::string read_fresh = "select count(*) from fresh";
    make_b_lack_a_table(at);
    const auto one = at.connect_warmly();
    wait_until(
        [&] {
          check_ok(one->ask("select 1"));  // what nobody uses is not read again
          return at.skein
              ->command({"explain", "--database", "app", read_fresh, at.skein->settings_file()})
              .output.starts_with("to follower");
        },
        10s, "it is known what it is");
    for (int i = 0; i < 5; ++i) CHECK(one->value(read_fresh) == "0");
    CHECK(at.skein->metric("skein_reads_repeated_total") > 0.0);
    CHECK(one->value(read_goods) == "100");
  });
}

TEST_CASE("without followers the leader serves") {
  on_each_engine([](const tongue& in) {
    shop at(in, any_follower, {.pool_wait = 1000ms});
    const auto one = at.connect();
    at.members.member("b").kill();
    at.members.member("c").kill();
    for (int i = 0; i < 50; ++i) CHECK(one->value(read_goods) == "100");
  });
}

TEST_CASE("without a leader followers serve what they may") {
  on_each_engine([](const tongue& in) {
    shop at(in, any_follower, {.pool_wait = 1000ms, .failover = "hold: 1s"});
    const auto one = at.connect_warmly();
    check_ok(one->ask("update goods set n = 0 where id = 1"));
    CHECK(one->value("select n from goods where id = 1") == "0");
    const double before = at.lent_to_followers();
    wait_until([&] { return one->ask("select 1").ok() && at.lent_to_followers() > before; }, 10s,
               "a follower is known to have what it wrote");
    at.members.leader().kill();
    at.skein->wait_until_status_says("that can be reached are followers");
    // Of MariaDB none serves that is not connected to whom it follows.
    if (in.which == engine::mariadb) {
      wait_until([&] { return one->ask(read_goods).code == in.heard.unavailable; }, 10s,
                 "they know that they are alone");
      return;
    }
    for (int i = 0; i < 50; ++i) check_ok(one->ask(read_goods));
    CHECK(one->ask("delete from goods").code == in.heard.unavailable);
    // Connector/C++ begins with SET, which is the leader's.
    if (in.which == engine::postgres) CHECK(at.connect()->value(read_goods) == "100");
  });
}

TEST_CASE("a session keeps to the zone of its first read, as long as somebody there serves") {
  on_each_engine([](const tongue& in) {
    shop at(in, "reads: followers, balance: round_robin, freshness: any, sticky: zone",
            {.members = {{"b", "zone: north"}, {"c", "zone: south"}}});
    std::vector<std::unique_ptr<connection>> all;
    for (int i = 0; i < 6; ++i) all.push_back(at.connect());
    int of_north = 0;
    for (const auto& one : all) {
      const double b = at.lent("b");
      const double c = at.lent("c");
      for (int i = 0; i < 10; ++i) CHECK(one->value(read_goods) == "100");
      const bool north = at.lent("b") == b + 10 && at.lent("c") == c;
      CHECK((north || (at.lent("b") == b && at.lent("c") == c + 10)));
      of_north += north;
    }
    CHECK(of_north > 0);
    CHECK(of_north < 6);
    at.members.member("b").kill();
    for (const auto& one : all)
      for (int i = 0; i < 5; ++i) CHECK(one->value(read_goods) == "100");
  });
}

TEST_CASE("who weighs more serves more") {
  on_each_engine([](const tongue& in) {
    shop at(in, "reads: followers, balance: random, freshness: any",
            {.members = {{"b", "weight: 9"}, {"c", "weight: 1"}}});
    const auto one = at.connect();
    const double b = at.lent("b");
    const double c = at.lent("c");
    for (int i = 0; i < 400; ++i) check_ok(one->ask(read_goods));
    // Of 400 some 40 are c's; so far off, by chance, is one run of millions.
    CHECK(at.lent("c") - c > 10);
    CHECK(at.lent("c") - c < 90);
    CHECK(at.lent("b") - b > 290);
  });
}

TEST_CASE("a comment says where") {
  on_each_engine([](const tongue& in) {
    shop at(in);
    const auto one = at.connect();
    const double a = at.lent("a");
    for (int i = 0; i < 10; ++i) CHECK(one->value("/* skein: leader */ select 1") == "1");
    CHECK(at.lent("a") == a + 10);
    const double followers = at.lent_to_followers();
    for (int i = 0; i < 10; ++i)
      CHECK(one->value("/* skein: follower fresh=any */ select 1") == "1");
    CHECK(at.lent_to_followers() == followers + 10);
    // It never sends there what may write.
    check_ok(one->ask("/* skein: follower */ update goods set n = 0 where id = 5"));
    CHECK(at.members.leader().value("select n from goods where id = 5") == "0");
  });
}
