#include "console/table.hpp"

#include <doctest/doctest.h>

using namespace skein::console;

TEST_CASE("text that is no UTF-8 is told as far as it is ASCII") {
  CHECK(text("") == cell());
  CHECK(text("plain") == cell("plain"));
  for (const char* sound : {"G\xc3\xa4nse", "\xe2\x82\xac", "\xf0\x9f\xaa\xbf", "\xef\xbf\xbd",
                            "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    CHECK(text(sound) == cell(sound));
  CHECK(text("G\xe4nse") == cell("G?nse"));
  for (const char* broken :
       {"a\x80", "a\xc3", "a\xc0\xaf", "a\xe2\x82", "a\xed\xa0\x80", "a\xe0\x80\x80",
        "a\xf0\x80\x80\x80", "a\xf4\x90\x80\x80", "a\xff", "a\xc3z"}) {
    const auto shown = std::get<std::string>(text(broken));
    CHECK(shown.starts_with("a?"));
    CHECK(shown.find_first_not_of("a?z") == std::string::npos);
  }
}

TEST_CASE("of a long text its beginning is told, in whole characters") {
  CHECK(beginning_of("select 1", 8) == "select 1");
  CHECK(beginning_of("select 12", 8) == "select 1...");
  CHECK(beginning_of("\xe2\x82\xac\xe2\x82\xac", 5) == "\xe2\x82\xac...");
  CHECK(beginning_of("\xe2\x82\xac", 2) == "...");
}
