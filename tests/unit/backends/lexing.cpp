// Letters without their case, and the one kind of comment that is for us.
#include "backends/lexing.hpp"

#include <doctest/doctest.h>

using namespace skein;

TEST_CASE("a word is the same in any case, of ASCII alone") {
  CHECK(is_in_any_case("SeLeCt", "select"));
  CHECK(is_in_any_case("", ""));
  CHECK_FALSE(is_in_any_case("selects", "select"));
  CHECK_FALSE(is_in_any_case("\xc3\x84", "\xc3\xa4"));
  CHECK(lower_of('@') == '@');
  CHECK(lower_of('[') == '[');
}

TEST_CASE("a comment is for us if it begins with our name") {
  const auto hint_in = [](std::string_view inside) {
    std::string_view hint = "before";
    note_hint(inside, [](char c) { return c == ' ' || c == '\n'; }, hint);
    return hint;
  };
  CHECK(hint_in(" skein: leader \n") == "leader");
  CHECK(hint_in("skein:a b") == "a b");
  CHECK(hint_in("skein:") == "");
  CHECK(hint_in("skein") == "before");
  CHECK(hint_in("for skein: leader") == "before");
  CHECK(hint_in("Skein: leader") == "before");
  CHECK(hint_in("") == "before");
}
