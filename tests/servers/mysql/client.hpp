// A client's connection by Connector/C++ that stays, for MySQL and MariaDB alike: what a session
// does one statement after the other.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/servers/mysql/session.hpp"

namespace skein::servers::mysql {

struct answer {
  rows lines = {};
  int error = 0;  // the server's number; 0: it went well
  std::string sqlstate = {};
  std::string text = {};
  bool ok() const { return error == 0; }
};

struct client_options {
  std::string database = "app";
  bool compressed = false;
  bool tls = false;
};

class client {
 public:
  explicit client(const target& where, const client_options& how = {});  // throws what `ask` throws
  ~client();

  answer ask(std::string_view sql);
  // By a prepared statement with these values.
  answer execute(std::string_view sql, const std::vector<std::string>& values);
  std::string value(std::string_view sql);  // first column of the first row, or the error's text

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace skein::servers::mysql
