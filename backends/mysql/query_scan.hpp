// Walks the tokens of a query, and of all that has a query's parts: which tables stand in its FROM,
// which functions are called, what is locked, set or asked. It keeps a level for each parenthesis
// and no tree; where a level does not look as a query's does, it says that it is not sure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/deeds.hpp"
#include "backends/mysql/statement_tokens.hpp"

namespace skein::mysql {

class query_scan {
 public:
  query_scan(const statement_tokens& tokens, deeds& into) : tokens_(tokens), into_(into) {}

  // Up to the statement's end. `writes`: words that change something may stand in it.
  void run(std::size_t begin, bool writes = false);

 private:
  enum class part : std::uint8_t {
    expression,
    tables,   // a table is to come
    aliases,  // behind one
    joined,   // behind ON: a comma ends it
  };
  struct level {
    part now = part::expression;
    bool query = false;        // it has a SELECT
    bool common = false;       // the body of a table that WITH names
    std::size_t names = 0;     // of WITH, that are in force outside
    std::string pending = {};  // a name of WITH that is in force behind its body alone
  };

  void step();
  void step_word();
  bool step_query_word();
  bool step_session_word();
  void step_table();
  void step_variable();
  void open();
  void close();
  void take_with();
  void take_common_name();
  bool is_change(std::size_t place) const;
  void take_change();
  void take_into();
  void take_lock();
  void take_call();
  void note_relation(std::string name);
  void count(deed kind, std::string_view command);
  void unsure() { count(deed::unknown, ""); }
  level& top() { return levels_.back(); }
  bool begins_query(std::size_t place) const;
  bool is_behind_dot() const;

  const statement_tokens& tokens_;
  deeds& into_;
  std::size_t begin_ = 0;
  std::size_t at_ = 0;
  bool writes_ = false;
  bool recursive_ = false;
  std::vector<level> levels_ = {};
  std::vector<std::string> common_names_ = {};  // of WITH, in force here
};

}  // namespace skein::mysql
