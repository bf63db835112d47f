#include "backends/mysql/statement_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/net/allocations.hpp"

using skein::place;
namespace net = skein::net;
using namespace skein::mysql;

namespace {

constexpr reading_rules rules{.version = 90704};
constexpr reading_rules mariadb_rules{.of = flavour::mariadb, .version = 101119};
constexpr const char* lookup = "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;";
const std::string shop = "shop";

catalog bench() {
  catalog made(false);
  for (const char* each : {"shop", "stock"}) {
    made.add_database(each);
    made.add_relation(each, "pgbench_accounts", {});
  }
  return made;
}

std::string why_of(std::string_view text) {
  statement_reader reader;
  return reader.read(text, rules, shop, nullptr).facts->why;
}

std::string repeated(std::string_view what, std::size_t times) {
  std::string all;
  for (std::size_t at = 0; at < times; ++at) all += what;
  return all;
}

}  // namespace

TEST_CASE("facts of a statement") {
  const auto known = bench();
  statement_reader reader;
  const auto read = reader.read(lookup, rules, shop, &known);
  CHECK(read.facts->where == place::any);
  CHECK_FALSE(read.facts->may_write);
  CHECK(read.facts->plain);
  CHECK(read.facts->why.empty());
  CHECK(read.facts->form == "select abalance from pgbench_accounts where aid = 1");
  CHECK(read.facts->fingerprint != 0);
  CHECK(read.facts->relations == std::vector<std::string>{"pgbench_accounts"});
  CHECK(*read.left == leavings{});
  CHECK(read.hint.empty());
}

TEST_CASE("what is left stands with the facts") {
  statement_reader reader;
  for (int time = 0; time < 3; ++time) {
    const auto read = reader.read("set @a = 1, sql_log_bin = 0", rules, shop, nullptr);
    CHECK(read.left->variables == std::vector<std::string>{"a"});
    CHECK(read.left->begins == bit_of(hold::setting));
    CHECK(reader.read("select '", rules, shop, nullptr).left->opaque);
    CHECK(reader.read("call p()", rules, shop, nullptr).left->unseen);
  }
}

TEST_CASE("a plain read leaves nothing behind in its session, whatever its literals") {
  const auto known = bench();
  statement_reader reader;
  const auto plain = [&](std::string_view text, const catalog* with) {
    return reader.read(text, rules, shop, with).facts->plain;
  };
  CHECK(plain("select 'a', count(*) from pgbench_accounts", &known));
  CHECK_FALSE(plain("select 'a', count(*) from pgbench_accounts", nullptr));
  for (const char* text :
       {"select get_lock('a', 1)", "select @a := 1", "select last_insert_id()", "set @a = 1",
        "show warnings", "begin", "start transaction read only", "select found_rows()",
        "update pgbench_accounts set aid = 1", "select f()", "select 1; select 2", "select @@a",
        "select sql_calc_found_rows 1", "select aid from pgbench_accounts for update"}) {
    CAPTURE(text);
    CHECK_FALSE(plain(text, &known));
  }
}

TEST_CASE("a fingerprint is the same in every process and in whatever case") {
  statement_reader one;
  statement_reader other;
  const auto first = one.read("select 1 + 2", rules, shop, nullptr).facts;
  CHECK(first->fingerprint == other.read("SELECT 3 +\n 4;", rules, "", nullptr).facts->fingerprint);
  CHECK(first->fingerprint == 2597060341562634462ULL);
}

TEST_CASE("statements that differ in values share what is known, as long as the catalog is one") {
  const auto known = bench();
  const auto later = bench();
  statement_reader reader;
  const auto first = reader.read(lookup, rules, shop, &known);
  const auto again = reader.read(
      "SELECT abalance FROM pgbench_accounts WHERE aid = 7 -- skein: leader", rules, shop, &known);
  CHECK(reader.misses() == 2);  // the one has a semicolon
  CHECK(again.hint == "leader");
  CHECK(reader.read("SELECT abalance FROM pgbench_accounts WHERE aid = 'x'", rules, shop, &known)
            .facts != again.facts);
  CHECK(reader.read(lookup, rules, shop, &known).facts == first.facts);
  CHECK(reader.read(lookup, rules, shop, &known).left == first.left);
  CHECK(reader.read(lookup, rules, shop, &later).facts != first.facts);
  CHECK(reader.read(lookup, rules, shop, nullptr).facts != first.facts);
}

TEST_CASE("with a catalog it matters which database a name is meant by") {
  const auto known = bench();
  statement_reader reader;
  const auto read = [&](const std::string& database, const catalog* with) {
    return reader.read(lookup, rules, database, with).facts;
  };
  const auto first = read("shop", &known);
  const auto second = read("stock", &known);
  CHECK(first != second);
  CHECK(read("", &known) != first);
  CHECK(read("nowhere", &known) == read("elsewhere", &known));
  for (int time = 0; time < 100; ++time) {
    CHECK(read("shop", &known) == first);
    CHECK(read("stock", &known) == second);
  }
  CHECK(read("shop", nullptr) == read("stock", nullptr));
  CHECK(reader.misses() == 4);
}

