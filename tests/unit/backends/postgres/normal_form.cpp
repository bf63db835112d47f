#include "backends/postgres/normal_form.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace skein::postgres;

namespace {

std::string form_of(std::string_view text, bool standard_strings = true) {
  const auto form = normal_form_of(text, standard_strings, 1 << 16);
  if (form) return form->text;
  return form.error() == unreadable::broken ? "broken" : "too long";
}

bool alike(std::string_view one, std::string_view other, bool other_standard = true) {
  const auto first = marks_of(one, true);
  const auto second = marks_of(other, other_standard);
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  return first->print == second->print;
}

std::string hint_of(std::string_view text) {
  const auto found = marks_of(text, true);
  REQUIRE(found.has_value());
  return std::string(found->hint);
}

struct pair {
  const char* one;
  const char* other;
};

}  // namespace

TEST_CASE("a form is the statement without its literals") {
  const std::vector<pair> forms = {
      {"SELECT  Abalance FROM t WHERE aid = 12345;", "select abalance from t where aid = 1"},
      {"select 'a', \"B\" /* c */ -- d", "select '?' , \"B\""},
      {"select x from t where a in (1, -2, 'b', $3)", "select x from t where a in ( 1 )"},
      {"select x from t where a in (1, f(2), 3)", "select x from t where a in ( 1 , f ( 1 ) , 1 )"},
      {"select x from t where a in ($1, $2)", "select x from t where a in ( $1 )"},
      {"select (E'\\'', n'a', b'01', x'ff')", "select ( '?' )"},
      {"select 1, 2, 3 from t", "select 1 , 1 from t"},
      {"select 'a' || 'b', 2 <> 3", "select '?' || '?' , 1 <> 1"},
      {"select 12ab", "broken"},
      {"select u&'\\0061', e'\\u0061', 0x1f", "select u&'\\0061' , e'\\u0061' , 0x1f"},
      {"select u&'!0061' uescape '!'", "select u&'!0061' uescape '!'"},
      {"select 1.5e3::float(7)", "select 1 :: float ( 1 )"},
      {"select id from t limit 10, 20", "select id from t limit 1 , 1"},
      {"copy t to ''", "copy t to '?'"},
      {"insert into t values (1, 2), (3, 4)", "insert into t values ( 1 ) , ( 1 )"},
      {";; select 1 ;", "select 1"},
      {"select 1;; select 2", "select 1 ; ; select 1"},
      {"", ""},
      {" -- nothing", ""},
      {"select 'a", "broken"},
      {"select /* a", "broken"},
  };
  for (const auto& [text, form] : forms) {
    CAPTURE(std::string(text));
    CHECK(form_of(text) == form);
  }
  CHECK(form_of("select 'a\\'' from t", false) == "select '?' from t");
  CHECK(form_of("select 'a\\'' from t", true) == "broken");
}

TEST_CASE("what is too long has no form") {
  CHECK(normal_form_of("select aaaa", true, 11).has_value());
  CHECK(normal_form_of("select aaaaa", true, 11).error() == unreadable::too_long);
}

TEST_CASE("nesting is never told to be less than it is") {
  const auto depth = [](std::string_view text) {
    return normal_form_of(text, true, 1 << 16)->nesting;
  };
  CHECK(depth("select ((((1))))") == 4);
  CHECK(depth("select (1), (2), (3)") == 1);
  CHECK(depth("select 1 + 2 + 3") == 2);
  CHECK(depth("select not not not true") == 3);
  CHECK(depth("select a from t union select a from t union select a from t") == 2);
  CHECK(depth("select a::int::text::int") == 3);
  CHECK(depth("select a[1][2]") >= 2);
}

TEST_CASE("fingerprints are one where forms are") {
  CHECK(alike("select 1", "select  2 -- x"));
  CHECK(alike("select 'a'", "select $$b$$"));
  CHECK(alike("select b'1'", "select x'f'"));
  CHECK(alike("select a in (1)", "select a in (1, 2, 3)"));
  CHECK(alike("select 'a\\\\'", "select 'b\\''", false));
  const std::vector<pair> different = {
      {"select 1", "select 'a'"},
      {"select a", "select b"},
      {"select a", "select \"a\""},
      {"select ab", "select a b"},
      {"select $1", "select $2"},
      {"select 1", "select 1;"},
      {"select a.b", "select a . b . c"},
      {"select 1::a", "select 1::b"},
      {"select a in (1)", "select a in (1, b)"},
      {"select u&'!a' uescape '!'", "select u&'!a' uescape '?'"},
      {"select a -1", "select a, -1"},
      {"select (1)", "select ((1))"},
      {"begin read only", "begin read write"},
      {"set transaction_read_only = on", "set transaction_read_only = off"},
  };
  for (const auto& [one, other] : different) {
    CAPTURE(std::string(one));
    CHECK_FALSE(alike(one, other));
  }
  CHECK_FALSE(marks_of("select 'a", true).has_value());
}

TEST_CASE("a fingerprint is of its seed") {
  const auto one = marks_of("select 1", true, {1, 2});
  const auto other = marks_of("select 1", true, {1, 3});
  CHECK_FALSE(one->print == other->print);
}

TEST_CASE("hints stand in comments anywhere between tokens, and the last counts") {
  CHECK(hint_of("/* skein: leader */ select 1") == "leader");
  CHECK(hint_of("select /*skein:follower*/ 1") == "follower");
  CHECK(hint_of("select 1 -- skein: fresh=global key=u42 ") == "fresh=global key=u42");
  CHECK(hint_of("select 1 -- skein: leader\n from t") == "leader");
  CHECK(hint_of("/* skein: leader */ select 1 /* skein: follower */;") == "follower");
  CHECK(hint_of("select '/* skein: leader */' /* not skein: leader */, \"--skein: a\"") == "");
  CHECK(hint_of("/* skein: */ select 1") == "");
  CHECK(hint_of("/* skeins: leader */ select 1") == "");
  CHECK(hint_of("/*skein:*//**/--") == "");
  CHECK(alike("select 1 /* skein: leader */", "select 1"));
  CHECK(form_of("select 1 /* skein: leader */") == "select 1");
}
