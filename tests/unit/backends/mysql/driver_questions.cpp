// What drivers ask when they sign in at the console: tables of statements and answers.
#include "backends/mysql/driver_questions.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace skein;
using namespace skein::mysql;

namespace {

// "name=value|name=value" of the columns, a line a row; "nothing": it is no such question.
std::string told(std::string_view statement) {
  const auto answer = answer_to_driver(statement);
  if (!answer) return "nothing";
  std::string text;
  for (const auto& row : answer->rows) {
    REQUIRE(row.size() == answer->columns.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto* const value = std::get_if<std::string>(&row[i]);
      text += (i == 0 ? "" : "|") + answer->columns[i] + "=" + (value ? *value : "null");
    }
    text += "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("variables that drivers ask for") {
  struct line {
    std::string statement;
    std::string answer;
  };
  for (const auto& [statement, answer] : std::vector<line>{
           {"select @@version_comment limit 1", "@@version_comment=Skein\n"},
           {"SELECT @@max_allowed_packet,@@time_zone, @@no_such;",
            "@@max_allowed_packet=65536|@@time_zone=SYSTEM|@@no_such=null\n"},
           {"/* a driver */SELECT  @@session.auto_increment_increment AS inc, @@GLOBAL.Sql_Mode m",
            "inc=1|m=\n"},
           {"select @@session.tx_isolation", "@@session.tx_isolation=REPEATABLE-READ\n"},
           {"select @@session.`sql_mode` as `mode`", "mode=\n"},
           {"select @@autocommit 'it'", "it=1\n"},
           {"SHOW SESSION VARIABLES LIKE 'sql_mode'", "Variable_name=sql_mode|Value=\n"},
           {"show variables like 'TIME_ZONE'", "Variable_name=time_zone|Value=SYSTEM\n"},
           {"show variables like 'aurora_version'", ""},
           {"show global variables like 'wait_timeout'",
            "Variable_name=wait_timeout|Value=28800\n"},
       }) {
    CAPTURE(statement);
    CHECK(told(statement) == answer);
  }
  CHECK(told("SHOW VARIABLES WHERE Variable_name in ('time_zone', 'x')")
            .find("Variable_name=time_zone|Value=SYSTEM\n") != std::string::npos);
}

TEST_CASE("what is not about variables alone is not theirs") {
  for (const char* statement : {"",
                                ";",
                                "select",
                                "select 1",
                                "select @@",
                                "select @@version_comment from t",
                                "select @@a, 1",
                                "select @@a as",
                                "select @@a,",
                                "select @@a limit 1 for update",
                                "select @a",
                                "select @@session.",
                                "show",
                                "show members",
                                "show session",
                                "show sessions",
                                "show settings",
                                "explain select @@a",
                                "select 'open",
                                "select @@a.b.c"}) {
    CAPTURE(statement);
    CHECK(told(statement) == "nothing");
  }
}
