// Makes a catalog of what a server's tables of definitions say: reads the code of views, routines
// and triggers, and follows who uses what until nothing more is found. What cannot be read, or is
// not visible to who reads, counts as code that may do anything.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/mysql/catalog.hpp"
#include "backends/mysql/lexer.hpp"

namespace skein::mysql {

struct relation_code {
  std::string database = {};
  std::string name = {};
  std::string type = {};    // BASE TABLE, VIEW, SEQUENCE ...
  std::string engine = {};  // empty: it has none, or it cannot be opened
};
struct view_code {
  std::string database = {};
  std::string name = {};
  std::string definition = {};  // empty: it is not visible
};
struct routine_code {
  routine kind = routine::function;
  std::string database = {};
  std::string name = {};
  std::string body = {};  // empty: it is not visible, or not in SQL
  std::string sql_mode = {};
  std::vector<std::string> parameters = {};
};
struct trigger_code {
  std::string database = {};
  std::string table = {};
  std::string body = {};
  std::string sql_mode = {};
};

struct server_code {
  reading_rules rules = {};  // of the server; modes are those of each thing
  bool folds = false;        // see catalog
  std::vector<std::string> databases = {};
  std::vector<relation_code> relations = {};
  std::vector<view_code> views = {};
  std::vector<routine_code> routines = {};
  std::vector<trigger_code> triggers = {};
  // Elsewhere any table may have some that are not visible.
  bool sees_triggers = false;
  std::vector<std::string> sees_triggers_of = {};                 // databases
  std::optional<std::vector<std::string>> loaded = std::nullopt;  // functions; none: not visible
};

std::shared_ptr<const catalog> make_catalog(const server_code& code, std::string digest = {});

}  // namespace skein::mysql
