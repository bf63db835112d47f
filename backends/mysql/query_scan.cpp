#include "backends/mysql/query_scan.hpp"

#include <algorithm>
#include <utility>

namespace skein::mysql {

namespace {

// Words in front of a parenthesis that call nothing. Types are among the functions built in.
constexpr std::string_view no_functions[] = {
    "all",          "and",     "any",       "as",
    "between",      "by",      "case",      "columns",
    "div",          "else",    "except",    "exists",
    "from",         "having",  "in",        "index",
    "intersect",    "is",      "join",      "key",
    "like",         "limit",   "minus",     "nested",
    "not",          "of",      "offset",    "on",
    "or",           "over",    "partition", "regexp",
    "returning",    "rlike",   "rollup",    "select",
    "set",          "some",    "sounds",    "table",
    "then",         "union",   "using",     "value",
    "when",         "where",   "with",      "xor",
    "distinct",     "against", "rows",      "range",
    "return",       "member",  "escape",    "collate",
    "binary",       "lateral", "update",    "distinctrow",
    "group",        "elseif",  "while",     "straight_join",
    "high_priority"};

// Words that end a FROM.
constexpr std::string_view behind_from[] = {"where",  "group",     "having", "order",  "limit",
                                            "union",  "except",    "minus",  "offset", "fetch",
                                            "values", "intersect", "set",    "value",  "returning"};

// Words that begin what is no query. As names they have to be quoted.
constexpr std::string_view commands[] = {"insert", "update", "delete", "create",    "drop",
                                         "alter",  "grant",  "revoke", "call",      "load",
                                         "rename", "kill",   "purge",  "procedure", "replace"};

bool is_one_of(const token& one, const auto& words) {
  return std::ranges::any_of(words, [&](std::string_view each) { return is_word(one, each); });
}

}  // namespace

void query_scan::count(deed kind, std::string_view command) {
  if (kind <= into_.kind) return;
  into_.kind = kind;
  into_.command = command;
}

void query_scan::run(std::size_t begin, bool writes) {
  begin_ = at_ = begin;
  writes_ = writes;
  levels_.assign(1, {});
  if (is_change(at_)) take_change();
  while (!tokens_.ended(at_)) step();
  if (levels_.size() != 1 || top().now == part::tables) unsure();
}

bool query_scan::is_behind_dot() const {
  return at_ > begin_ && tokens_.is(at_ - 1, token_kind::dot);
}

bool query_scan::begins_query(std::size_t place) const {
  return tokens_.is_any(place, {"select", "with", "values"}) ||
         (tokens_.is(place, "table") && tokens_.is_name(place + 1));
}

void query_scan::step() {
  const auto kind = tokens_.at(at_).kind;
  if (kind == token_kind::open) return open();
  if (kind == token_kind::close) return close();
  if (top().now == part::tables) return step_table();
  if (kind == token_kind::user_variable || kind == token_kind::system_variable)
    return step_variable();
  if (kind == token_kind::word && !is_behind_dot()) return step_word();
  if (kind == token_kind::quoted_word || kind == token_kind::word) return take_call();
  if (kind == token_kind::comma && (top().now == part::aliases || top().now == part::joined))
    top().now = part::tables;
  ++at_;
}

void query_scan::open() {
  ++at_;
  level inner{.names = common_names_.size()};
  // In parentheses a list of tables goes on as one, also of those that a query makes.
  if (top().now == part::tables) {
    top().now = part::aliases;
    inner.now = part::tables;
    if (begins_query(at_)) inner.now = part::expression;
  }
  levels_.push_back(std::move(inner));
}

void query_scan::close() {
  ++at_;
  if (levels_.size() == 1 || top().now == part::tables) return unsure();
  common_names_.resize(top().names);
  const bool common = top().common;
  levels_.pop_back();
  if (!common) return;
  if (!top().pending.empty()) common_names_.push_back(std::exchange(top().pending, {}));
  if (tokens_.is(at_, token_kind::comma)) {
    ++at_;
    take_common_name();
  } else if (levels_.size() == 1 && is_change(at_)) {
    take_change();
  }
}

bool query_scan::is_change(std::size_t place) const {
  return tokens_.is_any(place, {"insert", "replace", "update", "delete"});
}

// Up to where its tables are to come.
void query_scan::take_change() {
  const bool deletes = tokens_.is(at_, "delete");
  count(deed::writes, in_capitals(tokens_.at(at_).text));
  writes_ = true;
  ++at_;
  while (tokens_.is_any(at_, {"low_priority", "high_priority", "delayed", "quick", "ignore"}))
    ++at_;
  top().now = part::tables;
  if (!deletes) {
    if (tokens_.is(at_, "into")) ++at_;
    return;
  }
  // In front of FROM stand names that tables have further on.
  while (!tokens_.ended(at_) && !tokens_.is(at_, "from")) ++at_;
  ++at_;
  // Or they stand behind it, and the tables behind USING.
  for (std::size_t place = at_; !tokens_.take_name(place).empty(); ++place) {
    if (tokens_.is(place, token_kind::dot)) place += 2;
    if (tokens_.is(place, "using")) at_ = place + 1;
    if (!tokens_.is(place, token_kind::comma)) return;
  }
}

// Where a table is to come: its name, a query, a list in parentheses.
void query_scan::step_table() {
  // {OJ t LEFT JOIN u ON ...}: the brace that closes it is passed over like any sign.
  if (tokens_.is_sign(at_, "{") && tokens_.is(at_ + 1, "oj")) {
    at_ += 2;
    return;
  }
  if (tokens_.is(at_, "lateral")) {
    ++at_;
    return;
  }
  if (begins_query(at_)) {
    top().now = part::expression;
    return;
  }
  const bool quoted = tokens_.is(at_, token_kind::quoted_word);
  const std::size_t begin = at_;
  std::string name = tokens_.take_name(at_);
  if (name.empty() || (!quoted && is_one_of(tokens_.at(begin), no_functions))) {
    at_ = std::max(at_, begin + 1);
    return unsure();
  }
  top().now = part::aliases;
  if (tokens_.is(at_, token_kind::open)) {
    // The only function that makes a table. Of INSERT's and CREATE's tables the columns follow.
    if (!quoted && in_lower_case(name) == "json_table") return;
    if (top().query) unsure();
  }
  // DELETE t.* FROM t
  if (tokens_.is(at_, token_kind::dot)) ++at_;
  if (quoted || in_lower_case(name) != "dual") note_relation(std::move(name));
}

void query_scan::note_relation(std::string name) {
  if (std::ranges::find(common_names_, name) == common_names_.end())
    into_.relations.push_back(std::move(name));
}

void query_scan::step_word() {
  const token& now = tokens_.at(at_);
  if (tokens_.is(at_ + 1, token_kind::dot)) return take_call();
  if (step_query_word() || step_session_word()) return;
  const bool in_tables = top().now == part::aliases || top().now == part::joined;
  if (in_tables && (is_word(now, "join") || is_word(now, "straight_join"))) {
    top().now = part::tables;
    ++at_;
  } else if (in_tables && is_word(now, "on")) {
    // ON DUPLICATE KEY UPDATE of an INSERT whose query has tables.
    top().now = tokens_.is(at_ + 1, "duplicate") ? part::expression : part::joined;
    ++at_;
  } else if (in_tables && is_one_of(now, behind_from)) {
    top().now = part::expression;
    ++at_;
  } else if (!writes_ && is_one_of(now, commands) && !tokens_.is(at_ + 1, token_kind::open)) {
    unsure();
    ++at_;
  } else {
    take_call();
  }
}

// True: the word is one of a query's own, and is passed.
bool query_scan::step_query_word() {
  if (tokens_.is(at_, "select")) {
    top().query = true;
    top().now = part::expression;
  } else if (tokens_.is(at_, "from") && top().query) {
    top().now = part::tables;
  } else if (tokens_.is(at_, "table") && begins_query(at_)) {
    top().query = true;
    top().now = part::tables;
  } else if (tokens_.is(at_, "with")) {
    take_with();
    return true;
  } else if (tokens_.is(at_, "into")) {
    take_into();
    return true;
  } else if (tokens_.is(at_, "for") || tokens_.is(at_, "lock")) {
    take_lock();
    return true;
  } else {
    return false;
  }
  ++at_;
  return true;
}

// True: what stands here belongs to the session, or has its own way to be called.
bool query_scan::step_session_word() {
  if (tokens_.is(at_, "sql_calc_found_rows")) {
    count(deed::session, "SQL_CALC_FOUND_ROWS");
  } else if (tokens_.is_any(at_, {"next", "previous"}) && tokens_.is(at_ + 1, "value") &&
             tokens_.is(at_ + 2, "for")) {
    into_.functions.push_back({.name = tokens_.is(at_, "next") ? "nextval" : "lastval"});
    at_ += 2;
    std::size_t behind = at_ + 1;
    if (auto name = tokens_.take_name(behind); !name.empty()) {
      into_.relations.push_back(std::move(name));
      at_ = behind - 1;
    }
  } else if (tokens_.is(at_, "current_role") && !tokens_.is(at_ + 1, token_kind::open)) {
    into_.functions.push_back({.name = "current_role"});
  } else {
    return false;
  }
  ++at_;
  return true;
}

// WITH a AS (...), or the WITH of something else.
void query_scan::take_with() {
  std::size_t place = at_ + 1;
  const bool recursive = tokens_.is(place, "recursive");
  if (recursive) ++place;
  const bool common = tokens_.is_name(place) &&
                      (tokens_.is(place + 1, "as") || tokens_.is(place + 1, token_kind::open));
  if (!common) {
    ++at_;
    return;
  }
  recursive_ = recursive;
  at_ = place;
  top().now = part::expression;
  take_common_name();
}

// Of a WITH that is not recursive a name is in force behind its own query.
void query_scan::take_common_name() {
  if (!tokens_.is_name(at_)) return unsure();
  std::string name = name_of(tokens_.at(at_++));
  if (tokens_.is(at_, token_kind::open)) {
    while (!tokens_.ended(at_) && !tokens_.is(at_, token_kind::close)) ++at_;
    ++at_;
  }
  if (!tokens_.is(at_, "as") || !tokens_.is(at_ + 1, token_kind::open)) return unsure();
  at_ += 1;
  open();
  level& outside = levels_[levels_.size() - 2];
  top().common = true;
  if (recursive_) {
    common_names_.push_back(std::move(name));
    top().names = common_names_.size();
  } else {
    outside.pending = std::move(name);
  }
}

void query_scan::take_into() {
  ++at_;
  if (tokens_.is_any(at_, {"outfile", "dumpfile"})) {
    count(deed::writes, "SELECT INTO " + in_capitals(tokens_.at(at_).text));
    ++at_;
  } else if (!writes_) {
    count(deed::session, "SELECT INTO");
    for (; tokens_.is(at_, token_kind::user_variable); ++at_) {
      into_.assigned.push_back(variable_name(tokens_.at(at_)));
      if (tokens_.is(at_ + 1, token_kind::comma)) ++at_;
    }
  }
  if (top().now != part::tables) top().now = part::expression;
}

void query_scan::take_lock() {
  if (tokens_.is(at_, "for") && tokens_.is(at_ + 1, "update")) {
    count(deed::locks, "FOR UPDATE");
    at_ += 2;
  } else if (tokens_.is(at_, "for") && tokens_.is(at_ + 1, "share")) {
    count(deed::locks, "FOR SHARE");
    at_ += 2;
  } else if (tokens_.is(at_, "lock") && tokens_.is(at_ + 1, "in")) {
    count(deed::locks, "LOCK IN SHARE MODE");
    at_ += 2;
  } else {
    // USE INDEX FOR JOIN, and the time of a table that keeps its history.
    const bool of_index = tokens_.is_any(at_ + 1, {"join", "order", "group", "system_time"});
    if (tokens_.is(at_ + 1, "system_time")) top().now = part::joined;
    at_ += of_index ? 2 : 1;
    if (of_index && tokens_.is_any(at_, {"from", "by"})) ++at_;
    return;
  }
  top().now = part::expression;
}

void query_scan::step_variable() {
  const token& now = tokens_.at(at_);
  std::string name = variable_name(now);
  if (now.kind == token_kind::user_variable) {
    const bool assigned = tokens_.is_sign(at_ + 1, ":=");
    count(deed::session, assigned ? ":=" : "@" + name);
    (assigned ? into_.assigned : into_.asked).push_back(std::move(name));
  } else {
    const bool scoped = tokens_.is(at_ + 1, token_kind::dot) && tokens_.is_name(at_ + 2);
    if (scoped) {
      at_ += 2;
      name = in_lower_case(name_of(tokens_.at(at_)));
    }
    count(deed::session, "@@" + name);
    into_.settings.push_back(std::move(name));
  }
  ++at_;
}

// A word, and what it calls if a parenthesis follows. Behind a query in FROM stands the name that
// it is given, with those of its columns in parentheses; behind AS stands a name or a type anyway.
void query_scan::take_call() {
  const token& now = tokens_.at(at_++);
  if (!tokens_.is(at_, token_kind::open)) return;
  if (at_ > 1 && tokens_.is(at_ - 2, "as")) return;
  if (top().now == part::aliases && at_ > 3 && tokens_.is(at_ - 2, token_kind::close)) return;
  const bool owned = at_ > 2 && tokens_.is(at_ - 2, token_kind::dot);
  const bool plain = now.kind == token_kind::word && !owned;
  if (plain && is_one_of(now, no_functions)) return;
  into_.functions.push_back({in_lower_case(name_of(now)), plain, tokens_.is_apart(at_ - 1),
                             owned ? name_of(tokens_.at(at_ - 3)) : std::string()});
}

}  // namespace skein::mysql
