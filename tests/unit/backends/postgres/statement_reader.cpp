#include "backends/postgres/statement_reader.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "backends/postgres/effects.hpp"
#include "tests/unit/backends/postgres/making.hpp"
#include "tests/unit/net/allocations.hpp"

using skein::place;
namespace net = skein::net;
using namespace skein::postgres;
using namespace std::chrono_literals;

namespace {

constexpr const char* lookup = "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;";

std::shared_ptr<const catalog> bench() {
  making::shop in;
  in.relation("pgbench_accounts");
  return make_catalog(in.code);
}

std::string why_of(std::string_view text, const catalog* known = nullptr) {
  statement_reader reader;
  return reader.read(text, true, known).facts->why;
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
  const auto read = reader.read(lookup, true, known.get());
  CHECK(read.facts->where == place::any);
  CHECK_FALSE(read.facts->may_write);
  CHECK(read.facts->why.empty());
  CHECK(read.facts->form == "select abalance from pgbench_accounts where aid = 1");
  CHECK(read.facts->fingerprint != 0);
  CHECK(read.facts->relations == std::vector<std::string>{"pgbench_accounts"});
  CHECK(read.hint.empty());
}

TEST_CASE("a plain read leaves nothing behind in its session, whatever its literals") {
  const auto known = bench();
  statement_reader reader;
  const auto plain = [&](std::string_view text) {
    return reader.read(text, true, known.get()).facts->plain;
  };
  for (const char* text : {lookup, "select 'a'", "select E'a\\n'", "select $$a$$", "SELECT $1 ;",
                           "select aid as b, 'x' || 'y' from pgbench_accounts limit 3"}) {
    CAPTURE(text);
    if (plain(text)) CHECK(effects_of(text, true, known.get()) == effects_of_plain_read());
  }
  CHECK(plain(lookup));
  for (const char* text :
       {"select set_config('work_mem', '1MB', false)", "select * into x from pgbench_accounts",
        "show work_mem", "explain select 1", "begin read only", "select 1; select 2", "listen a",
        "update pgbench_accounts set aid = 1", "select nextval('s')", "execute a", "",
        "select pg_notify('a', 'b')", "select aid from pgbench_accounts for update"}) {
    CAPTURE(text);
    CHECK_FALSE(plain(text));
  }
}

TEST_CASE("a fingerprint is the same in every process and in whatever case") {
  const auto known = bench();
  statement_reader one;
  statement_reader other;
  const auto first = one.read("select 1 + 2", true, known.get()).facts;
  CHECK(first->fingerprint == other.read("SELECT 3 +\n 4;", true, nullptr).facts->fingerprint);
  CHECK(first->fingerprint == 2597060341562634462ULL);
}

TEST_CASE("statements that differ in values share what is known, as long as the catalog is one") {
  const auto known = bench();
  const auto later = bench();
  statement_reader reader;
  const auto first = reader.read(lookup, true, known.get());
  const auto again = reader.read(
      "SELECT abalance FROM pgbench_accounts WHERE aid = 7 -- skein: leader", true, known.get());
  CHECK(reader.misses() == 2);  // the one has a semicolon
  CHECK(again.hint == "leader");
  CHECK(reader.read("SELECT abalance FROM pgbench_accounts WHERE aid = 'x'", true, known.get())
            .facts != again.facts);
  CHECK(reader.read(lookup, true, known.get()).facts == first.facts);
  CHECK(reader.read(lookup, true, later.get()).facts != first.facts);
  const auto blind = reader.read(lookup, true, nullptr).facts;
  CHECK(blind->where == place::leader);
  CHECK(blind->why == "it reads pgbench_accounts, which is not known");
}

TEST_CASE("what is kept is found without an allocation") {
  const auto known = bench();
  statement_reader reader;
  reader.read(lookup, true, known.get());
  const auto before = net::allocated.count.load();
  for (int time = 0; time < 100; ++time) reader.read(lookup, true, known.get());
  CHECK(net::allocated.count.load() == before);
  CHECK(reader.misses() == 1);
}

TEST_CASE("what fits a text of late is known by that, and only under the same catalog and hint") {
  const auto known = bench();
  const auto later = bench();
  statement_reader reader;
  const auto read = [&](std::string_view text, const catalog* with) {
    return reader.read(text, true, with);
  };
  const auto first = read(lookup, known.get());
  CHECK(read("SELECT abalance FROM pgbench_accounts WHERE aid = 54321;", known.get()).facts ==
        first.facts);
  const auto anew = read(lookup, later.get());
  CHECK(anew.facts != first.facts);
  for (int time = 0; time < 100; ++time) {
    CHECK(read(lookup, later.get()).facts == anew.facts);
    CHECK(read(lookup, known.get()).facts == first.facts);
  }
  CHECK(reader.misses() == 2);
  for (int time = 0; time < 100; ++time)
    CHECK(read("select /* skein: leader */ 1", known.get()).hint == "leader");
  CHECK(read("select /* skein: any */ 1", known.get()).hint == "any");
}

TEST_CASE("what is forgotten is not known by its looks either") {
  statement_reader reader(1);
  for (int time = 0; time < 100; ++time) {
    CHECK(reader.read("select 1 as a", true, nullptr).facts->form == "select 1 as a");
    CHECK(reader.read("select 1 as a", true, nullptr).facts->form == "select 1 as a");
    CHECK(reader.read("select 1 as b", true, nullptr).facts->form == "select 1 as b");
  }
  CHECK(reader.size() == 1);
  CHECK(reader.misses() == 200);
}

TEST_CASE("what was not asked for the longest is forgotten first") {
  statement_reader reader(2);
  reader.read("select 1 as a", true, nullptr);
  reader.read("select 1 as b", true, nullptr);
  reader.read("select 2 as a", true, nullptr);
  reader.read("select 1 as c", true, nullptr);
  CHECK(reader.size() == 2);
  CHECK(reader.misses() == 3);
  reader.read("select 3 as a", true, nullptr);
  CHECK(reader.misses() == 3);
  reader.read("select 3 as b", true, nullptr);
  CHECK(reader.misses() == 4);
}

TEST_CASE("long forms are kept in fewer numbers") {
  statement_reader reader;
  const std::string columns = repeated(std::string(90, 'a') + ",", 170);
  for (int at = 0; at < 1000; ++at)
    reader.read("select " + columns + "b" + std::to_string(at), true, nullptr);
  CHECK(reader.size() < 700);
  CHECK(reader.size() > 100);
}

TEST_CASE("a backslash means what the session says") {
  statement_reader reader;
  constexpr const char* text = "select 'a\\', 'b' -- ' , nextval('s')";
  CHECK(reader.read(text, true, nullptr).facts->where == place::any);
  CHECK(reader.read(text, false, nullptr).facts->where == place::leader);
  CHECK(reader.read(text, true, nullptr).facts->where == place::any);
}

TEST_CASE("no literal hides what a function is told by it") {
  for (const char* const text :
       {"select set_config('a.b', 'c', false)", "select nextval('s')", "select dblink('a', 'b')",
        "select query_to_xml('select nextval(''s'')', true, true, '')", "select currval('s')",
        "select pg_read_file('x')", "select lo_import('x')"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(why_of(text).empty());
  }
}

TEST_CASE("whatever cannot be read is the leader's, with a reason") {
  CHECK(why_of(repeated("(", 290)) == "it is nested too deeply to be read");
  CHECK(why_of("select " + repeated("(", 160) + "1" + repeated(")", 130)) ==
        "it is nested too deeply to be read");
  CHECK(why_of("select " + repeated("- ", 200) + "1") == "it is nested too deeply to be read");
  CHECK(why_of(repeated("(", 10'000)) == "it is too long to be read");
  CHECK(why_of("select '") == "it cannot be parsed");
  CHECK(why_of("select \"a") == "it cannot be parsed");
  CHECK(why_of("select /* a /* */") == "it cannot be parsed");
  CHECK(why_of("select \xff\xfe") != "it is several statements");
  CHECK(why_of("select '\xff\xfe'").empty());
  CHECK(why_of("select json_object('a' : 1 returning jsonb)") == "it cannot be parsed");
  CHECK(why_of("select a in (" + repeated("1,", 5'000'000) + "1)") == "it is too long to be read");
  CHECK(why_of("select a in (" + repeated("1,", 8'000) + "1)").empty());
  CHECK(why_of("select " + repeated("aaaaaaaaaa,", 9'000) + "1") == "it is too long to be read");
  CHECK(why_of(repeated("select 1;", 100)) == "it is several statements");
}

TEST_CASE("what is nested as deeply as may be is read") {
  for (const std::string& text :
       {"select " + repeated("(", 145) + "1" + repeated(")", 145),
        "select " + repeated("(select ", 95) + "1" + repeated(")", 95),
        "select 1" + repeated(" + 1", 145),
        "select " + repeated("f(", 95) + "1" + repeated(")", 95),
        "select " + repeated("case when a then 1 else ", 40) + "1" + repeated(" end", 40),
        "select 1" + repeated(" union select 1", 95)}) {
    CAPTURE(text.substr(0, 60));
    const std::string why = why_of(text);
    CHECK(why != "it is nested too deeply to be read");
    CHECK(why != "it is too long to be read");
  }
}
