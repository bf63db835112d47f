// LAST_INSERT_ID() in transaction pooling: each client is told its own.
#include "backends/mysql/transaction_conversation.hpp"

#include "tests/unit/backends/mysql/transactions.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

using texts = std::vector<std::string>;

struct scene {
  mysql::core_memory core{};
  fake_server server{};
  pooled_client one{core, server};
};

}  // namespace

TEST_CASE("the last insert id is looked at, for answers do not tell it, and told to who asks") {
  scene at;
  pooled_client other(at.core, at.server);
  at.server.asked();
  at.server.answers["3 insert"] = says_ok(2, {}, 9000);
  at.server.answers["3 select last_insert_id()"] = says_row({{0x08, "7"}});
  at.one.query("insert into t (id) values (9000)");
  CHECK(at.server.asked() ==
        texts{"3 insert into t (id) values (9000)", "3 select last_insert_id()"});
  other.query("select 1");
  CHECK(at.server.asked() == texts{"3 select 1"});
  other.query("select last_insert_id()");
  CHECK(at.server.asked() == texts{"3 set session last_insert_id=0", "3 select last_insert_id()"});
}

TEST_CASE("an insert id that was on the server before is another's") {
  scene at;
  pooled_client other(at.core, at.server);
  at.server.asked();
  const std::string look = "3 select last_insert_id()";
  at.server.answers["3 insert"] = says_ok(2, {}, 7);
  at.server.answers[look] = says_row({{0x08, "7"}});
  at.one.query("insert into t values (1)");
  // It has named its own, which is not the function's.
  at.server.answers["3 insert"] = says_ok(2, {}, 9000);
  other.query("insert into t (id) values (9000)");
  at.server.asked();
  other.query("select last_insert_id()");
  CHECK(at.server.asked() == texts{"3 set session last_insert_id=0", look});
  // In a transaction it is looked at before it is asked for, and not overwritten.
  at.server.answers["3 begin"] = says_ok(status::autocommit | status::in_transaction);
  at.server.answers["3 insert"] = says_ok(status::autocommit | status::in_transaction, {}, 8);
  at.server.answers[look] = says_row({{0x08, "8"}}, status::autocommit | status::in_transaction);
  other.query("begin");
  other.query("insert into t values (2)");
  at.server.asked();
  other.query("select last_insert_id()");
  CHECK(at.server.asked() == texts{look, look});
}