TEST_CASE("what is kept is found without an allocation") {
  const auto known = bench();
  statement_reader reader;
  const std::string stock = "stock";
  for (const auto* database : {&shop, &stock}) reader.read(lookup, rules, *database, &known);
  const auto before = net::allocated.count.load();
  for (int time = 0; time < 100; ++time)
    for (const auto* database : {&shop, &stock}) reader.read(lookup, rules, *database, &known);
  CHECK(net::allocated.count.load() == before);
  CHECK(reader.misses() == 2);
}

TEST_CASE("what fits a text of late is known by that, and only under the same hint") {
  statement_reader reader;
  const auto read = [&](std::string_view text) { return reader.read(text, rules, shop, nullptr); };
  const auto first = read(lookup);
  CHECK(read("SELECT abalance FROM pgbench_accounts WHERE aid = 54321;").facts == first.facts);
  for (int time = 0; time < 100; ++time)
    CHECK(read("select /* skein: leader */ 1").hint == "leader");
  CHECK(read("select /* skein: any */ 1").hint == "any");
  CHECK(reader.misses() == 2);
}

TEST_CASE("what was not asked for the longest is forgotten first, however it looks") {
  statement_reader reader(2);
  const auto form = [&](std::string_view text) {
    return reader.read(text, rules, shop, nullptr).facts->form;
  };
  for (int time = 0; time < 100; ++time) {
    CHECK(form("select 1 as a") == "select 1 as a");
    CHECK(form("select 1 as b") == "select 1 as b");
    CHECK(form("select 1 as c") == "select 1 as c");
  }
  CHECK(reader.size() == 2);
  CHECK(reader.misses() == 300);
}

TEST_CASE("a text means what the session's rules say") {
  statement_reader reader;
  const auto why = [&](std::string_view text, const reading_rules& by) {
    return reader.read(text, by, shop, nullptr).facts->why;
  };
  reading_rules plain = rules;
  plain.mode.backslash_escapes = false;
  reading_rules ansi = rules;
  ansi.mode.ansi_quotes = true;
  reading_rules oracle = mariadb_rules;
  oracle.mode.other_grammar = true;
  for (int time = 0; time < 3; ++time) {
    CHECK(why("select 'a\\', 'b' -- ' , get_lock('s', 1)", plain).empty());
    CHECK(why("select 'a\\', 'b' , get_lock('s', 1) -- '", plain) ==
          "it calls get_lock, which tells of one server");
    CHECK(why("select \"f\"(1)", ansi) == "it calls f, which is not known");
    CHECK(why("select 1 as \"a\"", rules).empty());
    CHECK(why("select 1 as a", mariadb_rules).empty());
    CHECK(why("select 1 as a", oracle) == "it cannot be parsed");
    CHECK(why("select nvl(a, 1) from t", mariadb_rules).empty());
    CHECK(why("select nvl(a, 1) from t", rules) == "it calls nvl, which is not known");
    CHECK(why("select /*M! get_lock(1, */ 1", rules).empty());
    CHECK(why("select count(a) from t", rules).empty());
    CHECK(why("select count (a) from t", rules) == "it calls count, which is not known");
    CHECK(why("select count/**/(a) from t", rules) == "it calls count, which is not known");
    CHECK(why("select a from t where b in (1)", rules).empty());
  }
}

TEST_CASE("a literal that decides is looked at each time") {
  statement_reader reader;
  const auto block = [&](std::string_view text) {
    return reader.read(text, rules, shop, nullptr).left->begins_block;
  };
  for (int time = 0; time < 3; ++time) {
    CHECK(block("set autocommit = 0"));
    CHECK_FALSE(block("set autocommit = 1"));
    CHECK(block("SET @@session.`autocommit` = 0"));
    CHECK_FALSE(block("SET @@session.`autocommit` = 1"));
  }
}

TEST_CASE("whatever cannot be read is the leader's, with a reason") {
  CHECK(why_of("select '") == "it cannot be parsed");
  CHECK(why_of(repeated("(", 20'000)) == "it is too long to be read");
  CHECK(why_of("select a in (" + repeated("1,", 7'000) + "1)").empty());
  CHECK(why_of(repeated("select 1;", 100)) == "it is several statements");
}

TEST_CASE("what is too long for routing is read for what it leaves") {
  statement_reader reader;
  const std::string rows = "insert into t values " + repeated("(1, 'abc'),", 5'000) + "(2, '')";
  CHECK(*reader.read(rows, rules, shop, nullptr).left == leavings{});
  CHECK(reader.read(rows + " on duplicate key update a = (@b := 1)", rules, shop, nullptr)
            .left->variables.size() == 1);
  CHECK(reader.size() == 0);
}
