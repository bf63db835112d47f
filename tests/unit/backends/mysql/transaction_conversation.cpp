#include "backends/mysql/transaction_conversation.hpp"

#include "tests/unit/backends/mysql/transactions.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

using scene = pooled_scene;

}  // namespace

TEST_CASE("a server is made to report before its first client is welcome, once") {
  scene at;
  const auto first = at.server.asked();
  REQUIRE(first.size() == 2);
  CHECK(first[0].starts_with("3 set session completion_type=0,session_track_system_variables="));
  CHECK(at.one.given_back == 1);
  CHECK(at.one.talk.greeting().has_value());
  const pooled_client other(at.core, at.server);
  CHECK(at.server.asked().empty());
}

TEST_CASE("a server is lent for each statement, and for a transaction as a whole") {
  scene at;
  at.server.asked();
  CHECK(at.one.query("select 1") == says_ok());
  CHECK(at.one.given_back == 2);
  at.server.answers["3 begin"] = says_ok(status::autocommit | status::in_transaction);
  at.server.answers["3 insert"] = says_ok(status::autocommit | status::in_transaction);
  at.one.query("begin");
  CHECK(at.one.lent);
  at.one.query("insert into t values (1)");
  CHECK(at.one.lent);
  CHECK_FALSE(at.one.talk.at_rest());
  at.one.query("commit");
  CHECK_FALSE(at.one.lent);
  CHECK(at.server.asked() ==
        texts{"3 select 1", "3 begin", "3 insert into t values (1)", "3 commit"});
}

TEST_CASE("what a session sets goes with it and reaches nobody else") {
  scene at;
  pooled_client other(at.core, at.server);
  at.server.asked();
  at.server.answers["3 set sql_mode"] = says_ok(2, {sets("sql_mode", "ANSI_QUOTES")});
  at.one.query("set sql_mode = 'ansi_quotes'");
  other.query("select 1");
  at.one.query("select 2");
  CHECK(at.server.asked() == texts{"3 set sql_mode = 'ansi_quotes'",
                                   "3 set session sql_mode=default", "3 select 1",
                                   "3 set session sql_mode='ANSI_QUOTES'", "3 select 2"});
}

TEST_CASE("a client hears of changes what it would hear without us") {
  scene at;
  at.server.answers["3 set"] = says_ok(2, {sets("sql_mode", "ANSI"),
                                           sets("autocommit", "ON"),
                                           {session_track::state_change, "", "1"},
                                           {session_track::gtids, "", "a:1"}});
  CHECK(at.one.query("set sql_mode = ansi, autocommit = 1") ==
        says_ok(2, {sets("autocommit", "ON")}));
  pooled_client old(at.core, at.server, pool_mode::transaction, "shop", capability::deprecate_eof);
  CHECK(old.query("set sql_mode = ansi, autocommit = 1") == says_ok(2));
}

TEST_CASE("the database that a session has chosen goes with it") {
  scene at;
  pooled_client other(at.core, at.server);
  at.server.asked();
  at.server.answers["3 use store"] = says_ok(2, {{session_track::schema, "", "store"}});
  at.one.query("use store");
  other.query("select 1");
  at.one.query("select 2");
  CHECK(at.server.asked() == texts{"3 use store", "2 shop", "3 select 1", "2 store", "3 select 2"});
}

TEST_CASE("user variables are looked at and set elsewhere by their values") {
  scene at;
  pooled_client other(at.core, at.server);
  at.server.asked();
  at.server.answers["3 select @`a`"] =
      says_row({{0xfd, "x"}, {0xfd, "78"}, {0xfd, "utf8mb4"}, {0xfd, "utf8mb4_bin"}});
  at.one.query("set @a = 'x'");
  CHECK_FALSE(at.one.lent);
  other.query("select 1");
  at.one.query("select @a");
  CHECK(at.server.asked() ==
        texts{"3 set @a = 'x'", "3 select @`a`,hex(@`a`),charset(@`a`),collation(@`a`)",
              "3 set @`a`=null", "3 select 1", "3 set @`a`=_utf8mb4 x'78' collate `utf8mb4_bin`",
              "3 select @a"});
}

