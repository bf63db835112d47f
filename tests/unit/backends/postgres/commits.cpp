#include "backends/postgres/commits.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace skein;
using postgres::fate_by_marks;

namespace {

using marks = std::vector<std::string>;

}  // namespace

TEST_CASE("a number from a mark on was never committed in the history that begins there") {
  CHECK(fate_by_marks("741", marks{"741"}) == commit_fate::rolled_back);
  CHECK(fate_by_marks("4294967296", marks{"4294967295"}) == commit_fate::rolled_back);
  // It may be below the last mark and above one before: then somebody else has had it since.
  CHECK(fate_by_marks("741", marks{"740", "800"}) == commit_fate::rolled_back);
}

TEST_CASE("below all marks, or without any, the server has to be asked") {
  CHECK_FALSE(fate_by_marks("740", marks{"741"}).has_value());
  CHECK_FALSE(fate_by_marks("99", marks{"741", "800"}).has_value());
  CHECK_FALSE(fate_by_marks("740", marks{}).has_value());
}

TEST_CASE("what is no number tells nothing") {
  for (const std::string each : {"", "x", "12x", "-1", "99999999999999999999"})
    CHECK(fate_by_marks(each, marks{}) == commit_fate::unknown);
  CHECK(fate_by_marks("740", marks{"741", ""}) == commit_fate::unknown);
}
