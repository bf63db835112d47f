#include "backends/mysql/leavings.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "backends/mysql/builtin_functions.hpp"
#include "backends/mysql/name_meanings.hpp"
#include "backends/mysql/query_scan.hpp"
#include "backends/mysql/set_targets.hpp"
#include "backends/mysql/statement_tokens.hpp"

namespace skein::mysql {

namespace {

// The servers compare these names as their collation does: of others than these it is not known
// which are one.
bool has_plain_name(std::string_view variable) {
  return !variable.empty() &&
         std::ranges::all_of(variable, [](char c) { return c >= ' ' && c <= '~'; });
}

class reader {
 public:
  reader(std::string_view statement, const reading_rules& rules, const catalog* known,
         std::string_view database)
      : tokens_(statement, rules),
        done_(deeds_of(tokens_)),
        of_(rules.of),
        known_(known),
        database_(database) {
    while (tokens_.is(at_, token_kind::semicolon)) ++at_;
  }

  bool has_several() const { return !tokens_.broken() && done_.statements > 1; }
  leavings read() {
    if (tokens_.broken() || done_.statements > 1 || done_.kind == deed::unknown)
      return leavings_of_unseen();
    read_command();
    if (opaque_) return leavings_of_unseen();
    if (!brings_body_) {
      for (const auto& each : done_.functions) take_function(each);
      for (const auto& each : done_.relations) take_relation(each);
      sweep();
    }
    if (left_.unseen) left_.asks_insert_id = left_.hides_insert_id = left_.draws_sequences = true;
    return std::move(left_);
  }

 private:
  void read_command();
  void read_definition();
  void read_show();
  void read_set();
  void take(const set_target& one);
  void read_locking();
  void read_block();
  void scan(std::size_t begin);
  void scan_behind(std::string_view word);
  void take_function(const function_use& called);
  void take_relation(const std::string& written);
  void take_call();
  void sweep();
  void take_variable(std::size_t place, bool in_into);
  void take_setting(std::size_t place);
  void take_insert_id(std::size_t behind);
  void begin(hold one) { left_.begins |= bit_of(one); }
  void end(hold one) { left_.ends |= bit_of(one); }
  bool has(std::string_view word) const {
    for (std::size_t place = at_; !tokens_.ended(place); ++place)
      if (tokens_.is(place, word)) return true;
    return false;
  }
  bool is_pair(std::string_view first, std::string_view second) const {
    return tokens_.is(at_, first) && tokens_.is(at_ + 1, second);
  }
  // What has a query's parts was scanned by `deeds`.
  bool inserts() const { return tokens_.is_any(at_, {"insert", "replace"}); }

