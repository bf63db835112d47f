#include "backends/postgres/statements.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/postgres/bytes.hpp"
#include "tests/unit/net/allocations.hpp"

using namespace skein::postgres;

namespace {

const std::string select_1 = wire::text("select 1\0\0\0");
const std::string typed = wire::text("select 1\0\0\1\0\0\0\x17");
const session_state plain;

}  // namespace

TEST_CASE("a text with its types is one entry for all who hold it") {
  statement_store store;
  const auto one = store.intern(select_1, true, plain);
  CHECK(one->text() == "select 1");
  CHECK(one->parse_tail == select_1);
  CHECK(one->server_name == statement_name(one->number));
  CHECK(statement_name(17) == "skein_17");
  CHECK(store.intern(std::string(select_1), true, plain) == one);
  CHECK(store.size() == 1);
  for (const auto& other : {store.intern(typed, true, plain), store.intern(select_1, false, plain),
                            store.intern(wire::text("select 2\0\0\0"), true, plain)}) {
    CHECK(other != one);
    CHECK(other->number != one->number);
  }
}

TEST_CASE("who reads literals otherwise has an entry of its own") {
  statement_store store;
  const session_state tokyo({{"timezone", "Asia/Tokyo"}, {"work_mem", "1MB"}});
  const auto one = store.intern(select_1, true, plain);
  const auto other = store.intern(select_1, true, tokyo);
  CHECK(other != one);
  CHECK(store.intern(select_1, true, tokyo.with("work_mem", "2MB")) == other);
  CHECK(store.intern(select_1, true, plain.with("search_path", "a")) == one);
}

TEST_CASE("an unshared entry is nobody else's") {
  statement_store store;
  const auto mine = store.make_unshared(select_1, true);
  const auto yours = store.make_unshared(select_1, true);
  CHECK(mine != yours);
  CHECK(mine->number != yours->number);
  CHECK(store.intern(select_1, true, plain) != mine);
}

TEST_CASE("a stale entry is found no more, and another of the same reading takes its place") {
  statement_store store;
  const session_state tokyo(settings_map{{"timezone", "Asia/Tokyo"}});
  const auto old = store.intern(select_1, true, tokyo);
  old->stale = true;
  const auto fresh = store.renew(*old);
  CHECK(fresh != old);
  CHECK(fresh->number != old->number);
  CHECK(store.intern(select_1, true, tokyo) == fresh);
  CHECK(store.renew(*old) == fresh);
  const auto mine = store.make_unshared(select_1, true);
  mine->stale = true;
  CHECK_FALSE(store.renew(*mine)->shared);
  statement_names names;
  names.give("a", old);
  names.give("b", mine);
  names.give("c", old);
  const auto bytes = names.bytes();
  names.replace(*old, fresh);
  CHECK(*names.find("a") == fresh);
  CHECK(*names.find("b") == mine);
  CHECK(*names.find("c") == fresh);
  CHECK(names.bytes() == bytes);
}

TEST_CASE("what was prepared before tables changed is found no more, and goes on for who has it") {
  statement_store store;
  const auto before = store.intern(select_1, true, plain);
  store.tables_change();
  const auto since = store.intern(select_1, true, plain);
  CHECK(since != before);
  CHECK_FALSE(before->stale);
  CHECK(store.intern(select_1, true, plain) == since);
  before->stale = true;
  CHECK(store.renew(*before) == since);
}

TEST_CASE("entries that nobody holds go, by number and by size; those held stay") {
  statement_store store;
  const auto held = store.intern(select_1, true, plain);
  for (int i = 0; i < 100000; ++i) {
    store.intern(std::to_string(i), true, plain);
    REQUIRE(store.size() < 10000);
  }
  for (int i = 0; i < 100; ++i) {
    store.intern(std::to_string(i) + std::string(1U << 20, 'x'), true, plain);
    if (i > 10) REQUIRE(store.size() < 10);
  }
  CHECK(store.intern(select_1, true, plain) == held);
}

