// Secrets: random ones differ, and a comparison tells equal from unequal.
#include "net/secret.hpp"

#include <doctest/doctest.h>

#include <set>

using skein::net::equal_in_constant_time;
using skein::net::random_bytes;

TEST_CASE("tokens are equal when all of their bytes are") {
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK(equal_in_constant_time("", ""));
  for (const std::string other : {"", "a", "ab", "abd", "bbc", "abcabc", "abca"})
    CHECK_FALSE(equal_in_constant_time("abc", other));
  CHECK_FALSE(equal_in_constant_time("", "a"));
}

TEST_CASE("random secrets have the size asked for, and no two are equal") {
  const auto one = random_bytes(32);
  const auto other = random_bytes(32);
  REQUIRE(one);
  REQUIRE(other);
  CHECK(one->size() == 32);
  CHECK(*one != *other);
}

TEST_CASE("nor is any of many, of whatever size: what is kept ahead is given out once") {
  std::set<std::string> all;
  for (int round = 0; round < 200; ++round) {
    const std::size_t size = 8 + static_cast<std::size_t>(round % 40);
    const auto made = random_bytes(round % 50 == 0 ? 3000 : size);
    REQUIRE(made);
    CHECK(all.insert(made->substr(0, 8)).second);
    CHECK(*made != std::string(made->size(), '\0'));
  }
}
