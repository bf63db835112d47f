// What a database defines, and when that changes, decides what is looked for behind a statement.
#include "tests/unit/backends/postgres/borrowing.hpp"

using namespace skein;
using namespace wire;

namespace {

// A core, and what all cores know of its one database.
struct shop {
  shop() {
    core.use_definitions([this](const std::string&) { return shared; });
  }
  void read(std::shared_ptr<const postgres::catalog> found) {
    REQUIRE(shared->publish(shared->edition(), std::move(found)));
  }
  static std::shared_ptr<const postgres::catalog> quiet() {
    return std::make_shared<postgres::catalog>();
  }
  // Whose `goods` has a trigger that nobody has seen through.
  static std::shared_ptr<const postgres::catalog> triggered() {
    auto found = std::make_shared<postgres::catalog>();
    found->note("goods", {.writing = true});
    return found;
  }

  int woken = 0;
  std::shared_ptr<definitions> shared = std::make_shared<definitions>([this] { ++woken; });
  postgres::core_memory core{};
};

const std::string inserts = "insert into goods values (1)";

// True: behind the statement the server is looked at, as a whole, before it goes back.
bool is_looked_at(borrowing& one, const std::string& asked, const std::string& answer,
                  const std::string& arrives = execute) {
  one.client(asked);
  std::string before = one.at_server();
  while (!holds(before, arrives)) {
    REQUIRE(!before.empty());
    one.server(well(before));
    before = one.at_server();
  }
  one.server(answer);
  const std::string look = one.at_server();
  if (look.empty()) {
    CHECK_FALSE(one.lent);
    return false;
  }
  CHECK(holds(look, "skein_look_settings"));
  // Were the server lost now, nothing that the client has begun would be lost with it.
  CHECK_FALSE(one.talk.at_rest());
  CHECK(one.talk.client_at_rest());
  one.server(well(look));
  CHECK_FALSE(one.lent);
  return true;
}

bool is_looked_at(borrowing& one, const std::string& sql) {
  return is_looked_at(one, query(sql), complete("OK") + ready('I'), sql);
}

}  // namespace

TEST_CASE("what is not known yet may run anything") {
  shop at;
  borrowing one(at.core);
  CHECK(at.woken == 1);
  CHECK(at.shared->wanted());
  CHECK(is_looked_at(one, "select 1"));
  at.read(shop::quiet());
  CHECK_FALSE(is_looked_at(one, "select 1"));
  CHECK_FALSE(is_looked_at(one, inserts));
  CHECK(at.woken == 1);
}

TEST_CASE("who names what brings code is looked at, and its server cleaned for others") {
  shop at;
  at.read(shop::triggered());
  borrowing one(at.core);
  CHECK(is_looked_at(one, inserts));
  CHECK_FALSE(is_looked_at(one, "select * from goods"));
  CHECK(is_looked_at(one, inserts));
  borrowing other(at.core);
  other.next = &one.first;
  other.client(select_1);
  CHECK(holds(other.at_server(), "skein_unlock"));
}

TEST_CASE("a prepared statement is judged by what is known when it is run") {
  shop at;
  at.read(shop::quiet());
  borrowing one(at.core);
  const std::string prepares = parse("mine", inserts) + sync_message;
  one.client(prepares);
  one.at_server();
  one.server(parsed + ready('I'));
  const std::string runs = bind("mine") + execute + sync_message;
  const std::string ran = bound + complete("INSERT 0 1") + ready('I');
  CHECK_FALSE(is_looked_at(one, runs, ran));
  at.shared->change();
  CHECK(is_looked_at(one, runs, ran));
  at.read(shop::triggered());
  CHECK(is_looked_at(one, runs, ran));
  at.read(shop::quiet());
  CHECK_FALSE(is_looked_at(one, runs, ran));
}

TEST_CASE("so is an unnamed one, however long ago it was parsed") {
  shop at;
  at.read(shop::quiet());
  borrowing one(at.core);
  one.client(parse("", inserts) + sync_message);
  one.at_server();
  one.server(parsed + ready('I'));
  const std::string runs = bind("") + execute + sync_message;
  const std::string ran = bound + complete("INSERT 0 1") + ready('I');
  CHECK_FALSE(is_looked_at(one, runs, ran));
  at.read(shop::triggered());
  CHECK(is_looked_at(one, runs, ran));
  at.read(shop::quiet());
  CHECK_FALSE(is_looked_at(one, runs, ran));
}

