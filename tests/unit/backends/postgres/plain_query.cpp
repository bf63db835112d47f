// What is seen in one pass must be what the lexer and the readers of commands see.
#include "backends/postgres/plain_query.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "backends/postgres/effects.hpp"

using namespace skein::postgres;

namespace {

plain_query look(std::string_view text) {
  return look_for_plain_query(text, true);
}

}  // namespace

TEST_CASE("queries of the simplest form are seen to be plain") {
  for (const std::string_view text :
       {"SELECT abalance FROM pgbench_accounts WHERE aid = 4711;", "select 1", "select 1 ; \n",
        "\n\tSelect \"a\"\"b\", x::text from t where name = 'O''Brien' and a[1] >= $1 limit 10",
        "select * from größe", "select -1", "select a/b", "select a - -1", "select"})
    CHECK_MESSAGE(look(text) == plain_query::reads, text);
  for (const std::string_view text :
       {"update t set n = n + 1 where id = 7", "delete from t where id=$1", "DELETE FROM t"})
    CHECK_MESSAGE(look(text) == plain_query::writes, text);
}

TEST_CASE("whatever is more than that is left to the readers of commands") {
  for (const std::string_view text : {"select f()",
                                      "select * into t from u",
                                      "select * INTO\"t\" from u",
                                      "select a.b from a",
                                      "select 1; select 2",
                                      "select 1;;",
                                      "select 'open",
                                      "select \"open",
                                      "select E'\\'' || f",
                                      "select U&'x'",
                                      "select u&\"x\"",
                                      "select /* ( */ 1",
                                      "select 1 -- (",
                                      "select $$x$$",
                                      "select $a$x$a$",
                                      "select 1.5",
                                      "select 1e5",
                                      "select 0x1f",
                                      "select 1a",
                                      "select {",
                                      "",
                                      ";",
                                      "selects",
                                      "insert into t values ( 1 )",
                                      "begin",
                                      "table t",
                                      "-- c\nselect 1",
                                      "select $1a",
                                      "select \\ 1"})
    CHECK_MESSAGE(look(text) == plain_query::none, text);
  CHECK(look(std::string_view("select \0", 8)) == plain_query::none);
  CHECK(look_for_plain_query("select 'a'", false) == plain_query::none);
  CHECK(look_for_plain_query("select \"a\"", false) == plain_query::reads);
}

TEST_CASE("of whatever pieces a text is made, both ways of looking tell the same") {
  constexpr std::string_view pieces[] = {
      "select",    "update",  "delete", "from", "into",   "set",   "t",  "f",
      "(",         ")",       ";",      ",",    ".",      "'",     "''", "\"",
      " ",         "\n",      "--",     "/*",   "*/",     "-",     "/",  "*",
      "$1",        "$",       "$a$",    "1",    "0x",     "1.5",   "E'", "U&",
      "u&'",       "\\",      "::",     "[1]",  "=",      "&",     "e",  "ü",
      "with",      "nextval", "where",  "x'",   "insert", "merge", "\t", "pg_catalog.set_config",
      "for update"};
  std::mt19937 dice(20);
  const auto below = [&](std::size_t end) { return dice() % end; };
  int plain = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = below(8) == 0 ? "" : std::string(pieces[below(3)]) + " ";
    for (auto left = below(9); left > 0; --left) {
      text += pieces[below(std::size(pieces))];
      if (below(2) == 0) text += ' ';
    }
    for (const bool standard_strings : {true, false}) {
      if (look_for_plain_query(text, standard_strings) == plain_query::none) continue;
      ++plain;
      if (effects_of(text, standard_strings) != effects_by_token(text, standard_strings))
        FAIL_CHECK("seen in two ways: " << text);
    }
  }
  CHECK(plain > 20'000);
}
