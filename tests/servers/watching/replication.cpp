// What is seen of servers that replicate by GTIDs, or by the places in a binary log: who leads, who
// shows what, and whose replication stands still.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/servers/mysql/client.hpp"
#include "tests/servers/watching/watched.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;
using skein::position;

namespace {

struct replicated {
  explicit replicated(engine which, server_options how = {}, int followers = 1)
      : shop(cluster::start(which, {.followers = followers, .server = std::move(how)})),
        at(shop, {}, {.interval = 30ms, .max_lag = 500ms}) {}

  bool of_mariadb() const { return shop.which() == engine::mariadb; }
  server& a() { return shop.member("a"); }
  server& b() { return shop.member("b"); }
  mysql::client on_b() {
    return mysql::client({"tcp://127.0.0.1:" + std::to_string(b().port()), b().admin()});
  }
  // On what follows, beside what it replicates.
  void write_on_b(mysql::client& session, const std::string& sql) {
    if (of_mariadb()) {
      CHECK(session.ask("set session gtid_domain_id = 7").ok());
    } else {
      CHECK(session.ask("set global super_read_only = off").ok());
    }
    const auto done = session.ask(sql);
    CHECK_MESSAGE(done.ok(), done.text);
  }
  std::string words(const char* of_mysql, const char* of_mariadb_) {
    return of_mariadb() ? of_mariadb_ : of_mysql;
  }
  position shown() const { return at.member("b").last.applied; }
  position written() const { return at.member("a").last.written; }
  // By looks at both that are sent from now on.
  bool looked_again() {
    const auto now = std::chrono::steady_clock::now();
    wait_until([&] { return at.member("a").asked > now && at.member("b").asked > now; }, 10s,
               "both are looked at");
    return true;
  }
  void wait_until_even() {
    const auto now = std::chrono::steady_clock::now();
    wait_until(
        [&] {
          return at.member("a").asked > now && at.member("b").asked > now &&
                 covers(shown(), written());
        },
        10s, "the follower shows what its leader has written");
  }
  void wait_until_out() {
    wait_until([&] { return !at.member("b").serves_reads; }, 10s, "the follower is out");
  }

