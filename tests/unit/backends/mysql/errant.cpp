#include "backends/mysql/errant.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace skein::mysql;

namespace {

const std::string one = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string two = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

std::string errant(const std::string& has, const std::string& other) {
  return errant_in(gtid_set::parse(has).value(), gtid_set::parse(other).value()).text;
}

// "errant | where to read from", of logs by their states and what was taken besides.
std::string errant_after(const std::string& has, const std::string& other,
                         const std::string& taken = {}, const std::string& taken_there = {}) {
  const auto found = errant_in(domain_log::parse(has, taken_there).value(),
                               domain_log::parse(other, taken).value());
  CHECK(found.any() == !found.text.empty());
  return found.text + " | " + found.after;
}

}  // namespace

TEST_CASE("errant transactions of MySQL are what one set has and the other has not") {
  CHECK(errant(one + ":1-5", one + ":1-3") == one + ":4-5");
  CHECK(errant(one + ":1-5," + two + ":1-2", one + ":1-5:7," + two + ":2") == two + ":1");
  CHECK(errant(one + ":1-5", one + ":1-5," + two + ":1-9").empty());
  CHECK(errant("", one + ":1").empty());
}

TEST_CASE("errant transactions of MariaDB begin where two logs part") {
  // It wrote two more, while the other went on from the same place.
  CHECK(errant_after("0-1-105", "0-1-103,0-2-110") == "0-1-104 to 0-1-105 | 0-1-103");
  CHECK(errant_after("0-1-104", "0-1-103,0-2-104") == "0-1-104 | 0-1-103");
  CHECK(errant_after("0-1-103", "0-1-103,0-2-110") == " | 0-1-103");
  CHECK(errant_after("", "0-1-103") == " | ");
  // It had led before, and again after another one had.
  CHECK(errant_after("0-1-120,0-2-110", "0-1-90,0-2-110,0-3-130") ==
        "0-1-111 to 0-1-120 | 0-2-110");
  // The other one has what it has from a copy, not from its log.
  CHECK(errant_after("0-1-105,0-4-50", "0-2-110", "0-1-103") == "0-1-104 to 0-1-105 | 0-1-103");
  CHECK(errant_after("0-1-105", "0-2-150,0-3-200", "0-3-200") == "up to 0-1-105 | ");
  // Several wrote what only it has, as where followers of it led in a circle.
  CHECK(errant_after("0-1-105,0-3-107", "0-1-103,0-2-110") ==
        "up to 0-1-105,up to 0-3-107 | 0-1-103");
}

TEST_CASE("each domain of MariaDB is read from its own place") {
  CHECK(errant_after("0-1-105,7-1-3", "0-1-103,7-1-3") == "0-1-104 to 0-1-105 | 0-1-103,7-1-3");
  // One that the other knows nothing of is here alone from its beginning.
  CHECK(errant_after("0-1-103,7-1-2", "0-1-103,0-2-104") == "7-1-1 to 7-1-2 | 0-1-103");
}

TEST_CASE("what a tool printed of MySQL's log is held against what was looked for") {
  printed_transactions printed(flavour::mysql,
                               {.text = "x", .set = *gtid_set::parse(one + ":4-6")});
  printed.take("# at 157");
  printed.take("SET @@SESSION.GTID_NEXT= '" + one + ":4'/*!*/;");
  printed.take("SET @@SESSION.GTID_NEXT= '" + one + ":6'/*!*/;");
  printed.take("SET @@SESSION.GTID_NEXT= 'AUTOMATIC' /* added by mysqlbinlog */ /*!*/;");
  printed.take("###   @2='SET @@SESSION.GTID_NEXT= '" + one + ":5'");
  CHECK(printed.count() == 2);
  CHECK(printed.lacking() == one + ":5");
}

TEST_CASE("what a tool printed of MariaDB's log is counted") {
  printed_transactions printed(flavour::mariadb, {.text = "0-1-104 to 0-1-105"});
  printed.take(
      "#261124 10:53:42 server id 1  end_log_pos 413 CRC32 0xcbb9c91f \tGTID 0-1-104 trans");
  printed.take("#261124 10:53:42 server id 1  end_log_pos 4 CRC32 0xcbb9c91f \tGtid list [0-1-99]");
  printed.take("#Q> insert into t values ('\tGTID 0-1-105 trans')");
  printed.take("#261124 10:53:42 server id 1  end_log_pos 9 \tGTID 0-1-105");
  CHECK(printed.count() == 2);
  CHECK(printed.lacking().empty());
}
