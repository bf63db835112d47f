// psycopg2 through Skein: the cases are in psycopg2_suite.py.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

TEST_CASE("psycopg2") {
  const stage at({.server_tls = "disable", .pool_size = few_servers},
                 {.tls = true, .settings = {"max_prepared_transactions = 10"}});
  at.play({"/usr/bin/python3"}, "psycopg2_suite.py");
  at.check_pins("psycopg2");
}
