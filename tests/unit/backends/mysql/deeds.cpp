#include "backends/mysql/deeds.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "backends/mysql/placement.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

constexpr reading_rules mysql_rules{.version = 90704};
constexpr reading_rules oracle_rules{.mode = {.other_grammar = true}, .of = flavour::mariadb};

deeds deeds_of(std::string_view text) {
  return mysql::deeds_of(text, mysql_rules);
}

using names = std::vector<std::string>;

bool writes(std::string_view text) {
  return place_of(text, mysql_rules).may_write;
}

}  // namespace

TEST_CASE("variables and settings are told by their names") {
  const auto done = deeds_of(
      "select @A, @'b c', @d := @e + 1, @@Version, @@global.`Read_Only` from t into @f, @`G`");
  CHECK(done.asked == names{"a", "b c", "e"});
  CHECK(done.assigned == names{"d", "f", "g"});
  CHECK(done.settings == names{"version", "read_only"});
  CHECK(deeds_of("set @a = 1, @b := 2, names utf8").assigned.front() == "a");
}

TEST_CASE("functions are told in their order, and how they are written") {
  const auto done = deeds_of("select f(a, G (b)), `h`(c), s.i(d) from t where k in (1)");
  REQUIRE(done.functions.size() == 4);
  CHECK(done.functions[0].name == "f");
  CHECK(done.functions[0].built_in);
  CHECK_FALSE(done.functions[0].behind_blank);
  CHECK(done.functions[1].name == "g");
  CHECK(done.functions[1].behind_blank);
  CHECK_FALSE(done.functions[2].built_in);
  CHECK(done.functions[3].name == "i");
  CHECK_FALSE(done.functions[3].built_in);
}

TEST_CASE("transactions begin and end") {
  CHECK(deeds_of("begin").begins);
  CHECK_FALSE(deeds_of("begin").read_only);
  CHECK(deeds_of("start transaction read only").read_only);
  CHECK_FALSE(deeds_of("start transaction read only, read write").read_only);
  CHECK(deeds_of("commit").commits);
  CHECK(deeds_of("rollback").ends);
  CHECK_FALSE(deeds_of("rollback").commits);
  CHECK_FALSE(deeds_of("rollback to s").ends);
}

TEST_CASE("statements are counted, and code keeps its semicolons") {
  CHECK(deeds_of("").statements == 0);
  CHECK(deeds_of(" ; ;").statements == 0);
  CHECK(deeds_of("select 1;").statements == 1);
  CHECK(deeds_of("select 1;; select 2").statements == 2);
  CHECK(deeds_of("create procedure p() begin select 1; select 2; end").statements == 1);
}

TEST_CASE("what may write is never told not to") {
  for (const char* const text : {"select 1", "select * from t for update", "rollback", "use s",
                                 "savepoint s", "select @a := 1", "show warnings"}) {
    CAPTURE(text);
    CHECK_FALSE(writes(text));
  }
  for (const char* const text :
       {"insert into t values (1)", "select f()", "select * from t for update of f(1)", "commit",
        "begin", "lock tables t read", "unlock tables", "set autocommit = 1", "execute p",
        "call p()", "xa commit 'a'", "create table t (a int)", "selec 1", "select 1; select 2"}) {
    CAPTURE(text);
    CHECK(writes(text));
  }
}

TEST_CASE("what is too long, and what nobody here reads, is the leader's") {
  const std::string longest = "select '" + std::string(statement_bytes_max - 9, 'a') + '\'';
  CHECK(place_of(longest, mysql_rules).where == place::any);
  CHECK(place_of(longest + ' ', mysql_rules).why == "it is too long to be read");
  CHECK(place_of("select 1", oracle_rules).why == "it cannot be parsed");
  const std::string deep = "select " + std::string(5000, '(') + '1' + std::string(5000, ')');
  CHECK(place_of(deep, mysql_rules).where == place::any);
}
