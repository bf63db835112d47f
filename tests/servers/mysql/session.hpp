// One statement over a connection of its own by Connector/C++, for MySQL and MariaDB alike.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tests/servers/server.hpp"

namespace skein::servers::mysql {

struct target {
  std::string address;  // "unix:///path" or "tcp://127.0.0.1:port"
  login who;
};

// Throw std::runtime_error with the server's words, also when it does not answer in time.
rows ask(const target& where, std::string_view sql);

// The first row by column names; NULL is an empty text, no row an empty map.
std::map<std::string, std::string> ask_named(const target& where, std::string_view sql);

}  // namespace skein::servers::mysql
