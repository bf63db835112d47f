// A replay and the client's statement behind it in one flight: what the server answers, what runs
// when the replay fails, and which settings come too late for the statement.
#include <doctest/doctest.h>

#include "tests/servers/settings/pooled_connection.hpp"

using namespace skein::servers;
using namespace skein::postgres;

namespace {

struct scene {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  pooled_connection session;

  scene() : session((shop.leader().query("create role stranger"), shop.leader())) {
    session.ask("create table t (n int)");
  }
  // The replies to the statement behind the replay; those to the replay itself are REQUIREd.
  std::vector<wire_message> behind(const std::vector<setting_change>& changes,
                                   const std::string& statement) {
    std::string messages;
    const auto owed = append_replay(messages, changes, session.own);
    return session.without(owed, session.exchange(messages + statement + sync_message));
  }
  std::string rows() { return session.session.value("select count(*) from t"); }
};

std::string bodies_of(const std::vector<wire_message>& replies) {
  std::string all;
  for (const auto& one : replies)
    if (one.type != 'S' && one.type != 'N')
      all += one.type + (one.type == 'E' ? one.field('C') : one.body);
  return all;
}

}  // namespace

TEST_CASE("behind a replay a statement is answered as without one, and has the settings") {
  scene at;
  for (const std::string sql :
       {"select 1 as one", "values (1), (2)", "table t", "insert into t values (1)",
        "update t set n = 2 returning n", "with gone as (delete from t returning n) table gone", "",
        "select 1/0", "selec", "insert into t values ('x')"}) {
    CAPTURE(sql);
    at.session.ask("truncate t");
    const auto alone = at.session.exchange(extended(sql) + sync_message);
    at.session.ask("truncate t");
    const std::vector<setting_change> changes{{"work_mem", "1MB"}, {"app.word", {}}};
    CHECK(bodies_of(at.behind(changes, extended(sql))) == bodies_of(alone));
    at.session.ask("reset work_mem");
  }
  const auto shown = at.behind({{"timezone", "Asia/Tokyo"}, {"app.word", "größer"}},
                               extended("select current_setting('timezone'), "
                                        "current_setting('app.word')"));
  CHECK(bodies_of(shown).find("größer") != std::string::npos);
  CHECK(bodies_of(shown).find("Asia/Tokyo") != std::string::npos);
}

TEST_CASE("a replay that fails: the statement behind it does not run, and nothing is set") {
  scene at;
  const std::vector<std::vector<setting_change>> bad = {
      {{"work_mem", "1MB"}, {"role", "stranger"}},
      {{"work_mem", "1MB"}, {"role", "nobody at all"}},
      {{"work_mem", "1kB"}},
      {{"work_mem", "1MB"}, {"log_statement", "all"}},
      {{"no_such_setting", "1"}},
  };
  for (const auto& changes : bad) {
    CAPTURE(changes.back().name);
    std::string messages;
    append_replay(messages, changes, at.session.own);
    const auto replies =
        at.session.exchange(messages + extended("insert into t values (1)") + sync_message);
    CHECK(types_of(replies).ends_with("EZ"));
    CHECK(types_of(replies).find('E') == types_of(replies).size() - 2);
    CHECK(replies.back().body == "I");
    at.session.own.doubt();
    CHECK(at.rows() == "0");
    CHECK(at.session.look().settings.empty());
  }
}

TEST_CASE("a statement that fails takes the replay before it along") {
  scene at;
  CHECK(types_of(at.behind({{"work_mem", "1MB"}}, extended("select 1/count(*) from t"))) ==
        "12TEZ");
  CHECK(at.session.look().settings.empty());
}

// Why must_stand_alone is: the transaction has begun by the time that the setting changes.
TEST_CASE("whether a transaction may write, and its isolation, are settled before a replay") {
  scene at;
  at.session.ask("set default_transaction_read_only to on");
  const std::vector<setting_change> writable{{"default_transaction_read_only", {}}};
  const auto late = at.behind(writable, extended("insert into t values (1)"));
  REQUIRE(types_of(late).ends_with("EZ"));
  CHECK(late.at(late.size() - 2).field('C') == "25006");
  CHECK(at.session.replay(writable) == "");
  at.session.ask("insert into t values (1)");
  CHECK(at.session.replay({{"default_transaction_isolation", "serializable"}}) == "");
  CHECK(at.session.session.value("show transaction_isolation") == "serializable");
}

// Why what a session reads literals by is part of what makes two statements one.
TEST_CASE("a statement keeps the time zone under which it was prepared") {
  scene at;
  at.session.ask("set timezone to 'UTC'");
  at.session.ask("prepare at_noon as select timestamptz '2020-06-01 12:00' at time zone 'UTC'");
  at.session.ask("set timezone to 'Asia/Tokyo'");
  CHECK(at.session.session.value("execute at_noon") == "2020-06-01 12:00:00");
  CHECK(at.session.session.value("select timestamptz '2020-06-01 12:00' at time zone 'UTC'") ==
        "2020-06-01 03:00:00");
}