TEST_CASE("a parameter's type may bring code") {
  shop at;
  auto found = std::make_shared<postgres::catalog>();
  found->note("careful", {.reading = true});
  found->note_type(16500);
  at.read(found);
  borrowing one(at.core);
  const auto asks = [&](std::uint32_t type) {
    const std::string types = text("\0\1") + u32(type);
    return message('P', text("\0select $1\0") + types) + bind("") + execute + sync_message;
  };
  const std::string ran = parsed + bound + complete("SELECT 1") + ready('I');
  CHECK_FALSE(is_looked_at(one, asks(23), ran));
  CHECK(is_looked_at(one, asks(16500), ran));
}

TEST_CASE("what is defined counts from before it is sent, and anew once it may be committed") {
  shop at;
  at.read(shop::quiet());
  borrowing one(at.core);
  borrowing other(at.core);
  one.client(query("alter table goods add m int default f()"));
  CHECK_FALSE(at.shared->now().known);
  CHECK(is_looked_at(other, inserts));
  at.read(shop::quiet());  // as it was before the commit, which may come to others first
  CHECK(is_looked_at(other, inserts));
  one.at_server();
  one.server(complete("ALTER TABLE") + ready('I'));
  CHECK_FALSE(at.shared->now().known);
  CHECK(is_looked_at(other, inserts));
  at.read(shop::triggered());
  CHECK(is_looked_at(other, inserts));
}

TEST_CASE("what is committed in the middle of a pipeline counts from there on") {
  shop at;
  at.read(shop::quiet());
  borrowing one(at.core);
  one.client(query("create index on goods (n)") + query("select pg_sleep(60)"));
  at.read(shop::quiet());
  one.server(complete("CREATE INDEX") + ready('I'));
  CHECK_FALSE(at.shared->now().known);
  CHECK(at.shared->defining() == 1);
  one.server(answered);
  CHECK(at.shared->defining() == 0);
}

TEST_CASE("a transaction that defines something meets it itself") {
  shop at;
  at.read(shop::quiet());
  borrowing one(at.core);
  one.client(begin);
  one.server(in_block);
  one.client(query("create trigger t before insert on goods execute function f()"));
  one.server(complete("CREATE TRIGGER") + ready('T'));
  at.read(shop::quiet());
  one.at_server();
  one.client(query(inserts));
  one.server(complete("INSERT 0 1") + ready('T'));
  one.at_server();
  CHECK(is_looked_at(one, "commit"));
}

TEST_CASE("a statement that waited for who defines something has met it") {
  shop at;
  at.read(shop::quiet());
  borrowing one(at.core);
  one.client(query(inserts));
  one.at_server();
  at.shared->change();
  at.read(shop::triggered());
  one.server(complete("INSERT 0 1") + ready('I'));
  CHECK(holds(one.at_server(), "skein_look_settings"));
}

TEST_CASE("who is lost while it defines something may have committed it") {
  shop at;
  at.read(shop::quiet());
  std::uint64_t before = 0;
  {
    borrowing one(at.core);
    one.client(query("create or replace function f() returns int language sql as 'select 1'"));
    before = at.shared->edition();
  }
  CHECK(at.shared->edition() > before);
}

TEST_CASE("what defines nothing that matters changes nothing") {
  shop at;
  at.read(shop::quiet());
  const std::uint64_t before = at.shared->edition();
  for (const auto* sql :
       {"create temp table mine (n int)", "drop table goods", "select f()",
        "create local temporary view mine as select 1", "call p()", "insert into goods values (1)",
        "vacuum goods", "begin", "do 'begin end'", "alter role app set work_mem = '2MB'",
        "create role other", "select 1 as n into temp mine", "nonsense"}) {
    CAPTURE(sql);
    borrowing one(at.core);
    one.client(query(sql));
    CHECK(at.shared->edition() == before);
  }
  for (const auto* sql :
       {"create table mine (n int)", "create unlogged table mine (n int)",
        "alter function f() volatile", "commit prepared 'x'", "create unique index on goods (n)",
        "create extension citext", "select 1 as n into mine",
        "import foreign schema s from server r into l", "select 1; create view v as select 1"}) {
    CAPTURE(sql);
    const std::uint64_t edition = at.shared->edition();
    borrowing one(at.core);
    one.client(query(sql));
    CHECK(at.shared->edition() != edition);
  }
}
