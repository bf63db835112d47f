// MariaDB Connector/J through Skein, before MariaDB and before MySQL: the cases are in
// ConnectorJSuite.java, compiled for each run.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

TEST_CASE("MariaDB Connector/J") {
  on_each_split([](engine which) {
    const split_stage at(which, {.pool_size = few_servers, .lines = {"console: {users: [app]}"}});
    const std::string driver = "/usr/share/java/mariadb-java-client.jar";
    const auto classes = (at.skein.folder() / "classes").string();
    at.play({"javac", "-encoding", "UTF-8", "-cp", driver, "-sourcepath",
             std::string(SKEIN_SOURCE_ROOT) + "/tests/clients", "-d", classes},
            "ConnectorJSuite.java");
    at.carry_out({"java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", classes + ":" + driver,
                  "ConnectorJSuite"});
    at.check_split();
    at.check_pins("Connector/J, " + std::string(to_string(which)), pins::some);
  });
}
