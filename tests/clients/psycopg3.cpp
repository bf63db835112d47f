// psycopg 3 through Skein: the cases are in psycopg3_suite.py.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

namespace {

const skein_options encrypted = {.server_tls = "verify_full", .pool_size = few_servers};

}  // namespace

TEST_CASE("psycopg 3") {
  const stage at(encrypted, {.tls = true});
  at.play({"/usr/bin/python3"}, "psycopg3_suite.py");
  at.check_pins("psycopg 3");
}

// Left out of the count of pins, which it is about.
TEST_CASE("psycopg 3, with temporary tables, which pin their sessions") {
  const stage at(encrypted, {.tls = true});
  at.play({"env", "SCRATCH=temporary", "/usr/bin/python3"}, "psycopg3_suite.py",
          {"Statements", "Pipelines", "Copying"});
  at.check_pins("psycopg 3, temporary tables", pins::some);
}
