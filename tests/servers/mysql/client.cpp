#include "tests/servers/mysql/client.hpp"

#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>

#include <algorithm>
#include <map>
#include <utility>

namespace skein::servers::mysql {

namespace {

constexpr int deadline_seconds = 30;

rows rows_of(sql::ResultSet& result) {
  rows all;
  const unsigned columns = result.getMetaData()->getColumnCount();
  while (result.next()) {
    auto& cells = all.emplace_back();
    for (unsigned column = 1; column <= columns; ++column) {
      const auto text = result.getString(column);
      if (result.wasNull())
        cells.emplace_back();
      else
        cells.emplace_back(text.asStdString());
    }
  }
  return all;
}

std::vector<std::string> columns_of(sql::ResultSet& result) {
  std::vector<std::string> names;
  auto* const about = result.getMetaData();
  for (unsigned column = 1; column <= about->getColumnCount(); ++column)
    names.push_back(about->getColumnLabel(column).asStdString());
  return names;
}

answer failed(const sql::SQLException& why) {
  return {.error = why.getErrorCode() == 0 ? -1 : why.getErrorCode(),
          .sqlstate = why.getSQLState(),
          .text = why.what()};
}

}  // namespace

struct client::state {
  std::unique_ptr<sql::Connection> connection;
};

struct prepared::state {
  std::unique_ptr<sql::PreparedStatement> statement = {};
  answer failure = {};
};

prepared::prepared(std::unique_ptr<state> made) : state_(std::move(made)) {}
prepared::prepared(prepared&&) noexcept = default;
prepared::~prepared() = default;

answer prepared::execute(const std::vector<std::optional<std::string>>& values) {
  if (!state_->failure.ok()) return state_->failure;
  sql::PreparedStatement& statement = *state_->statement;
  try {
    for (unsigned at = 0; at < values.size(); ++at) {
      if (values[at]) {
        statement.setString(at + 1, sql::SQLString(*values[at]));
      } else {
        statement.setNull(at + 1, 0);
      }
    }
    answer told;
    if (!statement.execute()) return told;
    const std::unique_ptr<sql::ResultSet> result(statement.getResultSet());
    told.columns = columns_of(*result);
    told.lines = rows_of(*result);
    return told;
  } catch (const sql::SQLException& why) {
    return failed(why);
  }
}

client::client(const target& where, const client_options& how) : state_(std::make_unique<state>()) {
  sql::ConnectOptionsMap options;
  options["hostName"] = sql::SQLString(where.address);
  options["userName"] = sql::SQLString(where.who.user);
  options["password"] = sql::SQLString(where.who.password);
  if (!how.database.empty()) options["schema"] = sql::SQLString(how.database);
  if (!how.program.empty())
    options["OPT_CONNECT_ATTR_ADD"] =
        std::map<sql::SQLString, sql::SQLString>{{"program_name", how.program}};
  options["CLIENT_COMPRESS"] = how.compressed;
  options["CLIENT_MULTI_STATEMENTS"] = how.several;
  if (how.local_files) options["OPT_LOCAL_INFILE"] = 1;
  options["OPT_CONNECT_TIMEOUT"] = deadline_seconds;
  options["OPT_READ_TIMEOUT"] = deadline_seconds;
  options["OPT_WRITE_TIMEOUT"] = deadline_seconds;
  try {
    state_->connection.reset(::get_driver_instance()->connect(options));
  } catch (const sql::SQLException& trouble) {
    throw login_failure(trouble.getErrorCode(), trouble.what());
  }
}

client::~client() = default;

answer client::ask(std::string_view sql) {
  try {
    const std::unique_ptr<sql::Statement> statement(state_->connection->createStatement());
    answer told;
    // Whether there is more behind what has no rows the library does not tell.
    auto left = 1 + std::ranges::count(sql, ';');
    bool rows = statement->execute(sql::SQLString(sql.data(), sql.size()));
    for (; rows || --left > 0; rows = statement->getMoreResults()) {
      if (!rows) continue;
      const std::unique_ptr<sql::ResultSet> result(statement->getResultSet());
      told.columns = columns_of(*result);
      for (auto& each : rows_of(*result)) told.lines.push_back(std::move(each));
    }
    return told;
  } catch (const sql::SQLException& why) {
    return failed(why);
  }
}

prepared client::prepare(std::string_view sql) {
  auto made = std::make_unique<prepared::state>();
  try {
    made->statement.reset(
        state_->connection->prepareStatement(sql::SQLString(sql.data(), sql.size())));
  } catch (const sql::SQLException& why) {
    made->failure = failed(why);
  }
  return prepared(std::move(made));
}

answer client::execute(std::string_view sql,
                       const std::vector<std::optional<std::string>>& values) {
  return prepare(sql).execute(values);
}

std::string client::value(std::string_view sql) {
  const answer told = ask(sql);
  if (!told.ok()) return told.text;
  if (told.lines.empty() || told.lines[0].empty()) return "no value";
  return told.lines[0][0].value_or("null");
}

}  // namespace skein::servers::mysql
