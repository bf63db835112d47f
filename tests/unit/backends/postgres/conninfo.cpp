// Lines by which a follower finds who it follows.
#include "backends/postgres/conninfo.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::postgres;

TEST_CASE("whom a line follows") {
  const auto source = [](const char* text) {
    const auto read = read_conninfo(text);
    if (!read) return std::string("unread");
    if (read->nowhere) return std::string("nowhere");
    return read->source ? to_string(*read->source) : std::string("nobody");
  };
  CHECK(source("") == "nobody");
  CHECK(source("user=replicator password=secret") == "nobody");
  CHECK(source("host=db-a port=5433 user=replicator") == "db-a:5433");
  CHECK(source("host='db-a'") == "db-a:5432");
  CHECK(source("hostaddr=10.0.0.1 port=6000") == "10.0.0.1:6000");
  CHECK(source("postgresql://replicator@db-a:5433/x") == "db-a:5433");
  CHECK(source("host=/skein/has/stopped/receiving") == "nowhere");
  CHECK(source("host=db-a port") == "unread");
}

TEST_CASE("a line keeps all but the place") {
  const std::string line =
      "host=a port=1 user=replicator password='it\\'s \\\\ one' application_name=b sslmode=require";
  CHECK(point_conninfo(line, {"db-c", 5444}, {}) ==
        "application_name='b' host='db-c' password='it\\'s \\\\ one' port='5444' sslmode='require'"
        " user='replicator'");
}

TEST_CASE("a line that is to receive nothing can be pointed at somebody again") {
  const std::string line = "host=a port=1 user=replicator application_name=b";
  const auto stopped = point_conninfo(line, {std::string(nowhere), 0}, {});
  CHECK(read_conninfo(stopped)->nowhere);
  CHECK(point_conninfo(stopped, {"c", 2}, {}) ==
        "application_name='b' host='c' port='2' user='replicator'");
}

TEST_CASE("who signs in may be another") {
  CHECK(point_conninfo("host=a user=old password=x", {"c", 2}, {"new", "y'z"}) ==
        "host='c' password='y\\'z' port='2' user='new'");
}

TEST_CASE("a line that cannot be read is made anew") {
  CHECK(point_conninfo("host=a port", {"c", 2}, {"new", "y"}) ==
        "host='c' password='y' port='2' user='new'");
}
