#include "backends/mysql/sql_mode.hpp"

#include <doctest/doctest.h>

using namespace skein::mysql;

TEST_CASE("of a session's modes those count that change how a text is read") {
  CHECK(sql_mode_of("") == sql_mode{});
  CHECK(sql_mode_of("STRICT_TRANS_TABLES,NO_ZERO_DATE") == sql_mode{});
  CHECK(sql_mode_of("ANSI_QUOTES") == sql_mode{.ansi_quotes = true});
  CHECK(sql_mode_of("PIPES_AS_CONCAT,ANSI_QUOTES,ANSI") == sql_mode{.ansi_quotes = true});
  CHECK(sql_mode_of("ansi") == sql_mode{.ansi_quotes = true});
  CHECK(sql_mode_of("NO_BACKSLASH_ESCAPES,") == sql_mode{.backslash_escapes = false});
  CHECK(sql_mode_of("ansi_quotes, No_Backslash_Escapes") ==
        sql_mode{.ansi_quotes = true, .backslash_escapes = false});
  CHECK(sql_mode_of("NOT_ANSI_QUOTES,ANSI_QUOTES_NOT") == sql_mode{});
  CHECK(sql_mode_of("MSSQL") == sql_mode{.ansi_quotes = true});
  CHECK(sql_mode_of("ORACLE") == sql_mode{.ansi_quotes = true, .other_grammar = true});
}
