// Statement pooling with real servers: no transaction of several statements comes to be, by
// whatever way it is begun, and each statement stands by itself.
#include <doctest/doctest.h>

#include "tests/servers/pooling/picture.hpp"
#include "tests/servers/pooling/raw_client.hpp"

using namespace skein::servers;
using namespace said;

namespace {

skein_options by_statement() {
  skein_options options = one_server();
  options.pool_mode = "statement";
  return options;
}

struct scene {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein{shop, by_statement()};
  raw_client one{skein.words(app)};
  raw_client other{skein.words(app)};
};

}  // namespace

TEST_CASE("statement pooling refuses transactions of several statements, however begun") {
  scene at;
  at.shop.leader().query_as(app, "create table t (n int)");
  const std::string words = "transactions of several statements cannot run in statement pooling";
  const std::string padding = "/*" + std::string(200'000, 'x') + "*/";
  for (const std::string& sql :
       {std::string("begin"), std::string("begin; select 1"), std::string("start transaction"),
        std::string("commit and chain"), "begin " + padding, "begin; select 1; " + padding}) {
    CAPTURE(sql.substr(0, 60));
    CHECK(at.one.ask(query(sql)) == "E(0A000)ZI");
    CHECK(at.one.last_words.starts_with(words));
    CHECK(at.one.ask(query("insert into t values (1)")) == "CZI");
    CHECK(at.other.ask(query("select 2")) == "TD(2)CZI");
  }
  for (const auto* sql : {"begin", "start transaction", "commit and chain"})
    CHECK(at.one.ask(at_once(sql) + sync_up).ends_with("E(0A000)ZI"));
  // What is begun out of sight is rolled back, and a pipeline waits for it.
  CHECK(at.one.ask(query("insert into t values (7); " + padding + "begin; delete from t") +
                   query("insert into t values (1)")) == "CCCE(0A000)ZICZI");
  CHECK(at.one.ask(at_once(padding + "begin") + sync_up + query("insert into t values (1)")) ==
        "12CE(0A000)ZICZI");
  CHECK(at.other.ask(query("select count(*) from t")) == "TD(8)CZI");
  CHECK(at.one.ask(query("do $$ begin insert into t values (1); commit; end $$") +
                   query("select count(*) from t")) == "CZITD(9)CZI");
}
