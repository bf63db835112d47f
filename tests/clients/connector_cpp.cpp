// MySQL's Connector/C++ through Skein, before MariaDB and before MySQL: the library that Skein's
// own tests look through, here as an application uses it.
#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/metadata.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <memory>
#include <sstream>
#include <thread>

#include "tests/clients/stage.hpp"

using namespace skein::servers;

namespace {

using connected = std::unique_ptr<sql::Connection>;
using selected = std::unique_ptr<sql::ResultSet>;

connected connect(std::uint16_t port, sql::ConnectOptionsMap more = {}) {
  more["hostName"] = sql::SQLString("tcp://127.0.0.1:" + std::to_string(port));
  more["userName"] = sql::SQLString(app.user);
  if (!more.contains("schema")) more["schema"] = sql::SQLString("app");
  if (!more.contains("password")) more["password"] = sql::SQLString(app.password);
  return connected(get_driver_instance()->connect(more));
}

void run(sql::Connection& on, const std::string& text) {
  const std::unique_ptr<sql::Statement> asked(on.createStatement());
  asked->execute(text);
}

std::string value(sql::Connection& on, const std::string& text) {
  const std::unique_ptr<sql::Statement> asked(on.createStatement());
  const selected got(asked->executeQuery(text));
  return got->next() ? got->getString(1).asStdString() : "no row";
}

// "1062 23000", and what the server says of it.
std::string refusal(const std::function<void()>& asked) {
  try {
    asked();
  } catch (const sql::SQLException& why) {
    return std::to_string(why.getErrorCode()) + " " + why.getSQLState() + " " + why.what();
  }
  return "went well";
}

void check_values(sql::ResultSet& got, const std::string& much) {
  REQUIRE(got.next());
  CHECK(got.getInt("id") == 1);
  CHECK(got.getUInt64("large") == 18446744073709551615ULL);
  CHECK(got.getInt64("least") == std::numeric_limits<std::int64_t>::min());
  CHECK(got.getString("exact") == "12345678901234567890.123456789");
  CHECK(got.getDouble("rough") == 1.5e10);
  CHECK(got.getBoolean("yes"));
  CHECK(got.getString("moment") == "2038-01-19 03:14:07");
  CHECK(got.getString("clock") == "838:59:58");
  CHECK(got.getString("word") == "plätze 🪿 \\ ' \"");
  const std::unique_ptr<std::istream> blob(got.getBlob("much"));
  std::ostringstream read;
  read << blob->rdbuf();
  CHECK(read.str() == much);
  REQUIRE(got.next());
  for (unsigned column = 2; column <= got.getMetaData()->getColumnCount(); ++column)
    CHECK(got.isNull(column));
  CHECK_FALSE(got.next());
}

void play_types(const split_stage& at) {
  const auto on = connect(at.skein.port());
  run(*on, "drop table if exists types");
  run(*on,
      "create table types (id int primary key, large bigint unsigned, least bigint, "
      "exact decimal(40, 9), rough double, yes tinyint, moment datetime, clock time, "
      "word varchar(50), much longblob) character set utf8mb4");
  run(*on, "set names utf8mb4");
  const std::unique_ptr<sql::PreparedStatement> insert(
      on->prepareStatement("insert into types values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  // Sent in pieces, behind more than one packet's end.
  std::string much(17U << 20, '\0');
  for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 31 + (i >> 12));
  std::istringstream bytes(much);
  insert->setInt(1, 1);
  insert->setUInt64(2, 18446744073709551615ULL);
  insert->setInt64(3, std::numeric_limits<std::int64_t>::min());
  insert->setBigInt(4, "12345678901234567890.123456789");
  insert->setDouble(5, 1.5e10);
  insert->setBoolean(6, true);
  insert->setDateTime(7, "2038-01-19 03:14:07");
  insert->setString(8, "838:59:58");
  insert->setString(9, "plätze 🪿 \\ ' \"");
  insert->setBlob(10, &bytes);
  CHECK(insert->executeUpdate() == 1);
  insert->setInt(1, 2);
  for (unsigned column = 2; column <= 10; ++column) insert->setNull(column, sql::DataType::VARCHAR);
  CHECK(insert->executeUpdate() == 1);
  const std::string all = "select * from types order by id";
  const std::unique_ptr<sql::PreparedStatement> prepared(on->prepareStatement(all));
  for (int time = 0; time < 2; ++time) check_values(*selected(prepared->executeQuery()), much);
  const std::unique_ptr<sql::Statement> asked(on->createStatement());
  check_values(*selected(asked->executeQuery(all)), much);
}

void play_transactions(const split_stage& at) {
  const auto on = connect(at.skein.port());
  const auto other = connect(at.skein.port());
  run(*on, "drop table if exists kept");
  run(*on, "create table kept (n int primary key, w varchar(20))");
  on->setAutoCommit(false);
  run(*on, "insert into kept values (1, 'a')");
  CHECK(value(*other, "/* skein: leader */ select count(*) from kept") == "0");
  const std::unique_ptr<sql::Savepoint> here(on->setSavepoint("here"));
  run(*on, "insert into kept values (2, 'b')");
  on->rollback(here.get());
  CHECK(refusal([&] { run(*on, "insert into kept values (1, 'c')"); }).starts_with("1062 23000"));
  on->commit();
  CHECK(value(*other, "/* skein: leader */ select group_concat(n) from kept") == "1");
  run(*on, "delete from kept");
  on->rollback();
  CHECK(value(*other, "/* skein: leader */ select count(*) from kept") == "1");
  on->setTransactionIsolation(sql::TRANSACTION_SERIALIZABLE);
  CHECK(on->getTransactionIsolation() == sql::TRANSACTION_SERIALIZABLE);
  CHECK(value(*other, "/* skein: leader */ select count(*) from kept") == "1");
  on->setTransactionIsolation(sql::TRANSACTION_REPEATABLE_READ);
  on->setAutoCommit(true);
  on->setSchema("other");
  CHECK(value(*on, "select database()") == "other");
  CHECK(on->getSchema() == "other");
  on->setSchema("app");
}

void play_errors(const split_stage& at) {
  const auto through = connect(at.skein.port());
  const auto direct = connect(at.server_port);
  for (const std::string text :
       {"selekt 1", "select * from nowhere", "select nothing from kept", "drop table nowhere",
        "insert into kept values (1, 'again')", "signal sqlstate '45000' set mysql_errno = 30001",
        "kill query 'x'", "create table kept (n int)"}) {
    CAPTURE(text);
    const auto wanted = refusal([&] { run(*direct, text); });
    CHECK(wanted != "went well");
    if (!text.starts_with("kill")) CHECK(refusal([&] { run(*through, text); }) == wanted);
    CHECK(value(*through, "select 7") == "7");
  }
  const auto prepare = [](sql::Connection& on) {
    return refusal([&] { delete on.prepareStatement("select nothing from nowhere where n = ?"); });
  };
  CHECK(prepare(*through) == prepare(*direct));
  const auto wrong = [](std::uint16_t port) {
    return refusal([&] { connect(port, {{"password", sql::SQLString("wrong")}}); });
  };
  CHECK(wrong(at.skein.port()) == wrong(at.server_port));
  CHECK(wrong(at.skein.port()).starts_with("1045 28000"));
}

void play_results(const split_stage& at) {
  const auto on = connect(at.skein.port(), {{"CLIENT_MULTI_STATEMENTS", true}});
  run(*on, "drop table if exists many");
  run(*on, "create table many (n int primary key, w varchar(100))");
  const std::unique_ptr<sql::PreparedStatement> insert(
      on->prepareStatement("insert into many values (?, ?)"));
  on->setAutoCommit(false);
  for (int n = 1; n <= 3000; ++n) {
    insert->setInt(1, n);
    insert->setString(2, std::string(static_cast<std::size_t>(n) % 100, 'w'));
    insert->executeUpdate();
  }
  on->commit();
  on->setAutoCommit(true);
  const std::unique_ptr<sql::Statement> asked(on->createStatement());
  // Row by row off the wire.
  asked->setResultSetType(sql::ResultSet::TYPE_FORWARD_ONLY);
  {
    const selected got(asked->executeQuery("select n, w from many order by n"));
    int sum = 0;
    std::size_t length = 0;
    while (got->next()) {
      sum += got->getInt(1);
      length += got->getString(2).length();
    }
    CHECK(sum == 4501500);
    CHECK(length == 148500);
  }
  // Of a result without rows among several the library tells no count.
  std::string told;
  bool has_rows = asked->execute(
      "select 1; update many set w = 'x' where n < 11; select count(*) from many where w = 'x'; "
      "delete from many where n > 2990");
  for (int result = 0; result < 4; ++result) {
    told += has_rows ? "rows" : "none";
    if (has_rows) {
      const selected got(asked->getResultSet());
      got->next();
      told += " of " + got->getString(1).asStdString();
    }
    told += ", ";
    has_rows = asked->getMoreResults();
  }
  CHECK(told == "rows of 1, none, rows of 10, none, ");
  CHECK(value(*on, "select count(*) from many") == "2990");
}

void play_own_writes(const split_stage& at) {
  const auto on = connect(at.skein.port());
  run(*on, "drop table if exists mine");
  run(*on, "create table mine (id int primary key, n int)");
  run(*on, "insert into mine values (1, 0)");
  const std::unique_ptr<sql::PreparedStatement> write(
      on->prepareStatement("update mine set n = ? where id = 1"));
  const std::unique_ptr<sql::PreparedStatement> read(
      on->prepareStatement("select n from mine where id = ?"));
  for (int n = 1; n <= 200; ++n) {
    write->setInt(1, n);
    REQUIRE(write->executeUpdate() == 1);
    read->setInt(1, 1);
    const selected got(read->executeQuery());
    REQUIRE(got->next());
    REQUIRE(got->getInt(1) == n);
  }
}

void play_reconnects(const split_stage& at) {
  const auto on = connect(at.skein.port(), {{"OPT_RECONNECT", true}});
  run(*on, "set @mine = 7");
  CHECK(value(*on, "select @mine") == "7");
  CHECK(on->isValid());
  // By the number that the console has of it.
  const auto console = connect(at.skein.port(), {{"schema", sql::SQLString("skein")}});
  const std::unique_ptr<sql::Statement> looks(console->createStatement());
  const selected sessions(looks->executeQuery("show sessions"));
  std::string number;
  while (sessions->next())
    if (sessions->getString("database") == "app") number = sessions->getString("id").asStdString();
  run(*console, "kill " + number);
  // The library connects anew by itself, at this or at the next statement.
  if (refusal([&] { run(*on, "do 0"); }) != "went well") CHECK(on->reconnect());
  CHECK(value(*on, "select coalesce(@mine, 'nothing')") == "nothing");
  const std::unique_ptr<sql::PreparedStatement> asked(on->prepareStatement("select ? + 1"));
  asked->setInt(1, 4);
  const selected got(asked->executeQuery());
  REQUIRE(got->next());
  CHECK(got->getInt(1) == 5);
}

}  // namespace

TEST_CASE("Connector/C++") {
  on_each_split([](engine which) {
    const split_stage at(which, {.pool_size = few_servers, .lines = {"console: {users: [app]}"}});
    play_types(at);
    play_transactions(at);
    play_errors(at);
    play_results(at);
    play_own_writes(at);
    play_reconnects(at);
    // What was defined last is the leader's until it is known.
    for (int n = 0; n < 500 && at.served_by_followers() == 0; ++n) {
      CHECK(value(*connect(at.skein.port()), "select count(*) from standing") == "2");
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    at.check_split();
    at.check_pins("Connector/C++, " + std::string(to_string(which)), pins::any);
  });
}
