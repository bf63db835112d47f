// SQLAlchemy through Skein, over psycopg2 and over PyMySQL: its tests of a dialect, see
// sqlalchemy_suite.py, and an application of its ORM, see orm_suite.py.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

namespace {

// With the schemas that the tests want to find, and without tables that they do not.
void prepare(stage& at) {
  const bool postgres = at.shop.which() == engine::postgres;
  for (const std::string name : {"test_schema", "test_schema_2"}) {
    at.shop.leader().query("create schema " + name + (postgres ? " authorization app" : ""));
    if (!postgres) at.shop.leader().query("grant all on " + name + ".* to app");
  }
  if (!postgres) at.shop.leader().query("drop table app.standing");
  at.shop.wait_until_caught_up();
}

std::string name_of(engine which) {
  return "SQLAlchemy, " + std::string(to_string(which));
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

TEST_CASE("SQLAlchemy, on MySQL's wire") {
  on_each_split([](engine which) {
    split_stage at(which, {.pool_size = few_servers});
    prepare(at);
    MESSAGE(at.play({"/usr/bin/python3"}, "sqlalchemy_suite.py"));
    // What is defined and used at once pins a session for a while; and there are few, long ones.
    at.check_pins(name_of(which), pins::some);
    at.play({"env", "SCRATCH=temporary", "/usr/bin/python3"}, "sqlalchemy_suite.py",
            {"-k", "ComponentReflectionTest or HasTableTest"});
    at.check_pins(name_of(which) + ", temporary tables", pins::some);
  });
}

TEST_CASE("an application of SQLAlchemy's ORM") {
  if (is_wanted(engine::postgres)) {
    const stage at({.pool_size = few_servers});
    at.play({"/usr/bin/python3"}, "orm_suite.py");
    at.check_pins("ORM, postgres");
  }
  on_each_split([](engine which) {
    const split_stage at(which, {.pool_size = few_servers});
    at.play({"/usr/bin/python3"}, "orm_suite.py");
    at.check_pins("ORM, " + std::string(to_string(which)), pins::few_once_known);
  });
}
