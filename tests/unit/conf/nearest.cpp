#include "conf/nearest.hpp"

#include <doctest/doctest.h>

using namespace skein::conf;

TEST_CASE("edit distance") {
  struct row {
    const char* a;
    const char* b;
    std::size_t distance;
  };
  const row table[] = {
      {"size", "size", 0},      {"sizee", "size", 1}, {"szie", "size", 1},
      {"", "size", 4},          {"size", "", 4},      {"Verify-CA", "verify_ca", 0},
      {"kitten", "sitting", 3}, {"ab", "ba", 1},      {"connect_timout", "connect_timeout", 1}};
  for (const row& each : table) {
    CAPTURE(each.a);
    CHECK(edit_distance(each.a, each.b) == each.distance);
    CHECK(edit_distance(each.b, each.a) == each.distance);
  }
}

TEST_CASE("the nearest of several, or none when all are far") {
  const std::vector<std::string_view> keys{"size", "wait", "connect_timeout"};
  CHECK(nearest("sizee", keys) == "size");
  CHECK(nearest("wiat", keys) == "wait");
  CHECK(nearest("connecttimeout", keys) == "connect_timeout");
  CHECK(nearest("connection_timeout", keys) == "connect_timeout");
  CHECK(nearest("warning", {"debug", "warn"}) == "warn");
  CHECK(nearest("conn", keys) == "connect_timeout");
  CHECK_FALSE(nearest("mode", keys));
  CHECK_FALSE(nearest("", keys));
  CHECK_FALSE(nearest("x", {"a"}));
  CHECK_FALSE(nearest(std::string(100'000, 's'), keys));
  CHECK(suggestion("sizee", keys, "the keys here are") == "; did you mean 'size'?");
  CHECK(suggestion("mode", keys, "the keys here are") ==
        "; the keys here are size, wait, connect_timeout");
}