  cluster shop;
  watched at;
};

void on_each(void (*play)(replicated&), const server_options& how = {}, int followers = 1) {
  for (const engine which : {engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    replicated on(which, how, followers);
    play(on);
  }
}

}  // namespace

TEST_CASE("a follower with transactions of its own does not show what it lacks for that") {
  on_each([](replicated& on) {
    on.a().query("create table goods (n int primary key)");
    on.wait_until_even();
    on.at.wait_until_serves("b");
    auto session = on.on_b();
    on.write_on_b(session, "create table app.own (n int)");
    for (int i = 0; i < 9; ++i) on.write_on_b(session, "insert into app.own values (1)");
    on.looked_again();
    CHECK(covers(on.shown(), on.written()));
    CHECK(on.at.member("b").serves_reads);
    // What holds the table keeps the applier from it, though it goes on.
    CHECK(session.ask("lock tables app.goods read").ok());
    for (int i = 0; i < 3; ++i)
      on.a().query("insert into goods values (" + std::to_string(i) + ")");
    on.looked_again();
    CHECK_FALSE(covers(on.shown(), on.written()));
    if (!on.of_mariadb()) CHECK(on.shown().rank >= on.written().rank);
    on.wait_until_out();
    CHECK_MESSAGE(on.at.member("b").reason.ends_with("until it is below 250 ms"),
                  on.at.member("b").reason);
    CHECK(session.ask("unlock tables").ok());
    on.at.wait_until_serves("b");
    on.wait_until_even();
  });
}

TEST_CASE("a follower whose applier has stopped is out, and says why") {
  on_each([](replicated& on) {
    on.a().query("create table goods (n int primary key)");
    on.wait_until_even();
    on.at.wait_until_serves("b");
    auto session = on.on_b();
    CHECK(session.ask("set sql_log_bin = 0").ok());
    on.write_on_b(session, "insert into app.goods values (1)");
    on.a().query("insert into goods values (1)");
    on.wait_until_out();
    const auto reason = on.at.member("b").reason;
    CHECK_MESSAGE(reason.starts_with("follower, its replication has stopped: "), reason);
    CHECK_MESSAGE(reason.ends_with(": serves no reads"), reason);
    on.write_on_b(session, "delete from app.goods");
    on.b().query(on.words("start replica", "start slave"));
    on.at.wait_until_serves("b");
    on.wait_until_even();
    // Nobody writes, so that it lacks nothing: it is out all the same, for it would not say when
    // that ends.
    on.b().query(on.words("stop replica io_thread", "stop slave io_thread"));
    on.wait_until_out();
    CHECK(on.at.member("b").reason == "follower, its replication has been stopped (START " +
                                          on.words("REPLICA", "SLAVE") + "): serves no reads");
    on.b().query(on.words("start replica", "start slave"));
    on.at.wait_until_serves("b");
  });
}

TEST_CASE("a follower that takes writes follows; two that follow nobody both claim to lead") {
  on_each([](replicated& on) {
    on.at.wait_until_serves("b");
    on.b().query("set global read_only = off");
    on.looked_again();
    CHECK((*on.at).now()->leader == 0U);
    CHECK(on.at.member("b").role == skein::member_role::follower);
    CHECK(on.at.member("b").serves_reads);
    on.b().promote();
    wait_until([&] { return (*on.at).now()->two_claimants; }, 10s, "both claim to lead");
    CHECK(!(*on.at).now()->leader);
    on.a().stop();
    wait_until([&] { return (*on.at).now()->leader == 1U; }, 10s, "b leads");
  });
}

TEST_CASE("who is started again at once is seen to have been, and who goes on is not") {
  on_each(
      [](replicated& on) {
        const auto start_seen = [&] {
          const auto now = std::chrono::steady_clock::now();
          wait_until([&] { return on.at.member("a").asked > now; }, 30s, "it is looked at");
          return on.at.member("a").last.started_at_us;
        };
        std::vector<std::int64_t> starts = {start_seen()};
        for (int i = 0; i < 3; ++i) {
          on.a().kill();
          on.a().start();
          starts.push_back(start_seen());
          for (int look = 0; look < 3; ++look) CHECK(start_seen() == starts.back());
        }
        std::ranges::sort(starts);
        CHECK(std::ranges::adjacent_find(starts) == starts.end());
      },
      {}, 0);
}

TEST_CASE("nobody is known to show what a leader without a binary log has") {
  on_each(
      [](replicated& on) {
        wait_until([&] { return (*on.at).now()->leader == 0U; }, 10s, "it leads");
        CHECK(on.at.member("a").reason ==
              "takes writes, is a leader whose binary log is off, so that nobody can follow it");
        CHECK_FALSE(covers(on.written(), on.written()));
      },
      {.settings = {"skip_log_bin"}}, 0);
}

TEST_CASE(
    "MySQL without GTIDs: a follower shows what stands before its place in the leader's log") {
  if (!is_wanted(engine::mysql)) return;
  replicated on(engine::mysql);
  on.a().query("create table goods (n int primary key)");
  on.shop.wait_until_caught_up();
  for (const char* mode : {"ON_PERMISSIVE", "OFF_PERMISSIVE", "OFF"}) {
    for (server* each : {&on.a(), &on.b()}) {
      if (std::string(mode) == "OFF_PERMISSIVE" && each == &on.b()) {
        each->query("stop replica");
        each->query("change replication source to source_auto_position = 0");
        each->query("start replica");
      }
      each->query("set global gtid_mode = " + std::string(mode));
    }
  }
  on.a().query("set global enforce_gtid_consistency = off");
  on.wait_until_even();
  CHECK(on.written().text.starts_with("binlog.0000"));
  on.at.wait_until_serves("b");
  for (int i = 0; i < 20; ++i) {
    on.a().query("insert into goods values (" + std::to_string(i) + ")");
    const auto owed = std::chrono::steady_clock::now();
    wait_until([&] { return on.at.member("a").asked > owed; }, 5s, "the leader is looked at");
    const auto need = on.written();
    wait_until([&] { return covers(on.shown(), need); }, 5s, "the follower shows it");
    CHECK(on.b().value("select count(*) from goods") == std::to_string(i + 1));
  }
  on.a().query("flush binary logs");
  on.wait_until_even();
  auto session = on.on_b();
  CHECK(session.ask("lock tables app.goods read").ok());
  on.a().query("insert into goods values (1000)");
  on.looked_again();
  CHECK_FALSE(covers(on.shown(), on.written()));
  on.wait_until_out();
  CHECK(session.ask("unlock tables").ok());
  on.at.wait_until_serves("b");
  on.wait_until_even();
}