TEST_CASE("warnings are kept for who asks next") {
  scene at;
  at.server.asked();
  at.server.answers["3 insert"] = says_ok(2, {}, 0, 1);
  at.server.answers["3 show warnings"] = says_row({{0xfd, "Note"}});
  at.one.query("insert ignore into t values (1)");
  CHECK_FALSE(at.one.lent);
  at.server.asked();
  CHECK(at.one.query("show warnings") == says_row({{0xfd, "Note"}}));
  CHECK(at.server.asked().empty());
  // Another's are none of the session's.
  pooled_client other(at.core, at.server);
  other.query("show warnings");
  CHECK(at.server.asked() == texts{"3 do 0", "3 show warnings"});
}

TEST_CASE("what cannot be carried keeps the server, and says why") {
  for (const char* text : {"create temporary table a (i int)", "select get_lock('a', 1)",
                           "prepare a from 'select 1'", "lock tables t write", "handler t open",
                           "set timestamp = 5", "set transaction isolation level serializable"}) {
    CAPTURE(text);
    scene at;
    at.one.query(text);
    CHECK(at.one.lent);
    CHECK_FALSE(at.one.talk.pin().empty());
    at.server.asked();
    at.one.leaves();
    CHECK(at.one.of_use);
    CHECK(at.server.asked() == texts{"31 "});
    CHECK_FALSE(at.one.lent);
    pooled_client next(at.core, at.server);
    CHECK(at.server.asked().size() == 2);  // it is set up again
  }
  scene at;
  at.one.query("lock tables t write");
  at.one.query("unlock tables");
  CHECK_FALSE(at.one.lent);
}

TEST_CASE("who leaves an XA transaction behind leaves a server that nobody is given") {
  scene at;
  at.one.query("xa start 'a'");
  at.one.query("xa end 'a'");
  at.one.query("xa prepare 'a'");
  at.server.asked();
  at.one.leaves();
  CHECK_FALSE(at.one.of_use);
  CHECK(at.server.asked().empty());

  scene ended;
  for (const char* text : {"xa start 'a'", "xa end 'a'", "xa prepare 'a'", "xa commit 'a'"})
    ended.one.query(text);
  ended.one.leaves();
  CHECK(ended.one.of_use);
}

TEST_CASE("what a server cannot be brought to fails the statement, and the session goes on") {
  scene at;
  pooled_client other(at.core, at.server);
  at.server.answers["3 set sql_mode"] = says_ok(2, {sets("sql_mode", "ANSI")});
  at.one.query("set sql_mode = ansi");
  other.query("select 1");
  at.server.answers["3 set session"] = says_error(1231, "not that");
  at.server.asked();
  CHECK(error_in(at.one.query("select 2")).code == 1231);
  CHECK(at.server.asked().size() == 1);
  CHECK_FALSE(at.one.lent);
  at.server.answers.clear();
  CHECK(at.one.query("select 2") == says_ok());
}

TEST_CASE("where no server can be had the statement hears why") {
  scene at;
  at.one.refuse_servers({error_kind::timeout, fault::server, {}, "none is free", {}});
  CHECK(error_in(at.one.query("select 1")).text == "none is free");
  CHECK(at.one.query("select 1") == says_ok());
}

TEST_CASE("an error in a transaction is followed by a look whether it is open still") {
  scene at;
  at.server.answers["3 begin"] = says_ok(3);
  at.server.answers["3 update"] = says_error(1213, "deadlock");
  at.one.query("begin");
  at.server.asked();
  CHECK(error_in(at.one.query("update t set a = 1")).code == 1213);
  CHECK(at.server.asked() == texts{"3 update t set a = 1", "14 ", "3 show warnings"});
  CHECK_FALSE(at.one.lent);
}

TEST_CASE("statement pooling refuses transactions of several statements") {
  scene at;
  pooled_client one(at.core, at.server, pool_mode::statement);
  at.server.asked();
  for (const char* text : {"begin", "start transaction", "set autocommit = 0", "xa start 'a'"})
    CHECK(error_in(one.query(text)).code == 1235);
  CHECK(at.server.asked().empty());
  CHECK(one.query("select 1") == says_ok());
}

TEST_CASE("where durability promises something no session keeps its writes out of the log") {
  scene at;
  at.core.keeps_promise = true;
  at.server.asked();
  CHECK(error_in(at.one.query("set sql_log_bin = 0")).code == 1235);
  CHECK(error_in(at.one.query("set @@session.sql_log_bin = off")).code == 1235);
  CHECK(at.server.asked().empty());
  CHECK(at.one.query("set sql_log_bin = 1") == says_ok());
  CHECK(at.one.query("select 1; set sql_log_bin = 1") == says_ok());
  CHECK(error_in(at.one.query("select 1; set sql_log_bin = 0")).code == 1235);
}

