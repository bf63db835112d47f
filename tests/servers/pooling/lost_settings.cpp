// A setting that the server gives its client no more: nothing runs without it, and there is a way
// out.
#include <doctest/doctest.h>

#include "tests/servers/pooling/picture.hpp"

using namespace skein::servers;

namespace {

// Whose role has gone meanwhile; the server connection has been the other's in between.
struct scene {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein{shop, one_server()};
  pg_session one{skein.words(app)};
  pg_session other{skein.words(app)};

  scene() {
    auto& leader = shop.leader();
    leader.query_as(app, "create table kept (n int)");
    leader.query("create role passing");
    leader.query("grant passing to app");
    REQUIRE(one.ask("set role passing").ok());
    REQUIRE(other.value("select current_user") == "app");
    leader.query("drop role passing");
  }
  void insert_fails() {
    CHECK(one.ask(insert).sqlstate == "22023");
    CHECK(one.ask("begin; " + insert + "; commit").sqlstate == "22023");
    const std::unique_ptr<PGresult, decltype(&PQclear)> extended(
        PQexecParams(one.raw(), insert.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0),
        &PQclear);
    CHECK(std::string(PQresultErrorField(extended.get(), PG_DIAG_SQLSTATE)) == "22023");
    CHECK(other.value("select count(*) from kept") == "0");
  }
  void insert_works() {
    CHECK(one.ask(insert).ok());
    CHECK(other.value("select count(*) from kept") == "1");
  }
  const std::string insert = "insert into kept values (1)";
};

}  // namespace

TEST_CASE("nothing runs without a setting that can be had no more, until all is discarded") {
  scene at;
  at.insert_fails();
  CHECK(at.one.ask("discard all").ok());
  at.insert_works();
}
