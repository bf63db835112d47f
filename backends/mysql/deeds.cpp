#include "backends/mysql/deeds.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "backends/mysql/query_scan.hpp"
#include "backends/mysql/statement_tokens.hpp"

namespace skein::mysql {

namespace {

// Commands that are told by their first word alone, whatever stands behind it.
struct command_word {
  std::string_view first;
  deed kind;
};
constexpr command_word command_words[] = {
    {"alter", deed::defines},      {"binlog", deed::writes},     {"cache", deed::defines},
    {"call", deed::calls},         {"change", deed::defines},    {"check", deed::defines},
    {"checksum", deed::session},   {"clone", deed::defines},     {"create", deed::defines},
    {"deallocate", deed::session}, {"do", deed::calls},          {"drop", deed::defines},
    {"execute", deed::session},    {"flush", deed::defines},     {"get", deed::session},
    {"grant", deed::defines},      {"handler", deed::session},   {"import", deed::writes},
    {"install", deed::defines},    {"kill", deed::session},      {"optimize", deed::defines},
    {"prepare", deed::session},    {"purge", deed::defines},     {"rename", deed::defines},
    {"repair", deed::defines},     {"reset", deed::defines},     {"resignal", deed::session},
    {"restart", deed::defines},    {"revoke", deed::defines},    {"set", deed::session},
    {"shutdown", deed::defines},   {"signal", deed::session},    {"stop", deed::defines},
    {"truncate", deed::writes},    {"uninstall", deed::defines}, {"use", deed::session}};

// What SHOW tells of definitions, which all members share.
constexpr std::string_view shared_things[] = {"tables", "databases", "schemas",  "columns",
                                              "fields", "index",     "indexes",  "keys",
                                              "create", "triggers",  "collation"};

class reader {
 public:
  explicit reader(const statement_tokens& statement) : tokens_(statement) {}

  deeds read() {
    if (tokens_.broken()) {
      count(deed::unknown, "");
      found_.statements = 1;
      return std::move(found_);
    }
    while (tokens_.is(at_, token_kind::semicolon)) ++at_;
    count_statements();
    if (found_.statements == 0) return std::move(found_);
    if (found_.statements > 1) count(deed::unknown, "");
    read_statement();
    return std::move(found_);
  }

 private:
  void count(deed kind, std::string command) {
    if (kind <= found_.kind) return;
    found_.kind = kind;
    found_.command = std::move(command);
  }
  void count_statements();
  void read_statement();
  void read_simple();
  void read_explain();
  void read_show();
  void read_set();
  void read_definition();
  void read_lock();
  bool read_block();
  void read_start();
  void scan(std::size_t begin, bool writes = false) {
    query_scan(tokens_, found_).run(begin, writes);
  }
  void take_names(std::size_t place);
  void take_altered(std::size_t place);
  bool brings_body() const;
  // A literal is no part of a command.
  std::string first_word(std::size_t place) const {
    return tokens_.is(place, token_kind::word) ? in_capitals(tokens_.at(place).text)
                                               : std::string();
  }
  std::string command_of(std::string_view first, std::size_t second) const {
    const std::string word = first_word(second);
    return word.empty() ? std::string(first) : std::string(first) + ' ' + word;
  }

