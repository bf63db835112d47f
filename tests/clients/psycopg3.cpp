// psycopg 3 through Skein: the cases are in psycopg3_suite.py.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

TEST_CASE("psycopg 3") {
  const stage at({.server_tls = "verify_full"}, {.tls = true});
  at.play({"/usr/bin/python3"}, "psycopg3_suite.py");
  at.check_pins("psycopg 3");
}
