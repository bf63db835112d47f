#include "tests/servers/mysql/session.hpp"

#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>

#include <memory>
#include <stdexcept>

namespace skein::servers::mysql {
namespace {

constexpr int deadline_seconds = 30;

std::unique_ptr<sql::Connection> connect(const target& where) {
  sql::ConnectOptionsMap options;
  options["hostName"] = sql::SQLString(where.address);
  options["userName"] = sql::SQLString(where.who.user);
  options["password"] = sql::SQLString(where.who.password);
  options["schema"] = sql::SQLString("app");
  options["OPT_CONNECT_TIMEOUT"] = deadline_seconds;
  options["OPT_READ_TIMEOUT"] = deadline_seconds;
  options["OPT_WRITE_TIMEOUT"] = deadline_seconds;
  return std::unique_ptr<sql::Connection>(::get_driver_instance()->connect(options));
}

// Runs the statement and hands each result row to take(result, columns).
template <typename Take>
void for_each_row(const target& where, std::string_view sql_text, Take take) {
  try {
    const auto on = connect(where);
    const std::unique_ptr<sql::Statement> statement(on->createStatement());
    if (!statement->execute(sql::SQLString(sql_text.data(), sql_text.size()))) return;
    const std::unique_ptr<sql::ResultSet> result(statement->getResultSet());
    while (result->next()) take(*result, result->getMetaData()->getColumnCount());
  } catch (const sql::SQLException& trouble) {
    throw std::runtime_error(std::string(trouble.what()) + " (" +
                             std::to_string(trouble.getErrorCode()) + ")");
  }
}

}  // namespace

rows ask(const target& where, std::string_view sql_text) {
  rows all;
  for_each_row(where, sql_text, [&](sql::ResultSet& result, unsigned columns) {
    auto& cells = all.emplace_back();
    for (unsigned column = 1; column <= columns; ++column) {
      const auto text = result.getString(column);
      if (result.wasNull())
        cells.emplace_back();
      else
        cells.emplace_back(text.asStdString());
    }
  });
  return all;
}

std::map<std::string, std::string> ask_named(const target& where, std::string_view sql_text) {
  std::map<std::string, std::string> first;
  for_each_row(where, sql_text, [&](sql::ResultSet& result, unsigned columns) {
    if (!first.empty()) return;
    for (unsigned column = 1; column <= columns; ++column)
      first[result.getMetaData()->getColumnLabel(column).asStdString()] =
          result.getString(column).asStdString();
  });
  return first;
}

}  // namespace skein::servers::mysql
