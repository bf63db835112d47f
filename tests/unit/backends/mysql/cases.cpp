// The cases of tests/cases/mysql, word for word, as a server of each flavour would read them.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "backends/mysql/placement.hpp"
#include "tests/cases/case_file.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

constexpr reading_rules mysql_rules{.version = 90704};
constexpr reading_rules mariadb_rules{.of = flavour::mariadb, .version = 101119};

std::string facts_of(const placement& made) {
  static constexpr std::string_view kinds[] = {"reads", "calls",   "block",  "session",
                                               "locks", "defines", "writes", "unknown"};
  std::string text(kinds[static_cast<std::size_t>(made.kind)]);
  for (std::size_t at = 0; at < made.relations.size(); ++at)
    text += (at == 0 ? "; " : ", ") + made.relations[at];
  return text;
}

std::string plan_of(const placement& made) {
  if (made.where == place::any) return "any";
  if (made.where == place::transaction) return "any for the transaction";
  return "leader: " + made.why;
}

// A title that names a flavour is of that one alone.
bool is_for(const std::string& title, std::string_view flavour) {
  return title.ends_with(flavour) || (!title.ends_with(": mysql") && !title.ends_with(": mariadb"));
}

}  // namespace

TEST_CASE("statements are what the cases say") {
  const auto all = cases::read_folder("tests/cases/mysql");
  CHECK(all.size() > 150);
  std::set<std::string> titles;
  for (const auto& each : all) {
    CAPTURE(each.title);
    CAPTURE(each.sql);
    CHECK(titles.insert(each.title).second);
    for (const auto& [name, rules] :
         {std::pair{": mysql", mysql_rules}, {": mariadb", mariadb_rules}}) {
      if (!is_for(each.title, name)) continue;
      CAPTURE(name);
      const placement made = place_of(each.sql, rules);
      CHECK(facts_of(made) == each.facts);
      CHECK(plan_of(made) == each.plan);
    }
  }
}
