// SQLAlchemy's tests of a dialect, over psycopg2, through Skein: see sqlalchemy_suite.py.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

TEST_CASE("SQLAlchemy") {
  stage at;
  at.shop.leader().query("create schema test_schema authorization app");
  at.shop.leader().query("create schema test_schema_2 authorization app");
  MESSAGE(at.play({"/usr/bin/python3"}, "sqlalchemy_suite.py"));
  at.check_pins("SQLAlchemy");
}
