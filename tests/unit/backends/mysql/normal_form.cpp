#include "backends/mysql/normal_form.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace skein::mysql;

namespace {

constexpr reading_rules mysql{.version = 90704};
constexpr reading_rules mariadb{.of = flavour::mariadb, .version = 101119};
constexpr reading_rules ansi{.mode = {.ansi_quotes = true}};

std::string form_of(std::string_view text, const reading_rules& rules = mysql) {
  const auto form = normal_form_of(text, rules, 1 << 16);
  if (form) return form->text;
  return form.error() == unreadable::broken ? "broken" : "too long";
}

bool alike(std::string_view one, std::string_view other, const reading_rules& rules = mysql) {
  const auto first = marks_of(one, rules);
  const auto second = marks_of(other, rules);
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  return first->print == second->print;
}

struct pair {
  const char* one;
  const char* other;
};

}  // namespace

TEST_CASE("a form is the statement without its literals") {
  const std::vector<pair> forms = {
      {"SELECT  Abalance FROM t WHERE aid = 12345;", "select abalance from t where aid = 1"},
      {"select 'a', `B` /* c */ # d", "select '?' , `B`"},
      {"select \"a\"", "select '?'"},
      {"select x from t where a in (1, -2, 'b', ?)", "select x from t where a in ( 1 )"},
      {"select x from t where a in (1, f(2), 3)", "select x from t where a in ( 1 , f ( 1 ) , 1 )"},
      {"select x from t where a in (?, ?)", "select x from t where a in ( ? )"},
      {"select N'a' 'b' \"c\", _utf8mb4'd'", "select '?' , _utf8mb4 '?'"},
      {"select ('a' /* b */ 'c')", "select ( '?' )"},
      {"select x'41', f(0x41), b'01' a, 0b1 b", "select b'1' , f ( b'1' ) , b'1' a , b'1' b"},
      {"select x'41' 'a'", "select b'1' '?'"},
      {"select 1, null, true", "select 1 , null , true"},
      {"select id from t limit 10, 20", "select id from t limit 1 , 1"},
      {"insert into t values (1, 2), (3, 4)", "insert into t values ( 1 ) , ( 1 )"},
      {"select t.1e5, t.1a from t", "select t . `1e5` , t . `1a` from t"},
      {"select @A, @'b', @@Global.X, @@`Y`", "select @A , @'b' , @@global . x , @@`Y`"},
      {"select @x:=@x+1.5e3", "select @x := @x + 1"},
      {"select 1 /*! + 2 */ /*!99999 + 3 */", "select 1 + 1"},
      {"delete /*!50000 quick */ from t", "delete quick from t"},
      {"select /*+ MAX_EXECUTION_TIME(1) */ a", "select a"},
      {";; select 1 ;", "select 1"},
      {"select 1;; select 2", "select 1 ; ; select 1"},
      {"select a -- b\n", "select a"},
      {"", ""},
      {" # nothing", ""},
      {"select 'a", "broken"},
      {"select /* a", "broken"},
      {"select /*! a", "broken"},
  };
  for (const auto& [text, form] : forms) {
    CAPTURE(std::string(text));
    CHECK(form_of(text) == form);
    if (std::string_view(form) != "broken") CHECK(form_of(form) == form);
  }
  CHECK(form_of("select \"A\"", ansi) == "select \"A\"");
  CHECK(form_of("select \\N", mariadb) == "select null");
  CHECK(form_of("select 1 /*M! + 1 */ /*!80000 + 1 */", mariadb) == "select 1 + 1");
}

TEST_CASE("what is too long has no form") {
  CHECK(normal_form_of("select aaaa", mysql, 11).has_value());
  CHECK(normal_form_of("select aaaaa", mysql, 11).error() == unreadable::too_long);
}

TEST_CASE("fingerprints are one where forms are") {
  CHECK(alike("select 1", "select  2 -- x"));
  CHECK(alike("select 'a'", "select \"b\" 'c'"));
  CHECK(alike("select x'41'", "select 0b1"));
  CHECK(alike("select a in (1)", "select a in (1, 2, 3)"));
  CHECK(alike("select 1 + 1", "select 1 /*!40000 + 2 */"));
  CHECK(alike("select 1", "select 1 /*! */"));
  const std::vector<pair> different = {
      {"select 1", "select 'a'"},
      {"select 1", "select ?"},
      {"select 1", "select 0x1"},
      {"select a", "select b"},
      {"select a", "select `a`"},
      {"select @a", "select @@a"},
      {"select ab", "select a b"},
      {"select 1", "select 1;"},
      {"select t.1e5", "select t .1e5"},
      {"select a in (1)", "select a in (1, b)"},
      {"select a -1", "select a, -1"},
      {"select a limit 1", "select a limit 1, 2"},
      {"select 1", "select 1 /*! + 1 */"},
      {"start transaction read only", "start transaction read write"},
  };
  for (const auto& [one, other] : different) {
    CAPTURE(std::string(one));
    CHECK_FALSE(alike(one, other));
  }
  CHECK_FALSE(alike("select 1 + 1", "select 1 /*!80000 + 2 */", mariadb));
  CHECK_FALSE(marks_of("select 'a", mysql).has_value());
}

TEST_CASE("a fingerprint is of its seed, and a hint no part of it") {
  CHECK_FALSE(marks_of("select 1", mysql, {1, 2})->print ==
              marks_of("select 1", mysql, {1, 3})->print);
  CHECK(marks_of("select 1 /* skein: leader */", mysql)->hint == "leader");
  CHECK(alike("select 1 /* skein: leader */", "select 1"));
}
