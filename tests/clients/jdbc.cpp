// The JDBC driver of PostgreSQL through Skein: the cases are in JdbcSuite.java, run from source.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

TEST_CASE("JDBC") {
  const stage at({.pool_size = 60, .lines = {"console: {users: [app]}"}}, {.tls = true});
  at.play(
      {"java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", "/usr/share/java/postgresql.jar"},
      "JdbcSuite.java");
  at.check_pins("JDBC");
}
