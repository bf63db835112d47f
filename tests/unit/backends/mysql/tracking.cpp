#include "backends/mysql/tracking.hpp"

#include <doctest/doctest.h>

#include "backends/mysql/look.hpp"
#include "tests/unit/backends/mysql/transactions.hpp"

using namespace skein::mysql;

TEST_CASE("a client hears what it asked to be told, and by default what servers tell") {
  const auto variable = [](std::string name) {
    return session_change{session_track::system_variable, std::move(name), "x"};
  };
  tracking mine;
  CHECK(mine.wants(variable("autocommit")));
  CHECK_FALSE(mine.wants(variable("sql_mode")));
  CHECK(mine.wants({session_track::schema, "", "shop"}));
  CHECK_FALSE(mine.wants({session_track::state_change, "", "1"}));
  CHECK_FALSE(mine.wants({session_track::gtids, "", "a:1"}));
  mine.heed("session_track_system_variables", "sql_mode, Time_Zone");
  CHECK(mine.wants(variable("sql_mode")));
  CHECK(mine.wants(variable("time_zone")));
  CHECK_FALSE(mine.wants(variable("autocommit")));
  mine.heed("session_track_system_variables", "*");
  CHECK(mine.wants(variable("autocommit")));
  mine.heed("session_track_schema", "OFF");
  CHECK_FALSE(mine.wants({session_track::schema, "", "shop"}));
  mine.heed("session_track_gtids", "OWN_GTID");
  CHECK(mine.wants({session_track::gtids, "", "a:1"}));
  mine.heed("session_track_transaction_info", "CHARACTERISTICS");
  CHECK(mine.wants({session_track::transaction_characteristics, "", ""}));
}

TEST_CASE("a row is read, or it is none") {
  const std::string answer = says_row({{0x08, "7"}, {0xfd, "text"}});
  const auto row = read_single_row(as_bytes(answer), {.deprecates_eof = true});
  REQUIRE(row);
  CHECK(row->types == std::vector<std::uint8_t>{0x08, 0xfd});
  CHECK(row->values[0] == "7");
  CHECK(row->values[1] == "text");
  for (std::size_t size = 0; size < answer.size() - 20; ++size)
    CHECK_FALSE(read_single_row(as_bytes(answer).first(size), {.deprecates_eof = true}));
  CHECK_FALSE(read_single_row(as_bytes(says_error(1064)), {.deprecates_eof = true}));
}

TEST_CASE("a row of MariaDB's is read that says more of its types") {
  std::string answer = says_row({{0x08, "7"}});
  // Behind the six names of the definition, whose packet grows by that.
  const auto names_end = answer.find('\x0c', header_bytes + 1 + header_bytes);
  REQUIRE(names_end != answer.npos);
  answer.insert(names_end, std::string("\x06\x00\x04uuid", 7));
  answer[header_bytes + 1] = static_cast<char>(answer[header_bytes + 1] + 7);
  const auto row = read_single_row(as_bytes(answer), {.deprecates_eof = true, .extended = true});
  REQUIRE(row);
  CHECK(row->types == std::vector<std::uint8_t>{0x08});
  CHECK(row->values[0] == "7");
}
