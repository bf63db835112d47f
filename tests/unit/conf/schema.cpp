#include "conf/schema.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "conf/reference.hpp"
#include "tests/unit/conf/scratch.hpp"

using namespace skein::conf;
using namespace skein::conf::testing;

// SKEIN_GOLDEN=write makes the file anew.
TEST_CASE("the schema in the tree is the one that the tables make") {
  const std::string made = schema({"postgres", "mysql"});
  const char* file = "conf/skein.schema.json";
  if (std::getenv("SKEIN_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << made;
  CHECK(made == slurp(file));
}

TEST_CASE("the schema offers the engines that the caller has") {
  CHECK(schema({"one", "two"}).contains(R"("enum": ["one", "two"])"));
}

TEST_CASE("the reference shows keys, defaults, words and what must be there") {
  const std::string text = reference({"one", "two"});
  for (const char* part : {
           "clusters.NAME.pool.size: 100\n    Server connections at most, to each member.\n",
           "clusters.NAME.engine: one  (at the start)\n",
           "clusters.NAME.members[].address  (required)\n",
           "log.level: info\n",
           "    one of: debug info warn error\n",
           "limits.startup_timeout: 15s\n",
           "threads: auto  (at the start)\n",
       }) {
    CHECK_MESSAGE(text.contains(part), part);
  }
}