TEST_CASE("COM_RESET_CONNECTION forgets the session, with a server and without") {
  scene at;
  at.server.answers["3 set sql_mode"] = says_ok(2, {sets("sql_mode", "ANSI")});
  at.one.query("set sql_mode = ansi");
  at.one.ask(asks(command::stmt_prepare, "select ?"));
  at.server.asked();
  CHECK(at.one.ask(asks(command::reset_connection)) == says_ok());
  CHECK(at.server.asked().empty());
  at.one.query("select 1");
  CHECK(at.server.asked() == texts{"3 set session sql_mode=default", "3 select 1"});
  CHECK(error_in(at.one.ask(execute(1, true))).code == 1243);
  at.one.query("create temporary table a (i int)");
  CHECK(at.one.lent);
  at.one.ask(asks(command::reset_connection));
  CHECK_FALSE(at.one.lent);
}

TEST_CASE("a read that fails on a follower is asked again elsewhere") {
  scene at;
  fake_server follower;
  follower.memory.of_follower = true;
  follower.answers["3 select 1"] = says_error(1146, "not here yet");
  at.server.asked();
  at.one.meets({&follower, &at.server});
  CHECK(at.one.query("select 1") == says_ok());
  CHECK(follower.asked().back() == "3 select 1");
  CHECK(at.server.asked() == texts{"3 select 1"});
  CHECK(at.one.talk.wish().again);
  CHECK(at.one.talk.counts().queries_started == 1);
  CHECK(at.one.talk.counts().errors_seen == 0);
  // What is the statement's own fault is told at once.
  follower.answers["3 select 2"] = says_error(1064);
  at.one.meets({&follower, &at.server});
  CHECK(error_in(at.one.query("select 2")).code == 1064);
}

TEST_CASE("a follower that cannot be brought to where the session is, is left for another") {
  scene at;
  fake_server follower;
  follower.memory.of_follower = true;
  follower.answers["3 set session"] = says_error(1227);
  at.server.asked();
  at.one.meets({&follower, &at.server});
  CHECK(at.one.query("select 1") == says_ok());
  CHECK(follower.asked().size() == 1);
}

TEST_CASE("of a server that is gone nobody has heard, or somebody has") {
  scene at;
  fake_server follower;
  follower.memory.of_follower = true;
  follower.answers["3 select 1"] = "";
  at.one.meets({&follower, &at.server});
  CHECK(at.one.query("select 1").empty());
  CHECK(at.one.server_dies());
  CHECK(at.one.ask("") == says_ok());
  // Of the leader's it is not known what it did.
  at.server.answers["3 insert"] = "";
  CHECK(at.one.query("insert into t values (1)").empty());
  CHECK_FALSE(at.one.server_dies());
  CHECK(error_in(at.one.talk.break_off({error_kind::lost, fault::server, {}, "gone", {}})).code ==
        1180);
}

TEST_CASE("where a statement may run is told by it and by its session") {
  scene at;
  at.core.route(true);
  at.one.query("select 1");
  CHECK(at.one.talk.wish().unsure == definitions_unknown);
  CHECK(at.one.talk.wish().facts);
  at.one.ask(asks(command::statistics));
  CHECK_FALSE(at.one.talk.wish().unsure.empty());
  CHECK_FALSE(at.one.talk.wish().facts);
}

TEST_CASE("whatever comes in whatever pieces is taken alike") {
  for (const std::size_t piece : {1UZ, 2UZ, 5UZ, 9UZ}) {
    CAPTURE(piece);
    scene at;
    const std::string all = asks(command::query, "select 1") +
                            asks(command::stmt_prepare, "select ?") + execute(1, true) +
                            asks(command::init_db, "store") + asks(command::ping);
    std::string heard;
    for (std::size_t place = 0; place < all.size(); place += piece)
      heard += at.one.ask(all.substr(place, piece));
    CHECK(heard == says_ok() + says_prepared(1, 1, 1) + says_ok() + says_ok() + says_ok());
  }
}

TEST_CASE("what is no command ends the session with a reason") {
  scene at;
  CHECK(error_in(at.one.ask(packet_of(3, "\3select 1"))).code == 1043);
  CHECK(at.one.finished);
  scene empty;
  CHECK(error_in(empty.one.ask(packet_of(0, ""))).code == 1043);
  CHECK(empty.one.finished);
}