  const statement_tokens& tokens_;
  deeds found_ = {};
  std::size_t at_ = 0;
};

// A body of code has semicolons of its own.
bool reader::brings_body() const {
  if (!tokens_.is_any(at_, {"create", "alter"})) return false;
  for (std::size_t place = at_ + 1; place < at_ + 12 && !tokens_.ended(place); ++place)
    if (tokens_.is_any(place, {"procedure", "function", "trigger", "event", "package"}))
      return true;
  return false;
}

void reader::count_statements() {
  if (tokens_.is(at_, token_kind::end)) return;
  found_.statements = 1;
  if (brings_body()) return;
  for (std::size_t place = at_; !tokens_.is(place, token_kind::end); ++place)
    found_.statements += tokens_.is(place, token_kind::semicolon) &&
                         !tokens_.is(place + 1, token_kind::semicolon) &&
                         !tokens_.is(place + 1, token_kind::end);
}

void reader::read_statement() {
  if (tokens_.is(at_, token_kind::open) || tokens_.is_any(at_, {"select", "with", "values"}) ||
      tokens_.is_any(at_, {"insert", "replace", "update", "delete"}) ||
      (tokens_.is(at_, "table") && tokens_.is_name(at_ + 1)))
    return scan(at_);
  if (tokens_.is_any(at_, {"explain", "describe", "desc"})) return read_explain();
  // MariaDB's ANALYZE of a statement runs it; that of a table is another.
  if (tokens_.is(at_, "analyze")) {
    if (tokens_.is_any(at_ + 1, {"table", "tables", "local", "no_write_to_binlog"}))
      return read_definition();
    return read_explain();
  }
  if (tokens_.is(at_, "show")) return read_show();
  if (tokens_.is(at_, "set")) return read_set();
  if (tokens_.is_any(at_, {"lock", "unlock"})) return read_lock();
  if (tokens_.is(at_, "help")) return;
  if (tokens_.is(at_, "load")) {
    if (!tokens_.is_any(at_ + 1, {"data", "xml"})) return count(deed::defines, "LOAD INDEX");
    count(deed::writes, command_of("LOAD", at_ + 1));
    for (std::size_t place = at_; !tokens_.ended(place); ++place)
      if (tokens_.is(place, "into") && tokens_.is(place + 1, "table")) return take_names(place + 2);
    return;
  }
  if (!read_block()) read_simple();
}

void reader::read_simple() {
  const auto* const found = std::ranges::find_if(
      command_words, [&](const auto& each) { return tokens_.is(at_, each.first); });
  if (found == std::end(command_words)) return count(deed::unknown, "");
  if (found->kind == deed::defines) return read_definition();
  count(found->kind, first_word(at_));
  if (found->first == "truncate") {
    take_names(at_ + (tokens_.is(at_ + 1, "table") ? 2 : 1));
  } else if (found->first == "handler") {
    take_names(at_ + 1);
  } else if (found->first == "do" || found->first == "call") {
    // Of what is called the name is a function's, and what it is given may call more.
    scan(at_ + 1, true);
    std::size_t behind = at_ + 1;
    tokens_.take_name(behind);
    found_.calls = found->first == "call" && tokens_.is(behind, token_kind::open);
  }
}

// What it explains, whether that is run or not. Of a table: what its columns are.
void reader::read_explain() {
  const bool runs = tokens_.is(at_, "analyze");
  ++at_;
  while (tokens_.is_any(at_, {"analyze", "extended", "partitions", "format"})) {
    const bool format = tokens_.is(at_, "format");
    ++at_;
    if (!format) continue;
    if (tokens_.is_sign(at_, "=")) ++at_;
    ++at_;
  }
  if (tokens_.is_any(at_, {"for", "into"})) return count(deed::session, "EXPLAIN");
  if (tokens_.is(at_, token_kind::open) ||
      tokens_.is_any(at_, {"select", "with", "values", "insert", "replace", "update", "delete"}) ||
      (tokens_.is(at_, "table") && tokens_.is_name(at_ + 1)))
    return scan(at_);
  std::string name = tokens_.take_name(at_);
  if (runs || name.empty()) return count(deed::unknown, "");
  found_.relations.push_back(std::move(name));
}

void reader::read_show() {
  ++at_;
  while (tokens_.is_any(at_, {"full", "extended"})) ++at_;
  const bool shared =
      std::ranges::any_of(shared_things, [&](auto each) { return tokens_.is(at_, each); }) ||
      (tokens_.is(at_, "character") && tokens_.is(at_ + 1, "set")) ||
      (tokens_.is_any(at_, {"table", "procedure", "function"}) && tokens_.is(at_ + 1, "status"));
  if (!shared) return count(deed::session, command_of("SHOW", at_));
  if (tokens_.is(at_, "create") && tokens_.is_any(at_ + 1, {"table", "view", "sequence"}))
    return take_names(at_ + 2);
  if (tokens_.is_any(at_, {"columns", "fields", "index", "indexes", "keys"})) {
    while (!tokens_.ended(at_) && !tokens_.is_any(at_, {"from", "in"})) ++at_;
    std::size_t place = at_ + 1;
    std::string name = tokens_.take_name(place);
    if (name.empty()) return count(deed::unknown, "");
    if (std::size_t in = place + 1; tokens_.is_any(place, {"from", "in"}))
      name = tokens_.take_name(in) + '.' + name;
    found_.relations.push_back(std::move(name));
    at_ = place;
  }
  // SHOW ... WHERE may hold a query.
  for (; !tokens_.ended(at_); ++at_)
    if (tokens_.is(at_, "where")) return scan(at_);
}

void reader::read_set() {
  if (tokens_.is(at_ + 1, "password") ||
      (tokens_.is(at_ + 1, "default") && tokens_.is(at_ + 2, "role")))
    return count(deed::defines, command_of("SET", at_ + 1));
  // MariaDB: settings for the one statement that follows.
  if (tokens_.is(at_ + 1, "statement")) return count(deed::unknown, "");
  count(deed::session, tokens_.is(at_ + 1, "transaction") ? "SET TRANSACTION" : "SET");
  for (std::size_t place = at_; !tokens_.ended(place); ++place)
    if (tokens_.is(place, token_kind::user_variable) &&
        (tokens_.is_sign(place + 1, "=") || tokens_.is_sign(place + 1, ":=")) &&
        (tokens_.is(place - 1, token_kind::comma) || tokens_.is(place - 1, "set")))
      found_.assigned.push_back(variable_name(tokens_.at(place)));
  scan(at_ + 1, true);
}

// Names with commas or TO between, each with words behind it that are none.
void reader::take_names(std::size_t place) {
  while (tokens_.is_any(place, {"if", "not", "exists"})) ++place;
  for (;; ++place) {
    std::string name = tokens_.take_name(place);
    if (name.empty()) return;
    found_.relations.push_back(std::move(name));
    while (!tokens_.ended(place) && tokens_.is_name(place) && !tokens_.is(place, "to")) ++place;
    if (!tokens_.is(place, token_kind::comma) && !tokens_.is(place, "to")) return;
  }
}

// One name, and the one that it is to have.
void reader::take_altered(std::size_t place) {
  if (auto name = tokens_.take_name(place); !name.empty())
    found_.relations.push_back(std::move(name));
  for (; !tokens_.ended(place); ++place) {
    if (!tokens_.is(place, "rename") || tokens_.is_any(place + 1, {"column", "index", "key"}))
      continue;
    ++place;
    if (tokens_.is_any(place, {"to", "as"})) ++place;
    if (auto name = tokens_.take_name(place); !name.empty())
      found_.relations.push_back(std::move(name));
  }
}

void reader::read_definition() {
  std::string command = first_word(at_);
  std::size_t place = at_ + 1;
  // What stands between the verb and its thing: OR REPLACE, DEFINER = ..., TEMPORARY, UNIQUE.
  static constexpr std::string_view things[] = {
      "table",   "tables",  "view",   "index",    "database",  "schema", "procedure",  "function",
      "event",   "trigger", "user",   "sequence", "role",      "server", "tablespace", "package",
      "replica", "slave",   "master", "plugin",   "component", "logs",   "instance",   "prepare"};
  const auto is_thing = [&](std::size_t at) {
    return std::ranges::any_of(things, [&](auto each) { return tokens_.is(at, each); });
  };
  while (!tokens_.ended(place) && !is_thing(place) && place < at_ + 16) ++place;
  if (!is_thing(place) || tokens_.is(at_, "purge")) return count(deed::defines, std::move(command));
  if (tokens_.is(at_, "drop") && tokens_.is(place, "prepare"))
    return count(deed::session, "DROP PREPARE");
  count(deed::defines, command + ' ' + first_word(place));
  if (tokens_.is_any(at_, {"grant", "revoke", "flush", "purge", "reset", "change"})) return;
  if (tokens_.is(at_, "alter") && tokens_.is(place, "table")) {
    take_altered(place + 1);
  } else if (tokens_.is_any(place, {"table", "tables", "view", "sequence"})) {
    take_names(place + 1);
  } else if (tokens_.is_any(place, {"index", "trigger"})) {
    for (std::size_t on = place; !tokens_.ended(on); ++on)
      if (tokens_.is(on, "on")) {
        std::size_t name = on + 1;
        if (auto of = tokens_.take_name(name); !of.empty())
          found_.relations.push_back(std::move(of));
        break;
      }
  }
  if (brings_body()) return;
  for (; !tokens_.ended(place); ++place) {
    if (tokens_.is_any(place, {"references", "like"})) {
      std::size_t name = place + 1;
      if (auto of = tokens_.take_name(name); !of.empty()) found_.relations.push_back(std::move(of));
    }
    if (tokens_.is_any(place, {"select", "with"})) return scan(place, true);
  }
}

void reader::read_lock() {
  if (tokens_.is_any(at_ + 1, {"tables", "table"})) {
    count(deed::locks, first_word(at_) + " TABLES");
    for (std::size_t place = at_ + 2; !tokens_.ended(place); ++place) {
      if (auto name = tokens_.take_name(place); !name.empty())
        found_.relations.push_back(std::move(name));
      while (!tokens_.ended(place) && !tokens_.is(place, token_kind::comma)) ++place;
    }
    return;
  }
  const bool instance = tokens_.is(at_ + 1, "instance");
  count(instance ? deed::locks : deed::unknown, instance ? first_word(at_) + " INSTANCE" : "");
}

// False: it has nothing to do with transactions.
bool reader::read_block() {
  if (tokens_.is(at_, "begin")) {
    // MariaDB: a block of code.
    if (tokens_.is(at_ + 1, "not")) return count(deed::unknown, ""), true;
    found_.begins = true;
    return count(deed::block, "BEGIN"), true;
  }
  if (tokens_.is(at_, "start")) return read_start(), true;
  if (tokens_.is_any(at_, {"commit", "rollback"})) {
    const std::size_t behind = at_ + (tokens_.is(at_ + 1, "work") ? 2 : 1);
    const bool to_savepoint = tokens_.is(behind, "to");
    found_.ends = !to_savepoint;
    found_.commits = tokens_.is(at_, "commit");
    return count(deed::block, first_word(at_) + (to_savepoint ? " TO" : "")), true;
  }
  if (tokens_.is_any(at_, {"savepoint", "release"}))
    return count(deed::block, first_word(at_)), true;
  if (tokens_.is(at_, "xa")) {
    found_.commits = tokens_.is(at_ + 1, "commit");
    return count(deed::block, command_of("XA", at_ + 1)), true;
  }
  return false;
}

void reader::read_start() {
  if (!tokens_.is(at_ + 1, "transaction"))
    return count(deed::defines, command_of("START", at_ + 1));
  found_.begins = true;
  count(deed::block, "START TRANSACTION");
  for (std::size_t place = at_ + 2; !tokens_.ended(place); ++place) {
    if (tokens_.is(place, "read") && tokens_.is(place + 1, "only")) found_.read_only = true;
    if (tokens_.is(place, "read") && tokens_.is(place + 1, "write")) {
      found_.read_only = false;
      return;
    }
  }
}

}  // namespace

deeds deeds_of(std::string_view statement, const reading_rules& rules) {
  deeds found;
  // Nobody here reads what only ORACLE's mode has.
  if (rules.mode.other_grammar) {
    found.kind = deed::unknown;
    found.statements = 1;
    return found;
  }
  return deeds_of(statement_tokens(statement, rules));
}

deeds deeds_of(const statement_tokens& statement) {
  return reader(statement).read();
}

}  // namespace skein::mysql
