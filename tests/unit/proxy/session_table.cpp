// Cancel keys: what their number names, and that one of another process finds nobody here.
#include "proxy/session_table.hpp"

#include <doctest/doctest.h>

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
    CHECK(second->id < 1U << 31);
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
