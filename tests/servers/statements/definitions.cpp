// What MySQL's and MariaDB's databases define, read from real servers, and what that means for
// statements; whatever may run anywhere is run on a follower.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "backends/mysql/catalog.hpp"
#include "backends/mysql/catalog_reader.hpp"
#include "backends/mysql/leavings.hpp"
#include "backends/mysql/placement.hpp"
#include "tests/servers/cluster.hpp"
#include "tests/servers/mysql/client.hpp"

using namespace skein::servers;
using skein::place;
using skein::mysql::catalog;
using skein::mysql::flavour;
using skein::mysql::reading_rules;

namespace {

constexpr std::string_view definitions[] = {
    "create table t (a int primary key, b varchar(20))",
    "create table log (a int)",
    "create table kept (a int) engine=memory",
    "create view v as select a, concat(b, 'it''s \"so\" \\\\ `x`') as c from t where a in (1, 2)",
    "create view joined as select v.a, count(*) as n from v left join t using (a) group by v.a",
    "create view lock_it as select get_lock('a', 0) as l from v",
    "create view deep as select * from lock_it",
    "create function counted(x int) returns int deterministic begin declare y int default 0; "
    "if x > 1 then set y = (select max(a) from t); else set y = 1; end if; return y; end",
    "create function noting(x int) returns int reads sql data "
    "begin insert into log values (x); return x; end",
    "create function marking() returns int no sql begin set @a = 1; return 1; end",
    "create view calling as select counted(a) as p from t",
    "create view writing as select noting(a) as p from t",
    "create procedure fill(in x int, out y int) begin insert into t (a) values (x); set y = x; end",
    "create procedure sly() begin set sql_mode = ''; end",
    "create table u (a int)",
    "create trigger u_sets before insert on u for each row set new.a = marking()",
    "insert into t values (1, 'x'), (2, null)"};

struct a_case {
  std::string_view sql;
  std::string_view plan;
};
constexpr a_case cases[] = {
    {"select * from t", "any"},
    {"select * from v", "any"},
    {"select * from app.joined j where n > 0", "any"},
    {"select counted(2), COUNTED(1), app.`counted`(3)", "any"},
    {"select * from calling", "any"},
    {"select * from kept",
     "it reads kept, which is stored by MEMORY and not shared by all members"},
    {"select * from deep", "it reads deep, which may run get_lock; unseen"},
    {"select noting(1)", "it calls noting, which writes (INSERT)"},
    {"select * from writing", "it reads writing, which may run noting"},
    {"select marking()", "it calls marking, which belongs to its session (@a); unseen"},
    {"select * from elsewhere", "it reads elsewhere, which is not known; unseen"},
    {"insert into t values (9, '')", "it writes (INSERT)"},
    {"insert into u values (9)", "it writes (INSERT); unseen"},
    {"call fill(5, @x)", "it belongs to its session (@x)"},
    {"call sly()", "it calls sly, which belongs to its session (SET); unseen"},
    {"select table_name from information_schema.tables where table_schema = 'app'", "any"},
};

std::unique_ptr<skein::catalog_reader> reader_of(server& at, const login& who) {
  return skein::mysql::make_catalog_reader({.address = {"127.0.0.1", at.port()},
                                            .who = {.user = who.user, .password = who.password},
                                            .database = "app",
                                            .timeout = std::chrono::seconds(20)});
}

std::shared_ptr<const catalog> read(skein::catalog_reader& from, const catalog* before = nullptr) {
  auto known = from.read(before);
  REQUIRE_MESSAGE(known.has_value(), known.error().text_for_client);
  return std::static_pointer_cast<const catalog>(*known);
}

std::string plan_of(std::string_view sql, const reading_rules& rules, const catalog& known) {
  const auto placed = skein::mysql::place_of(sql, rules, &known, "app");
  const bool unseen = skein::mysql::leavings_of(sql, rules, &known, "app").unseen;
  return (placed.where == place::any ? "any" : placed.why) + (unseen ? "; unseen" : "");
}

// A leader with these definitions, its follower, and a user who may see them.
struct scene {
  explicit scene(engine which) : shop(cluster::start(which, {.followers = 1})) {
    auto& leader = shop.leader();
    if (which == engine::mysql) leader.query("set global log_bin_trust_function_creators = 1");
    for (const auto each : definitions) leader.query(each);
    leader.query("create user watcher@'%' identified by 'watcher-secret'");
    leader.query("grant select, show view, trigger on *.* to watcher@'%'");
    shop.wait_until_caught_up();
    if (which == engine::mariadb) rules.of = flavour::mariadb;
    rules.version = which == engine::mariadb ? 101100 : 90000;
  }

