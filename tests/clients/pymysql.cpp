// PyMySQL through Skein, before MariaDB and before MySQL: the cases are in pymysql_suite.py.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

TEST_CASE("PyMySQL") {
  on_each_split([](engine which) {
    const split_stage at(which, {.pool_size = few_servers, .lines = {"console: {users: [app]}"}});
    at.play({"/usr/bin/python3"}, "pymysql_suite.py");
    at.check_split();
    at.check_pins("PyMySQL, " + std::string(to_string(which)), pins::some);
  });
}
