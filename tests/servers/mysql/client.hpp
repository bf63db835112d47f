// A client's connection by Connector/C++ that stays, for MySQL and MariaDB alike: what a session
// does one statement after the other.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/servers/mysql/session.hpp"

namespace skein::servers::mysql {

struct answer {
  rows lines = {};
  std::vector<std::string> columns = {};  // of the last result
  int error = 0;                          // the server's number; 0: it went well
  std::string sqlstate = {};
  std::string text = {};
  bool ok() const { return error == 0; }
};

struct client_options {
  std::string database = "app";
  std::string program = {};  // the attribute program_name
  bool compressed = false;
  bool several = false;      // statements at once
  bool local_files = false;  // LOAD DATA LOCAL
};

// It could not sign in.
struct login_failure : std::runtime_error {
  login_failure(int number, const std::string& words)
      : std::runtime_error(words + " (" + std::to_string(number) + ")"), error(number) {}
  int error;
};

// Stays prepared until it goes, which must be before its client does.
class prepared {
 public:
  prepared(prepared&&) noexcept;
  ~prepared();
  // Nothing is null. Where it could not be prepared, that is the answer.
  answer execute(const std::vector<std::optional<std::string>>& values = {});

 private:
  friend class client;
  struct state;
  explicit prepared(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

class client {
 public:
  explicit client(const target& where, const client_options& how = {});  // throws login_failure
  ~client();

  answer ask(std::string_view sql);
  prepared prepare(std::string_view sql);
  // By a prepared statement with these values, which does not stay.
  answer execute(std::string_view sql, const std::vector<std::optional<std::string>>& values);
  std::string value(std::string_view sql);  // first column of the first row, or the error's text

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace skein::servers::mysql
