#include "backends/postgres/outline.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "backends/postgres/normal_form.hpp"

using namespace skein::postgres;

namespace {

struct comparison {
  const char* first;
  const char* then;
  bool fits;
  bool standard_strings = true;
};

}  // namespace

TEST_CASE("what differs in whole numbers and plain strings alone fits, and has the same form") {
  const std::vector<comparison> all = {
      {"select a from t where b = 12345;", "select a from t where b = 7;", true},
      {"select a from t where b = 12345;", "select a from t where b = 7", false},
      {"select a from t where b = 1", "select a from t where b = ", false},
      {"select a from t where b = 1", "select a from t where b = 1.5", false},
      {"select a from t where b = 1", "select a from t where b = 1e5", false},
      {"select a from t where b = 1", "select a from t where b = 0x1f", false},
      {"select a from t where b = 1", "select a from t where b = -1", false},
      {"select a from t where b = 1", "select a from t where b = 'x'", false},
      {"select a from t where b = 1.5", "select a from t where b = 1.5", true},
      {"select a from t where b = 1.5", "select a from t where b = 2.5", false},
      {"select a from t where b = 1 or c", "select a from t where b = 1or c", false},
      {"select a1 from t2", "select a2 from t2", false},
      {"select $1", "select $2", false},
      {"select 'a', 1, ''", "select '', 22, 'b--'", true},
      {"select 'a'", "select 'a''b'", false},
      {"select 'a''b'", "select 'a''b'", true},
      {"select 'a''b'", "select 'a'", false},
      {"select 'a'", "select 'a\\b'", false},
      {"select 'a' -- ' x", "select 'a\\' -- ' x", false, false},
      {"select 'a' -- ' x", "select 'b' -- ' x", true, false},
      {"select 'a'\n'b'", "select 'c'\n'b'", false},
      {"select 'a'\n'b'", "select 'a'\n'b'", true},
      {"select 'a'", "select 'a", false},
      {"select E'a', b'1', x'f', n'a'", "select E'b', b'1', x'f', n'a'", false},
      {"select $$1$$, $a$'1'$a$", "select $$2$$, $a$'1'$a$", false},
      {"select \"1\", '1'", "select \"1\", '2'", true},
      {"select \"1\"", "select \"2\"", false},
      {"select u&'!0061' uescape '!'", "select u&'!0061' uescape '?'", false},
      {"select a in (1, 2, 3)", "select a in (4, 5, 6)", true},
      {"select a in (1, 2, 3)", "select a in (1, 2)", false},
      {"select 1 /* 2 */", "select 2 /* 2 */", true},
      {"select 1 /* 2 */", "select 1 /* 3 */", false},
      {"select 1", "select 1; drop table t", false},
      {"", "", true},
      {"", "1", false},
  };
  for (const auto& [first, then, fits, standard_strings] : all) {
    CAPTURE(first);
    CAPTURE(then);
    const outline looks(first, standard_strings);
    CHECK(looks.fits(first, standard_strings));
    CHECK(looks.fits(then, standard_strings) == fits);
    CHECK_FALSE(looks.fits(first, !standard_strings));
    const auto of_first = marks_of(first, standard_strings);
    const auto of_then = marks_of(then, standard_strings);
    REQUIRE(of_first.has_value());
    if (!fits) continue;
    REQUIRE(of_then.has_value());
    CHECK(of_first->print == of_then->print);
  }
}
