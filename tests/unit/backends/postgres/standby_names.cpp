// What synchronous_standby_names promises, by its text.
#include "backends/postgres/standby_names.hpp"

#include <doctest/doctest.h>

using skein::postgres::standbys_that_acknowledge;

TEST_CASE("how many standbys acknowledge") {
  const auto told = [](const char* names) { return standbys_that_acknowledge(names, "on"); };
  CHECK(told("") == 0);
  CHECK(told("  ") == 0);
  CHECK(told("skein_fenced") == 0);
  CHECK(told("*") == 1);
  CHECK(told("b") == 1);
  CHECK(told("b, c") == 1);
  CHECK(told("1 (b, c)") == 1);
  CHECK(told("2(b, c, d)") == 2);
  CHECK(told("FIRST 2 (b, c, d)") == 2);
  CHECK(told("any 3 (b, c, d, e)") == 3);
  CHECK(told("  ANY 2 ( * )") == 2);
  CHECK(told("anybody, c") == 1);
  CHECK(told("7, 8") == 1);
  CHECK(told("\"2 (b\", c") == 1);
}

TEST_CASE("what a server does not wait for nobody has") {
  CHECK(standbys_that_acknowledge("ANY 1 (*)", "local") == 0);
  CHECK(standbys_that_acknowledge("ANY 1 (*)", "off") == 0);
  CHECK(standbys_that_acknowledge("ANY 1 (*)", "remote_write") == 1);
  CHECK(standbys_that_acknowledge("ANY 1 (*)", "remote_apply") == 1);
}
