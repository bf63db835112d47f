#include "tests/servers/mysql/client.hpp"

#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>

#include <stdexcept>

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

answer failed(const sql::SQLException& why) {
  return {.lines = {},
          .error = why.getErrorCode() == 0 ? -1 : why.getErrorCode(),
          .sqlstate = why.getSQLState(),
          .text = why.what()};
}

}  // namespace

struct client::state {
  std::unique_ptr<sql::Connection> connection;
};

client::client(const target& where, const client_options& how) : state_(std::make_unique<state>()) {
  sql::ConnectOptionsMap options;
  options["hostName"] = sql::SQLString(where.address);
  options["userName"] = sql::SQLString(where.who.user);
  options["password"] = sql::SQLString(where.who.password);
  if (!how.database.empty()) options["schema"] = sql::SQLString(how.database);
  options["CLIENT_COMPRESS"] = how.compressed;
  options["OPT_CONNECT_TIMEOUT"] = deadline_seconds;
  options["OPT_READ_TIMEOUT"] = deadline_seconds;
  options["OPT_WRITE_TIMEOUT"] = deadline_seconds;
  try {
    state_->connection.reset(::get_driver_instance()->connect(options));
  } catch (const sql::SQLException& trouble) {
    throw std::runtime_error(std::string(trouble.what()) + " (" +
                             std::to_string(trouble.getErrorCode()) + ")");
  }
}

client::~client() = default;

answer client::ask(std::string_view sql) {
  try {
    const std::unique_ptr<sql::Statement> statement(state_->connection->createStatement());
    answer told;
    for (bool more = statement->execute(sql::SQLString(sql.data(), sql.size())); more;
         more = statement->getMoreResults()) {
      const std::unique_ptr<sql::ResultSet> result(statement->getResultSet());
      for (auto& each : rows_of(*result)) told.lines.push_back(std::move(each));
    }
    return told;
  } catch (const sql::SQLException& why) {
    return failed(why);
  }
}

answer client::execute(std::string_view sql, const std::vector<std::string>& values) {
  try {
    const std::unique_ptr<sql::PreparedStatement> statement(
        state_->connection->prepareStatement(sql::SQLString(sql.data(), sql.size())));
    for (std::size_t at = 0; at < values.size(); ++at)
      statement->setString(static_cast<unsigned>(at + 1), sql::SQLString(values[at]));
    answer told;
    if (!statement->execute()) return told;
    const std::unique_ptr<sql::ResultSet> result(statement->getResultSet());
    told.lines = rows_of(*result);
    return told;
  } catch (const sql::SQLException& why) {
    return failed(why);
  }
}

std::string client::value(std::string_view sql) {
  const answer told = ask(sql);
  if (!told.ok()) return told.text;
  if (told.lines.empty() || told.lines[0].empty()) return "no value";
  return told.lines[0][0].value_or("null");
}

}  // namespace skein::servers::mysql
