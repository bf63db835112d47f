#include "backends/mysql/login_shared.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::mysql;

TEST_CASE("what has been proved is found by what is stored, and is bounded") {
  proven_passwords proven(2);
  CHECK_FALSE(proven.find("a"));
  proven.keep("a", wiped("one"));
  proven.keep("b", wiped("two"));
  CHECK(proven.find("a")->view() == "one");
  proven.keep("b", wiped("three"));
  CHECK(proven.find("a")->view() == "one");
  CHECK(proven.find("b")->view() == "three");
  proven.keep("c", wiped("four"));
  CHECK_FALSE(proven.find("a"));
  CHECK(proven.find("b")->view() == "three");
  CHECK(proven.find("c")->view() == "four");
}
