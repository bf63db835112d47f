// PREPARE read as the Parse that does the same, the names in a message, errors in other words.
#include "backends/postgres/prepare_statement.hpp"

#include <doctest/doctest.h>

#include "backends/postgres/message.hpp"
#include "backends/postgres/rewording.hpp"
#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein::postgres;
using namespace wire;

namespace {

std::string types_of(const std::vector<std::uint32_t>& oids) {
  std::string out = text("\0") + static_cast<char>(oids.size());
  for (const auto oid : oids) out += u32(oid);
  return out;
}

std::string query_of(std::string_view sql) {
  const auto found = read_prepare_statement(sql, true);
  return found ? found->parse_tail.substr(0, found->parse_tail.find('\0')) : "(nothing)";
}

std::string failure(std::string_view words, std::string_view position) {
  return wire::message('E', text("SERROR\0C42601\0M") + std::string(words) + text("\0P") +
                                std::string(position) + text("\0Fparse.c\0\0"));
}

}  // namespace

TEST_CASE("a PREPARE is a Parse of its query") {
  struct example {
    std::string_view sql;
    std::string_view query;
    std::vector<std::uint32_t> types = {};
    bool by_name = false;
  };
  const std::vector<example> examples = {
      {"prepare a as select 1", "select 1"},
      {"PREPARE \"A b\" AS\n  values ($1) ; ", "values ($1)"},
      {"prepare a as /*+ hint */ table t -- behind", "/*+ hint */ table t"},
      {"prepare a as(select 1)", "(select 1)"},
      {"prepare a as insert into t values (1)", "insert into t values (1)"},
      {"prepare a as with x as (insert into t values (1) returning n) select n from x",
       "with x as (insert into t values (1) returning n) select n from x"},
      {"prepare a as merge into t using u on true when matched then delete",
       "merge into t using u on true when matched then delete"},
      {"prepare a (int) as select $1", "select $1", {23}},
      {"prepare a (INTEGER, numeric(10, 2), double  precision) as select $1",
       "select $1",
       {23, 1700, 701}},
      {"prepare a (timestamp(3) with time zone, time, character varying (10)) as delete from t",
       "delete from t",
       {1184, 1083, 1043}},
      {"prepare a (int[], bigint array, smallint[3][], bit array[4]) as select $1",
       "select $1",
       {1007, 1016, 1005, 1561}},
      {"prepare a (text, uuid) as select $1", "select $1", {25, 2950}, true},
      {"prepare a (pg_catalog.text, pg_catalog.jsonb[]) as select $1", "select $1", {25, 3807}},
      {"prepare a (unknown) as select $1", "select $1", {705}, true},
  };
  for (const auto& one : examples) {
    CAPTURE(one.sql);
    const auto found = read_prepare_statement(one.sql, true);
    REQUIRE(found);
    CHECK(found->parse_tail == std::string(one.query) + text("\0") + types_of(one.types));
    CHECK(one.sql.substr(found->query_at).starts_with(one.query));
    CHECK(found->types_by_name == one.by_name);
  }
}

TEST_CASE("what a Parse would take and a PREPARE would not, or types not known, stay a PREPARE") {
  for (const auto* sql : {
           "prepare a as begin",
           "prepare a as create table t ()",
           "prepare a as select 1 into t",
           "prepare a as with x as (select 1) select * into t from x",
           "prepare a as execute b",
           "prepare a as",
           "prepare a (mood) as select $1",
           "prepare a (public.text) as select $1",
           "prepare a (pg_catalog.integer) as select $1",
           "prepare a (\"text\") as select $1",
           "prepare a (float(1)) as select $1",
           "prepare a (setof int) as select $1",
           "prepare a (int int) as select $1",
           "prepare a (t.n%type) as select $1",
           "prepare a (unknown[]) as select $1",
           "prepare a () as select 1",
           "prepare a (int,) as select 1",
           "prepare a (int",
           "prepare a (varchar('x')) as select 1",
       }) {
    CAPTURE(sql);
    CHECK(query_of(sql) == "(nothing)");
  }
}