  statement_tokens tokens_;
  deeds done_;
  flavour of_;
  const catalog* known_;
  std::string_view database_;
  leavings left_ = {};
  std::size_t at_ = 0;
  bool opaque_ = false;
  bool brings_body_ = false;
  const function_use* procedure_ = nullptr;  // of `done_`, that is called as such
  bool sets_variables_ = false;              // every one that it names: CALL, LOAD, GET DIAGNOSTICS
};

void reader::read_command() {
  if (tokens_.is_any(at_, {"execute", "binlog"})) {
    opaque_ = true;
  } else if (tokens_.is_any(at_, {"create", "alter", "drop", "rename", "install", "uninstall",
                                  "import", "grant", "revoke"})) {
    read_definition();
  } else if (tokens_.is(at_, "show")) {
    read_show();
  } else if (tokens_.is(at_, "set")) {
    read_set();
  } else if (tokens_.is(at_, "use")) {
    left_.sets = true;
  } else if (tokens_.is_any(at_, {"lock", "unlock", "flush"})) {
    read_locking();
  } else if (tokens_.is(at_, "call")) {
    take_call();
  } else if (tokens_.is(at_, "load")) {
    sets_variables_ = true;
    left_.draws_sequences = of_ == flavour::mariadb;
    scan_behind("set");
  } else if (tokens_.is(at_, "get")) {
    left_.asks_warnings = sets_variables_ = true;
  } else if (tokens_.is(at_, "handler")) {
    if (has("open")) begin(hold::handler);
    scan_behind("where");
  } else if (tokens_.is(at_, "prepare")) {
    begin(hold::prepared);
    scan(at_ + 1);
  } else if (tokens_.is_any(at_, {"kill", "signal", "resignal", "purge"}) ||
             done_.command == "EXPLAIN") {
    scan(at_ + 1);
  } else if (inserts()) {
    left_.hides_insert_id = has("returning");
    left_.draws_sequences = of_ == flavour::mariadb;
  } else {
    read_block();
  }
}

// What a body of code does, it does when it is run. One without BEGIN ends at a semicolon, and
// another statement may follow: that would have to be told from code within.
void reader::read_definition() {
  bool temporary = false;
  for (std::size_t place = at_; place < at_ + 12 && !tokens_.ended(place); ++place) {
    if (tokens_.is_any(place, {"table", "sequence"})) break;
    temporary |= tokens_.is(place, "temporary");
    if (tokens_.is(at_, "create") || tokens_.is(at_, "alter"))
      brings_body_ |=
          tokens_.is_any(place, {"procedure", "function", "trigger", "event", "package"});
  }
  if (temporary && tokens_.is(at_, "create")) begin(hold::temporary_table);
  if (tokens_.is_any(at_, {"drop"}) && tokens_.is(at_ + 1, "prepare")) return;
  left_.defines = !temporary;
  if (!brings_body_) return;
  std::size_t last = at_;
  bool several = false;
  bool block = false;
  for (std::size_t place = at_; !tokens_.is(place, token_kind::end); ++place) {
    block |= tokens_.is(place, "begin");
    if (tokens_.is(place, token_kind::semicolon)) continue;
    several |= place > last + 1;
    last = place;
  }
  const bool ends = tokens_.is(last, "end") || tokens_.is(last - 1, "end");
  opaque_ = several && !(block && ends);
}

void reader::read_show() {
  const bool counted = tokens_.is(at_ + 1, "count");
  left_.asks_warnings = counted || tokens_.is_any(at_ + 1, {"warnings", "errors"});
  left_.shows_warnings = is_pair("show", "warnings") && tokens_.ended(at_ + 2);
  if (!counted) scan_behind("where");
}

void reader::read_set() {
  if (is_pair("set", "password") || is_pair("set", "default")) return;
  if (is_pair("set", "role") || is_pair("set", "resource")) {
    left_.sets = true;
    return begin(hold::setting);
  }
  const std::size_t scope = tokens_.is_any(at_ + 1, {"global", "session", "local"}) ? 1 : 0;
  if (tokens_.is(at_ + 1 + scope, "transaction")) {
    left_.sets = true;
    if (scope == 0) begin(hold::next_transaction);
    return;
  }
  const auto targets = set_targets_of(tokens_, at_ + 1);
  opaque_ = !targets;
  if (targets)
    for (const auto& each : *targets) take(each);
}

void reader::take(const set_target& one) {
  if (one.kind == set_kind::user_variable) return;
  left_.sets = true;
  if (one.kind == set_kind::names) left_.sets_collation = true;
  if (one.kind != set_kind::setting) return;
  if (is_of_collation(one.name)) left_.sets_collation = true;
  if (is_bound_to_server(one.name)) begin(hold::setting);
  if (one.name == "sql_log_bin" && !one.turns_on && !one.resets) left_.unlogged = true;
  if (one.unscoped && is_of_transaction(one.name)) begin(hold::next_transaction);
  // Where its default is another, the server says so after it.
  if (one.name == "autocommit" && !one.turns_on && !one.resets) left_.begins_block = true;
  // With it, IS NULL may ask for the insert id.
  if (one.name == "sql_auto_is_null" && !one.turns_off && !one.resets) begin(hold::setting);
}

void reader::read_locking() {
  const bool tables = tokens_.is_any(at_ + 1, {"table", "tables"});
  if (tokens_.is(at_, "unlock")) {
    if (tables) end(hold::table_lock);
  } else if (tokens_.is(at_, "lock")) {
    // That of an instance is another than those of tables, and not given back with them.
    begin(tables ? hold::table_lock : hold::setting);
  } else if (has("lock") || has("export")) {
    begin(hold::table_lock);
  }
}

void reader::read_block() {
  if (tokens_.is(at_, "xa")) {
    if (tokens_.is_any(at_ + 1, {"start", "begin"})) {
      left_.begins_block = true;
      begin(hold::xa);
    }
    if (tokens_.is_any(at_ + 1, {"commit", "rollback"})) end(hold::xa);
  } else if (tokens_.is_any(at_, {"commit", "rollback"})) {
    for (std::size_t place = at_; !tokens_.ended(place); ++place)
      if (tokens_.is(place, "and") && tokens_.is(place + 1, "chain")) left_.begins_block = true;
  } else {
    left_.begins_block = done_.begins;
  }
}

// What `deeds` has not looked into.
void reader::scan(std::size_t begin) {
  deeds more;
  query_scan(tokens_, more).run(begin, true);
  opaque_ |= more.kind == deed::unknown;
  for (const auto& each : more.functions) done_.functions.push_back(each);
}

void reader::scan_behind(std::string_view word) {
  for (std::size_t place = at_; !tokens_.ended(place); ++place)
    if (tokens_.is(place, word) && !tokens_.is(place - 1, "character")) return scan(place + 1);
}

void reader::take_function(const function_use& called) {
  const auto kind = kind_of(called, of_);
  if (kind == function_kind::unknown && &called != procedure_)
    left_.unseen |= meaning_of(called, of_, known_, database_).hides;
  if (kind == function_kind::writes) left_.draws_sequences = true;
  if (kind != function_kind::of_server) return;
  if (called.name == "get_lock") begin(hold::named_lock);
  if (called.name == "lastval") left_.reads_sequences = true;
  if (called.name == "row_count" || called.name == "found_rows") left_.asks_counts = true;
  // With a table behind it, it may be that no row calls it.
  if (called.name == "release_all_locks" && tokens_.is_any(at_, {"select", "do"}) &&
      tokens_.is(at_ + 1, "release_all_locks") && !has("from") && !has("where") && !has("limit") &&
      done_.functions.size() == 1)
    end(hold::named_lock);
}

// A view is what it is made of, and who changes rows runs triggers. Of what is defined here the
// code is not run.
void reader::take_relation(const std::string& written) {
  if (!known_ || done_.kind == deed::session) return;
  if (done_.kind == deed::defines && !has("select") && !has("with")) return;
  if (meaning_of_relation(written, known_, database_).hides && done_.kind != deed::defines)
    left_.unseen = true;
  const auto* const found = known_->relation(written, database_);
  if (!found) return;
  left_.unseen |= found->read.hides || (done_.kind == deed::writes && found->hides_writing);
}

// Whatever it is given may come back from it.
void reader::take_call() {
  sets_variables_ = true;
  std::size_t place = at_ + 1;
  function_use called;
  if (tokens_.is(place + 1, token_kind::dot)) {
    called.schema = name_of(tokens_.at(place));
    place += 2;
  }
  called.name = in_lower_case(name_of(tokens_.at(place)));
  const auto* const found = known_ ? known_->find(routine::procedure, called, database_) : nullptr;
  left_.unseen |= !found || found->hides;
  if (done_.calls && !done_.functions.empty()) procedure_ = &done_.functions.front();
}

// Token by token: what is told by a word's looks, wherever it stands.
void reader::sweep() {
  bool in_into = false;
  const bool calls_insert_id = std::ranges::any_of(
      done_.functions, [](const auto& each) { return each.name == "last_insert_id"; });
  for (std::size_t place = at_; !tokens_.ended(place); ++place) {
    const auto kind = tokens_.at(place).kind;
    if (kind == token_kind::user_variable) take_variable(place, in_into);
    if (kind == token_kind::system_variable) take_setting(place);
    in_into = tokens_.is(place, "into") ||
              (in_into && (kind == token_kind::user_variable || kind == token_kind::comma));
    if (kind != token_kind::word) continue;
    if (tokens_.is(place, "sql_calc_found_rows") && tokens_.is(place - 1, "select"))
      begin(hold::found_rows);
    if (calls_insert_id && tokens_.is(place, "last_insert_id") &&
        tokens_.is(place + 1, token_kind::open))
      take_insert_id(place + 2);
  }
}

void reader::take_variable(std::size_t place, bool in_into) {
  const bool assigned = tokens_.is_sign(place + 1, ":=");
  const bool set = tokens_.is(at_, "set") && tokens_.is_sign(place + 1, "=") &&
                   (tokens_.is(place - 1, token_kind::comma) || place == at_ + 1);
  if (!assigned && !set && !in_into && !sets_variables_) return;
  std::string name = variable_name(tokens_.at(place));
  if (!has_plain_name(name)) {
    left_.unseen = true;
  } else if (std::ranges::find(left_.variables, name) == left_.variables.end()) {
    left_.variables.push_back(std::move(name));
  }
}

void reader::take_setting(std::size_t place) {
  std::string name = variable_name(tokens_.at(place));
  if (tokens_.is(place + 1, token_kind::dot) && tokens_.is_name(place + 2))
    name = in_lower_case(name_of(tokens_.at(place + 2)));
  if (name == "last_insert_id" || name == "identity") left_.asks_insert_id = true;
  if (name == "warning_count" || name == "error_count") left_.asks_warnings = true;
}

// With a value it is set, which the answers to these tell and no other.
void reader::take_insert_id(std::size_t behind) {
  if (tokens_.is(behind, token_kind::close)) {
    left_.asks_insert_id = true;
  } else if (!inserts() && !tokens_.is(at_, "update")) {
    left_.hides_insert_id = true;
  }
}

}  // namespace

namespace {

// What a statement behind another one asks for is that one's, whose server it has.
void join(leavings& all, leavings next) {
  all.begins |= next.begins;
  all.ends = static_cast<std::uint16_t>((all.ends | next.ends) & ~all.begins);
  for (std::string& each : next.variables)
    if (std::ranges::find(all.variables, each) == all.variables.end())
      all.variables.push_back(std::move(each));
  all.unseen |= next.unseen;
  all.opaque |= next.opaque;
  all.asks_insert_id |= next.asks_insert_id;
  all.reads_sequences |= next.reads_sequences;
  all.defines |= next.defines;
  all.sets |= next.sets;
  all.unlogged |= next.unlogged;
  all.sets_collation |= next.sets_collation;
  all.begins_block |= next.begins_block;
  all.hides_insert_id |= next.hides_insert_id;
  all.draws_sequences |= next.draws_sequences;
}

leavings leavings_of_several(std::string_view text, const reading_rules& rules,
                             const catalog* known, std::string_view database) {
  leavings all;
  bool first = true;
  lexer from(text, rules);
  for (std::size_t begin = 0; begin < text.size();) {
    token last;
    do last = from.next();
    while (last.kind != token_kind::semicolon && last.kind != token_kind::end);
    const std::size_t end = last.kind == token_kind::end
                                ? text.size()
                                : static_cast<std::size_t>(last.text.data() - text.data());
    leavings next = leavings_of(text.substr(begin, end - begin), rules, known, database);
    first ? void(all = std::move(next)) : join(all, std::move(next));
    first = false;
    begin = end + 1;
  }
  return all;
}

}  // namespace

leavings leavings_of(std::string_view statement, const reading_rules& rules, const catalog* known,
                     std::string_view database) {
  if (statement.size() > leavings_bytes_max || rules.mode.other_grammar)
    return leavings_of_unseen();
  reader one(statement, rules, known, database);
  if (one.has_several()) return leavings_of_several(statement, rules, known, database);
  return one.read();
}

leavings leavings_of_unseen() {
  leavings left;
  left.unseen = left.opaque = true;
  left.asks_insert_id = left.asks_warnings = left.asks_counts = left.reads_sequences = true;
  left.defines = left.sets = left.sets_collation = left.begins_block = true;
  left.hides_insert_id = left.draws_sequences = true;
  return left;
}

}  // namespace skein::mysql
