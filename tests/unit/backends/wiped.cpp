#include "backends/wiped.hpp"

#include <doctest/doctest.h>

#include <string>

using skein::wiped;

TEST_CASE("what was wiped is gone from where it stood, and copies are their own") {
  wiped key("geese in flight");
  const wiped copy = key;
  const auto seen = key.view();
  key.wipe();
  CHECK(seen == std::string(15, '\0'));
  CHECK(copy.view() == "geese in flight");
  key = copy;
  CHECK(key.view() == "geese in flight");
  const wiped moved = std::move(key);
  CHECK(moved.view() == "geese in flight");
  CHECK(wiped().empty());
}
