#include "backends/postgres/effects.hpp"

#include <doctest/doctest.h>
#include <pg_query.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

using namespace skein::postgres;

namespace {

struct example {
  std::size_t line = 0;
  std::string mark = {};  // of the line in brackets
  std::string sql = {};
  std::string facts = {};
  bool standard_strings() const { return mark != "backslashes escape"; }
};

std::vector<example> read_cases() {
  std::ifstream file("tests/cases/postgres/effects.txt");
  std::vector<example> cases;
  example next;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    const bool begun = !next.sql.empty() || !next.mark.empty();
    if (!begun && (line.empty() || line.starts_with('#'))) continue;
    if (!begun) next.line = number;
    if (line.starts_with("=> ")) {
      next.facts = line.substr(3);
      cases.push_back(std::exchange(next, {}));
    } else if (next.sql.empty() && line.starts_with('[')) {
      next.mark = line.substr(1, line.size() - 2);
    } else {
      REQUIRE_MESSAGE(!line.empty(), "a case without its facts ends at line " << number);
      next.sql += (next.sql.empty() ? "" : "\n") + line;
    }
  }
  CHECK(next.sql.empty());
  return cases;
}

std::string words_of(const effects& found) {
  constexpr std::string_view handlings[] = {"",           "prepare",        "execute",
                                            "deallocate", "deallocate all", "listen",
                                            "unlisten",   "unlisten all",   "discard all"};
  std::string told;
  const auto say = [&](std::string_view word) { (told += told.empty() ? "" : ", ") += word; };
  if (found.how != handling::plain) say(handlings[static_cast<std::size_t>(found.how)]);
  if (!found.name.empty())
    told += ' ' + found.name + " @" + std::to_string(found.name_at.begin) + '-' +
            std::to_string(found.name_at.end);
  if (found.follows_replay) say("follows");
  if (!found.settings.empty()) say("sets");
  for (const auto& name : found.settings) told += ' ' + name;
  if (found.anything) say("anything");
  if (found.unseen_code) say("unseen");
  if (found.begins_block) say("begins");
  if (found.ends_block) say("ends");
  if (found.may_commit) say("commits");
  if (found.may_free) say("frees");
  if (found.drops_prepared) say("drops");
  if (found.reads_sequences) say("reads sequences");
  if (found.lowers_commit) say("lowers commits");
  if (!found.pins.empty()) say("pins: " + std::string(found.pins));
  return told.empty() ? "plain" : told;
}

bool is_accepted(const std::string& sql) {
  const PgQuerySplitResult read = pg_query_split_with_parser(sql.c_str());
  const bool accepted = !read.error;
  pg_query_free_split_result(read);
  return accepted;
}

}  // namespace

TEST_CASE("what each statement leaves behind") {
  const auto cases = read_cases();
  REQUIRE(cases.size() > 250);
  for (const auto& one : cases) {
    INFO("line " << one.line << ": " << one.sql);
    CHECK(words_of(effects_of(one.sql, one.standard_strings())) == one.facts);
  }
}

TEST_CASE("every case is a statement, unless it says otherwise") {
  for (const auto& one : read_cases()) {
    if (!one.standard_strings()) continue;  // the library knows the other rule alone
    INFO("line " << one.line << ": " << one.sql);
    CHECK(is_accepted(one.sql) == one.mark.empty());
  }
}

TEST_CASE("a name can be replaced where it stands") {
  std::size_t replaced = 0;
  for (const auto& one : read_cases()) {
    const auto found = effects_of(one.sql, one.standard_strings());
    if (found.name.empty()) continue;
    auto text = one.sql;
    text.replace(found.name_at.begin, found.name_at.end - found.name_at.begin, "skein_12");
    INFO(text);
    const auto again = effects_of(text, one.standard_strings());
    CHECK(again.name == "skein_12");
    CHECK(again.how == found.how);
    ++replaced;
  }
  CHECK(replaced > 20);
}

TEST_CASE("statements cut anywhere do no harm") {
  for (const auto& one : read_cases()) {
    for (std::size_t size = 0; size < one.sql.size(); ++size) {
      // In memory of its own, so that a byte read behind the end is seen.
      const std::vector<char> cut(one.sql.begin(), one.sql.begin() + static_cast<long>(size));
      const std::string_view text(cut.data(), cut.size());
      const auto found = effects_of(text, one.standard_strings());
      CHECK(found.name_at.end <= size);
    }
  }
}

TEST_CASE("nested calls cost no more than their length") {
  std::string text = "SELECT ";
  for (int i = 0; i < 100'000; ++i) text += "set_config('a', f(b, ";
  CHECK(effects_of(text).anything);
  text = "SELECT f(a";
  for (int i = 0; i < 100'000; ++i) text += ", f(a, b";
  CHECK(effects_of(text).unseen_code);
}

TEST_CASE("which statements may change the results of others") {
  for (const auto* sql : {"alter table t add n int", "ALTER VIEW v RENAME COLUMN a TO b",
                          "alter type y add value 'z'", "drop table t", "drop view if exists v",
                          "create or replace view v as select 1",
                          "create or replace function f() returns int language sql as 'select 1'",
                          "begin; alter table t drop n; commit"}) {
    CAPTURE(sql);
    CHECK(effects_of(sql).changes_results);
  }
  for (const auto* sql :
       {"select 1", "create table t (n int)", "create view v as select 1", "close c",
        "insert into alter values (1)", "truncate t", "do ''", "selec"}) {
    CAPTURE(sql);
    CHECK_FALSE(effects_of(sql).changes_results);
  }
}

TEST_CASE("which statements may make a sequence's value") {
  for (const auto* sql :
       {"insert into t values (1)", "select nextval('s')", "select setval('s', 1)",
        "with a as (insert into t values (1)) select 1", "call p()", "select f()",
        "begin; insert into t values (1)", "update t set n = 1", "do ''", "copy t from stdin",
        "explain analyze insert into t values (1)", "selec"}) {
    CAPTURE(sql);
    CHECK(effects_of(sql).draws_sequences);
  }
  for (const auto* sql : {"", "begin", "select 1", "select lastval()", "set a.b to 1", "(table t)",
                          "select count(*) from t; commit", "values (1)"}) {
    CAPTURE(sql);
    CHECK_FALSE(effects_of(sql).draws_sequences);
  }
}
