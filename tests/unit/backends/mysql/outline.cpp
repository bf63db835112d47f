#include "backends/mysql/outline.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "backends/mysql/normal_form.hpp"

using namespace skein::mysql;

namespace {

struct comparison {
  const char* first;
  const char* then;
  bool fits;
  reading_rules rules = {};
};

constexpr reading_rules ansi{.mode = {.ansi_quotes = true}};
constexpr reading_rules no_escapes{.mode = {.backslash_escapes = false}};

}  // namespace

TEST_CASE("what differs in whole numbers and plain strings alone fits, and has the same form") {
  const std::vector<comparison> all = {
      {"select a from t where b = 12345;", "select a from t where b = 7;", true},
      {"select a from t where b = 12345;", "select a from t where b = 7", false},
      {"select a from t where b = 1", "select a from t where b = ", false},
      {"select a from t where b = 1", "select a from t where b = 1.5", false},
      {"select a from t where b = 1", "select a from t where b = 1e5", false},
      {"select a from t where b = 0", "select a from t where b = 0x1f", false},
      {"select a from t where b = 1", "select a from t where b = -1", false},
      {"select a from t where b = 1", "select a from t where b = 'x'", false},
      {"select a from t where b = 1", "select a from t where b = 1x", false},
      {"select a from t where b = 1.5", "select a from t where b = 2.5", false},
      {"select a1 from t2, t.3", "select a1 from t2, t.4", false},
      {"select t. 3", "select t. 4", true},
      {"select 'a', 1, ''", "select '', 22, 'b-- '", true},
      {"select 'a'", "select 'a''b'", false},
      {"select 'a''b'", "select 'a'", false},
      {"select 'a'", "select 'a\\b'", false},
      {"select 'a'", "select 'a\\b'", false, no_escapes},
      {"select 'a' 'b'", "select 'c' 'd'", true},
      {"select 'a'", "select 'a", false},
      {"select \"a\"", "select \"b\"", false},
      {"select \"a'1'\"", "select \"a'2'\"", false, ansi},
      {"select n'a', b'1', x'ff', @'a'", "select n'b', b'1', x'ff', @'a'", false},
      {"select @'a'", "select @'b'", false},
      {"select `1`, '1'", "select `1`, '2'", true},
      {"select `1`", "select `2`", false},
      {"select _utf8'a'", "select _utf8'b'", true},
      {"select a in (1, 2, 3)", "select a in (4, 5, 6)", true},
      {"select a in (1, 2, 3)", "select a in (1, 2)", false},
      {"select 1 /* 2 */", "select 2 /* 2 */", true},
      {"select 1 /* 2 */", "select 1 /* 3 */", false},
      {"select 1 /*!40000 + 2 */", "select 1 /*!99999 + 2 */", false},
      {"select 1 /*!40000 + 2 */", "select 1 /*!40000 + 3 */", true},
      {"select /*!100 */", "select /*!99999 */", false},
      {"select /*!500005 */", "select /*!500001 */", false},
      {"select 1 /*! + '*/' */", "select 1 /*! + '' */", true},
      {"select 1", "select 1; drop table t", false},
      {"", "", true},
      {"", "1", false},
  };
  for (const auto& [first, then, fits, rules] : all) {
    CAPTURE(first);
    CAPTURE(then);
    const outline looks(first, rules);
    CHECK(looks.fits(first, rules));
    CHECK(looks.fits(then, rules) == fits);
    CHECK_FALSE(looks.fits(first, {.mode = {.ansi_quotes = true, .other_grammar = true}}));
    const auto of_first = marks_of(first, rules);
    const auto of_then = marks_of(then, rules);
    REQUIRE(of_first.has_value());
    if (!fits) continue;
    REQUIRE(of_then.has_value());
    CHECK(of_first->print == of_then->print);
  }
}