  cluster shop;
  reading_rules rules = {};
  login watcher{"watcher", "watcher-secret"};
};

void on_each(void (*play)(scene&)) {
  for (const engine which : {engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    scene on(which);
    play(on);
  }
}

}  // namespace

TEST_CASE("definitions are read as they are, and what may run anywhere runs on a follower") {
  on_each([](scene& on) {
    const auto reader = reader_of(on.shop.leader(), on.watcher);
    const auto known = read(*reader);
    MESSAGE(known->in_words());
    skein::servers::mysql::client follower(
        {"tcp://127.0.0.1:" + std::to_string(on.shop.follower(0).port()), app});
    for (const auto& each : cases) {
      CAPTURE(std::string(each.sql));
      CHECK(plan_of(each.sql, on.rules, *known) == each.plan);
      if (each.plan != "any") continue;
      const auto answer = follower.ask(each.sql);
      CHECK_MESSAGE(answer.ok(), answer.text);
    }
  });
}

TEST_CASE("a reading that finds nothing new says so, and one after a change finds it") {
  on_each([](scene& on) {
    auto& leader = on.shop.leader();
    const auto reader = reader_of(leader, on.watcher);
    auto known = read(*reader);
    CHECK(read(*reader, known.get()) == nullptr);
    leader.query("insert into t values (3, '')");
    CHECK(read(*reader, known.get()) == nullptr);
    for (const char* change :
         {"create table more (a int)", "alter view v as select a + 1 as a from t",
          "drop function marking", "alter table kept engine=innodb", "drop trigger u_sets",
          "create database other", "create procedure p(x int) select 1", "drop procedure p",
          "create procedure p(y int) select 1", "revoke trigger on *.* from watcher@'%'"}) {
      CAPTURE(change);
      leader.query(change);
      auto later = read(*reader, known.get());
      REQUIRE(later != nullptr);
      CHECK(later->number() != known->number());
      known = std::move(later);
    }
    CHECK(plan_of("select * from kept", on.rules, *known) == "any");
    CHECK(plan_of("insert into t values (1, '')", on.rules, *known) ==
          "it writes (INSERT); unseen");
  });
}

TEST_CASE("who may see less is told that there is more than he knows") {
  on_each([](scene& on) {
    on.shop.leader().query("create user blind@'%' identified by 'blind-secret'");
    on.shop.leader().query("grant select on app.* to blind@'%'");
    const auto reader = reader_of(on.shop.leader(), {"blind", "blind-secret"});
    const auto known = read(*reader);
    CHECK(plan_of("select * from t", on.rules, *known) == "any");
    CHECK(plan_of("select * from v", on.rules, *known) ==
          "it reads v, which cannot be seen through; unseen");
    CHECK(plan_of("select app.counted(1)", on.rules, *known).ends_with("; unseen"));
    CHECK(plan_of("insert into t values (9, '')", on.rules, *known) ==
          "it writes (INSERT); unseen");
  });
}

TEST_CASE("a reading that is interrupted ends soon") {
  on_each([](scene& on) {
    on.shop.leader().freeze();
    const auto reader = reader_of(on.shop.leader(), on.watcher);
    std::thread breaker([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      reader->interrupt();
    });
    const auto known = reader->read(nullptr);
    breaker.join();
    on.shop.leader().thaw();
    REQUIRE_FALSE(known.has_value());
    CHECK(known.error().kind == skein::error_kind::shutdown);
  });
}
