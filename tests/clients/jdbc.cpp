// The JDBC driver of PostgreSQL through Skein: the cases are in JdbcSuite.java, run from source.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

namespace {

const skein_options options = {.pool_size = few_servers, .lines = {"console: {users: [app]}"}};
const std::vector<std::string> java = {"java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp",
                                       "/usr/share/java/postgresql.jar"};

}  // namespace

TEST_CASE("JDBC") {
  const stage at(options, {.tls = true});
  at.play(java, "JdbcSuite.java");
  at.check_pins("JDBC");
}

// Left out of the count of pins, which it is about.
TEST_CASE("JDBC, with temporary tables, which pin their sessions") {
  const stage at(options, {.tls = true});
  std::vector<std::string> words{"env", "SCRATCH=temporary"};
  words.insert(words.end(), java.begin(), java.end());
  at.play(words, "JdbcSuite.java", {"prepared statements", "batches", "transactions", "COPY"});
  at.check_pins("JDBC, temporary tables", pins::some);
}
