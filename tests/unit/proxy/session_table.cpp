// Cancel keys: what their number names, and that one of another process finds nobody here.
#include "proxy/session_table.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace skein;
using namespace skein::proxy;

namespace {

// Only its address is looked at.
session& somebody() {
  static int place = 0;
  return reinterpret_cast<session&>(place);
}

}  // namespace

TEST_CASE("a key names generation, core and place, and its number is never negative") {
  for (const unsigned generation : {0U, 3U, 7U}) {
    session_table table(200);
    table.set_generation(generation);
    const auto first = table.add(somebody(), 4);
    const auto second = table.add(somebody(), 4);
    REQUIRE((first && second));
    CHECK(session_table::core_of(second->id) == 200);
    CHECK(session_table::generation_of(second->id) == generation);
    CHECK(second->id < 1U << 30);
    CHECK(table.find(*second) == &somebody());
    CHECK(table.find({second->id, "guessed"}) == nullptr);

    // The same place of another process's table.
    session_table other(200);
    other.set_generation(session_table::generation_after(generation));
    CHECK(session_table::generation_of(second->id) != other.generation());
    CHECK(other.find(*second) == nullptr);
    table.remove(*second);
    CHECK(table.find(*second) == nullptr);
  }
  CHECK(session_table::generation_after(7) == 0);
}

TEST_CASE("a session without a secret is found by its number, and by no key") {
  session_table table(3);
  const auto named = table.add_without_secret(somebody());
  const auto keyed = table.add(somebody(), 4);
  REQUIRE((named && keyed));
  CHECK(named->id >= 1U << 30);
  CHECK(named->id < 1U << 31);
  CHECK(session_table::core_of(named->id) == 3);
  CHECK(table.find_without_secret(named->id) == &somebody());
  CHECK(table.find(*named) == nullptr);
  CHECK(table.find({named->id & ~(1U << 30), ""}) == nullptr);
  CHECK(table.find({keyed->id, ""}) == nullptr);
  CHECK(table.find_without_secret(keyed->id) == nullptr);
  CHECK(table.find_without_secret(keyed->id | 1U << 30) == nullptr);
  CHECK(table.find_without_secret(named->id + 100) == nullptr);
  table.remove(*named);
  CHECK(table.find_without_secret(named->id) == nullptr);
}

TEST_CASE("a number without a secret is not given away again soon") {
  session_table table(0);
  std::set<std::uint32_t> given;
  for (int i = 0; i < 4096; ++i) {
    const auto one = table.add_without_secret(somebody());
    REQUIRE(one);
    CHECK(given.insert(one->id).second);
    table.remove(*one);
  }
  CHECK(table.size() == 0);
  for (int i = 0; i < 4096; ++i) table.remove(*table.add_without_secret(somebody()));
  CHECK(given.contains(table.add_without_secret(somebody())->id));
}