TEST_CASE("a PREPARE cut anywhere does no harm") {
  const std::string sql = "prepare a (timestamp (3) with time zone, int[3]) as select $1, 'x'";
  for (std::size_t size = 0; size < sql.size(); ++size) {
    const std::vector<char> cut(sql.begin(), sql.begin() + static_cast<long>(size));
    read_prepare_statement({cut.data(), cut.size()}, true);
    name_uses({cut.data(), cut.size()}, true);
    effects_of_beginning({cut.data(), cut.size()}, true);
  }
}

TEST_CASE("the names of a message's statements") {
  const std::string_view sql =
      "select 1;; execute A (1); ;deallocate prepare \"b\";prepare c as select 1;"
      "explain execute a; discard all";
  std::string told;
  for (const auto& use : name_uses(sql, true))
    told += std::to_string(static_cast<int>(use.how)) + use.name + '@' +
            std::string(sql.substr(use.at.begin, use.at.end - use.at.begin)) + '#' +
            std::to_string(use.place) + ' ';
  CHECK(told == "2a@A#1 3b@\"b\"#2 1c@c#3 2a@a#4 8@#5 ");
  CHECK(effects_of(sql).names_statements);
  CHECK_FALSE(effects_of("select 1; select 2").names_statements);
}

TEST_CASE("of a long EXECUTE the beginning is enough") {
  const effects found = effects_of_beginning(" EXECUTE mine ('a long lite", true);
  CHECK(found.how == handling::execute);
  CHECK(found.name == "mine");
  CHECK(found.name_at.begin == 9);
  CHECK(found.name_at.end == 13);
  CHECK(found.unseen_code);
  for (const auto* sql : {"execute mine", "select 'a long lite", "execute 'x", ""})
    CHECK(effects_of_beginning(sql, true).how == handling::plain);
}

TEST_CASE("of a long text that begins a block the beginning is enough") {
  for (const auto* sql : {"begin; insert", "/* x */ BEGIN; insert", "start transaction; insert"})
    CHECK(effects_of_beginning(sql, true).begins_block);
  for (const auto* sql : {"insert into begin values", "begin", "select 1; begin; select"})
    CHECK_FALSE(effects_of_beginning(sql, true).begins_block);
}

TEST_CASE("an error is told at the client's position and by its name") {
  // The server was given "execute skein_12(x), skein_1" for "execute \"ä\"(x), long_name".
  const rewording words{
      {{.begin = 8, .ours = "skein_12", .theirs = "ä", .theirs_size = 3},
       {.begin = 21, .ours = "skein_1", .theirs = "long_name", .theirs_size = 9}}};
  const auto told = [&](std::string_view text, std::string_view position) {
    const std::string heard = reword_error(bytes(failure(text, position)), words);
    CHECK(error_field(heard, 'F') == "parse.c");
    CHECK(error_field(heard, 'C') == "42601");
    CHECK(load_u32(bytes(heard).data() + 1) + 1 == heard.size());
    return error_field(heard, 'M') + " at " + error_field(heard, 'P');
  };
  CHECK(told("before", "1") == "before at 1");
  CHECK(told("column x", "18") == "column x at 13");
  CHECK(told("behind", "30") == "behind at 27");
  CHECK(told("skein_12, skein_1, skein_123: skein_1", "x") ==
        "ä, long_name, skein_123: long_name at x");
  // Less in front of the query: PREPARE.
  const rewording less{{{.theirs_size = 13}}};
  CHECK(error_field(reword_error(bytes(failure("skein", "1")), less), 'P') == "14");
}

TEST_CASE("characters are counted as the server does") {
  CHECK(characters_in("", true) == 0);
  CHECK(characters_in("aäß€", true) == 4);
  CHECK(characters_in("aäß€", false) == 8);
}
