// SQLAlchemy's tests of a dialect, over psycopg2, through Skein: see sqlalchemy_suite.py.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

namespace {

// With the schemas that the tests want to find.
void prepare(stage& at) {
  at.shop.leader().query("create schema test_schema authorization app");
  at.shop.leader().query("create schema test_schema_2 authorization app");
}

}  // namespace

TEST_CASE("SQLAlchemy") {
  stage at({.pool_size = few_servers});
  prepare(at);
  MESSAGE(at.play({"/usr/bin/python3"}, "sqlalchemy_suite.py"));
  at.check_pins("SQLAlchemy");
}

// Left out of the count of pins, which it is about.
TEST_CASE("SQLAlchemy, with temporary tables, which pin their sessions") {
  stage at({.pool_size = few_servers});
  prepare(at);
  at.play({"env", "SCRATCH=temporary", "/usr/bin/python3"}, "sqlalchemy_suite.py",
          {"-k", "ComponentReflectionTest or HasTableTest"});
  at.check_pins("SQLAlchemy, temporary tables", pins::some);
}