TEST_CASE("a number is never two entries', not even when the numbers have run out") {
  statement_store store(0xfffffffe);
  const auto last = store.intern("a", true, plain);
  const auto first = store.intern("b", true, plain);
  CHECK(last->number == 0xffffffff);
  CHECK(first->number == 1);
  statement_store again(0xfffffffe);
  const auto before = again.intern("a", true, plain);
  std::vector<statement_ref> all;
  for (int i = 0; i < 10; ++i) all.push_back(again.intern(std::to_string(i), true, plain));
  CHECK(all.back()->number == 10);
  CHECK(store.make_unshared("a", true)->number == 2);
}

TEST_CASE("a client's names") {
  statement_store store;
  const auto one = store.intern("one", true, plain);
  const auto two = store.intern("two", true, plain);
  statement_names names;
  CHECK_FALSE(names.find("a"));
  for (const auto* name : {"m", "z", "a", "k"}) names.give(name, one);
  names.give("k", two);
  CHECK(names.size() == 4);
  REQUIRE(names.find("k"));
  CHECK(*names.find("k") == two);
  CHECK(*names.find("a") == one);
  CHECK_FALSE(names.find("b"));
  names.remove("k");
  names.remove("b");
  CHECK_FALSE(names.find("k"));
  CHECK(names.size() == 3);
  names.clear();
  CHECK(names.size() == 0);
}

TEST_CASE("a change of a name stands when it is confirmed, and may never have happened") {
  statement_store store;
  const auto one = store.intern("one", true, plain);
  const auto two = store.intern("two", true, plain);
  statement_names names;
  names.give("a", one);
  CHECK_FALSE(names.unsure("a"));  // in this batch: if it fails, what follows is skipped
  names.end_batch();
  CHECK(names.unsure("a"));
  names.confirm();
  CHECK_FALSE(names.unsure("a"));
  names.take("a");
  names.give("a", two);
  names.give("b", two);
  CHECK(*names.find("a") == two);
  names.undo(2);
  CHECK(*names.find("a") == one);
  CHECK(names.find("b"));
  names.undo(1);
  CHECK_FALSE(names.find("b"));
}

TEST_CASE("of what is prepared on a connection the longest unused makes room") {
  statement_store store;
  std::vector<statement_ref> all;
  for (int i = 0; i < 4; ++i) all.push_back(store.intern(std::to_string(i), true, plain));
  prepared_set prepared(3);
  CHECK_FALSE(prepared.use(*all[0]));
  for (int i = 0; i < 3; ++i) CHECK(prepared.add(all[i]) == 0);
  CHECK(prepared.add(all[1]) == 0);
  CHECK(prepared.size() == 3);
  CHECK(prepared.use(*all[0]));
  CHECK(prepared.add(all[3]) == all[2]->number);
  CHECK_FALSE(prepared.use(*all[2]));
  CHECK(prepared.use(*all[1]));
  prepared.remove(all[1]->number);
  prepared.remove(12345);
  CHECK_FALSE(prepared.use(*all[1]));
  CHECK(prepared.size() == 2);
  prepared.clear();
  CHECK(prepared.size() == 0);
  prepared_set none(0);
  CHECK(none.add(all[0]) == 0);
  CHECK(none.use(*all[0]));
  CHECK(none.add(all[1]) == all[0]->number);
}

TEST_CASE("what is prepared on a connection is held, whoever else has let it go") {
  statement_store store;
  prepared_set prepared(1);
  const auto number = store.intern(select_1, true, plain)->number;
  prepared.add(store.intern(select_1, true, plain));
  for (int i = 0; i < 20000; ++i) store.intern(std::to_string(i), true, plain);
  CHECK(store.intern(select_1, true, plain)->number == number);
}

TEST_CASE("a warm client and a warm connection allocate nothing") {
  statement_store store;
  statement_names names;
  prepared_set prepared(10);
  const session_state settings({{"timezone", "Asia/Tokyo"}, {"work_mem", "1MB"}});
  const auto one = store.intern(select_1, true, settings);
  names.give("a name too long to stand inside a string", one);
  names.confirm();
  prepared.add(one);
  prepared.add(store.intern(typed, true, settings));
  const std::size_t before = skein::net::allocated.count;
  bool found = true;
  for (int i = 0; i < 10; ++i) {
    const auto* const held = names.find("a name too long to stand inside a string");
    found = found && held && prepared.use(**held);
    found = found && store.intern(select_1, true, settings) == one;
    found = found && diff(settings, settings).empty();
  }
  CHECK(skein::net::allocated.count == before);
  CHECK(found);
}
