#include "backends/mysql/own_writes.hpp"

#include <doctest/doctest.h>

#include "backends/mysql/position.hpp"

using namespace skein::mysql;

namespace {

const std::string source = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

bool shown_by(const own_writes& mine, flavour of, const std::string& applied) {
  return extent_of(*gtid_position::parse(of, applied))->covers(*mine.exact());
}

}  // namespace

TEST_CASE("what a session has written is shown by who has it and all before it") {
  own_writes mine;
  CHECK_FALSE(mine.exact());
  mine.add(flavour::mysql, source + ":5");
  CHECK(shown_by(mine, flavour::mysql, source + ":1-5"));
  CHECK_FALSE(shown_by(mine, flavour::mysql, source + ":1-4"));
  CHECK_FALSE(shown_by(mine, flavour::mysql, source + ":1-3:5"));
  mine.add(flavour::mysql, source + ":9-11");
  CHECK(shown_by(mine, flavour::mysql, source + ":1-11"));
  CHECK_FALSE(shown_by(mine, flavour::mysql, source + ":1-10"));
}

TEST_CASE("a session's writes in several domains are all asked for") {
  own_writes mine;
  mine.add(flavour::mariadb, "1-7-20");
  mine.add(flavour::mariadb, "2-7-3");
  CHECK(shown_by(mine, flavour::mariadb, "1-7-21,2-7-3"));
  CHECK_FALSE(shown_by(mine, flavour::mariadb, "2-7-3"));
  CHECK_FALSE(shown_by(mine, flavour::mariadb, "1-7-19,2-7-3"));
}

TEST_CASE("what is no GTID is as if nothing had been told") {
  own_writes mine;
  mine.add(flavour::mysql, source + ":5");
  mine.add(flavour::mysql, "nonsense");
  mine.add(flavour::mariadb, "x");
  CHECK_FALSE(mine.exact());
}
