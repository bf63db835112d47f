// A body is taken from its front, and what is not there is found missing once and for all.
#include "backends/fields.hpp"

#include <doctest/doctest.h>

using namespace skein;

TEST_CASE("texts and raw bytes come off the front") {
  const std::string body("ann\0\0xyz", 8);
  body_reader fields(as_bytes(body));
  CHECK(fields.text() == "ann");
  CHECK(fields.text() == "");
  CHECK(fields.raw(2) == "xy");
  CHECK_FALSE(fields.empty());
  CHECK(fields.rest() == "z");
  CHECK(fields.empty());
  CHECK(fields.raw(0) == "");
  CHECK_FALSE(fields.failed());
}

TEST_CASE("behind what is missing there is nothing") {
  for (const char* const each : {"", "no end", "abcd"}) {
    const std::string body = each;
    body_reader text(as_bytes(body));
    CHECK(text.text() == "");
    CHECK(text.failed());
    CHECK(text.rest() == "");
    body_reader raw(as_bytes(body));
    CHECK(raw.raw(body.size() + 1) == "");
    CHECK(raw.failed());
    CHECK(raw.text() == "");
    CHECK(raw.empty());
  }
}
