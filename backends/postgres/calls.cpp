#include "backends/postgres/calls.hpp"

#include <algorithm>
#include <initializer_list>
#include <span>

#include "backends/postgres/builtin_functions.hpp"
#include "backends/postgres/catalog.hpp"
#include "backends/postgres/set_statements.hpp"

namespace skein::postgres {

namespace {

// clang-format off
// What a word means in front of a parenthesis. A reserved word, or one that the grammar keeps for
// types and its own forms, names no function unless it is quoted or qualified.
constexpr std::string_view never_functions[] = {
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "between",
    "bigint", "bit", "boolean", "both", "case", "cast", "char", "character", "check", "coalesce",
    "collate", "column", "constraint", "create", "current_catalog", "current_date", "current_role",
    "current_time", "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable",
    "desc", "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch",
    "float", "for", "foreign", "from", "grant", "greatest", "group", "grouping", "having", "in",
    "initially", "inout", "int", "integer", "intersect", "interval", "into", "lateral", "leading",
    "least", "limit", "localtime", "localtimestamp", "national", "nchar", "none", "normalize",
    "not", "null", "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "overlay",
    "placing", "position", "precision", "primary", "real", "references", "returning", "row",
    "select", "session_user", "setof", "smallint", "some", "substring", "symmetric", "table",
    "then", "time", "timestamp", "to", "trailing", "treat", "trim", "true", "union", "unique",
    "user", "using", "values", "varchar", "variadic", "when", "where", "window", "with",
    "xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces",
    "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable"};
static_assert(std::ranges::is_sorted(never_functions));

// The same of what only PL/pgSQL has.
constexpr std::string_view never_in_procedures[] = {
    "assert", "begin", "by", "close", "constant", "continue", "cursor", "declare", "default",
    "diagnostics", "elseif", "elsif", "exit", "foreach", "get", "if", "loop", "next", "open",
    "perform", "query", "raise", "return", "reverse", "slice", "while"};
static_assert(std::ranges::is_sorted(never_in_procedures));

// Words behind which an expression may begin.
constexpr std::string_view before_expressions[] = {
    "all", "and", "between", "by", "case", "distinct", "else", "escape", "from", "having", "ilike",
    "in", "is", "like", "limit", "not", "of", "offset", "on", "or", "select", "set", "then", "to",
    "using", "values", "when", "where", "returning"};
// clang-format on

bool is_any(const token& token, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return is_word(token, word); });
}

bool is_any(const token& token, std::initializer_list<std::string_view> words) {
  return is_any(token, std::span(words.begin(), words.size()));
}

bool is_one_of(std::string_view name, std::string_view one, std::string_view other) {
  return name == one || name == other;
}

bool is_name(const token& token) {
  return token.kind == token_kind::word || token.kind == token_kind::quoted_word;
}

// An expression has ended with it, and the next one needs something between.
bool ends_operand(const token& token) {
  switch (token.kind) {
    case token_kind::close:
    case token_kind::quoted_word:
    case token_kind::string:
    case token_kind::number:
    case token_kind::parameter:
      return true;
    case token_kind::other:
      return token.text == "]";
    default:
      return false;
  }
}

// Behind the opening parenthesis: `a, b, c.d)`. The lexer then stands behind it.
bool pass_columns(lexer& behind) {
  for (;;) {
    const token one = behind.next();
    if (one.kind == token_kind::close) return true;
    if (!is_name(one) && one.kind != token_kind::comma && one.kind != token_kind::dot) return false;
  }
}

// `name (columns) AS [[NOT] MATERIALIZED] (SELECT ...`, and not a function in FROM whose columns
// are defined: `name (...) AS (column type, ...)`. UPDATE could be such a column.
bool is_named_query(lexer behind) {
  if (!pass_columns(behind) || !is_word(behind.next(), "as")) return false;
  token next = behind.next();
  if (is_word(next, "not")) next = behind.next();
  const bool materialized = is_word(next, "materialized");
  if (materialized) next = behind.next();
  if (next.kind != token_kind::open) return false;
  const token verb = behind.next();
  const token object = behind.next();
  return materialized || verb.kind == token_kind::open ||
         is_any(verb, {"select", "with", "table"}) ||
         (is_word(verb, "values") && object.kind == token_kind::open) ||
         (is_any(verb, {"insert", "merge"}) && is_word(object, "into")) ||
         (is_word(verb, "delete") && is_word(object, "from"));
}

// `(columns) word`: what stands behind them tells what they are.
bool are_columns_before(lexer behind, std::initializer_list<std::string_view> words) {
  return pass_columns(behind) && is_any(behind.next(), words);
}

class call_reader {
 public:
  call_reader(statement_cursor& at, effects& found) : at_(at), found_(found) {}
  void read(std::size_t depth);

 private:
  void take_name(const token& name);
  void take_open();
  void end_name();
  bool is_call() const;
  bool is_call_by_key_word() const;
  bool is_operator_syntax() const;
  void judge();

  statement_cursor& at_;
  effects& found_;
  token last_ = {};        // in front of the token in hand
  token before_ = {};      // in front of the name that `last_` ends
  token first_ = {};       // of that name's parts
  std::size_t parts_ = 0;  // how many it has; 0: `last_` ends no name
  bool joined_ = false;    // a JOIN was seen
  bool updates_ = false;   // an UPDATE
  bool into_ = false;      // an INTO that is not an INSERT's
  bool grouping_ = false;  // the last BY was GROUP BY
  // Depths at which a parenthesis closes that an expression may follow.
  std::uint64_t open_ended_ = 0;
  std::size_t peeked_to_ = 0;  // up to where a set_config has looked for its own end
};

// As long as the parentheses stay at least so deep.
void call_reader::read(std::size_t depth) {
  for (; !at_.ended(); at_.advance()) {
    const token& now = at_.now();
    switch (now.kind) {
      case token_kind::word:
      case token_kind::quoted_word:
        take_name(now);
        break;
      case token_kind::open:
        take_open();
        break;
      case token_kind::dot:
        // Behind a parenthesis or the like: no name that we can know.
        if (parts_ == 0) {
          before_ = last_;
          first_ = {};
          parts_ = 1;
        }
        last_ = now;
        break;
      case token_kind::close: {
        end_name();
        if (at_.depth() == depth) return;
        const std::uint64_t mark = at_.depth() < 64 ? std::uint64_t{1} << at_.depth() : 0;
        last_ = now;
        if ((open_ended_ & mark) != 0 || mark == 0) last_.kind = token_kind::comma;
        open_ended_ &= ~mark;
        break;
      }
      default:
        end_name();
        last_ = now;
    }
  }
  end_name();
}

void call_reader::take_name(const token& name) {
  if (is_word(name, "update")) updates_ = true;
  // Its rule sets.
  if (updates_ && (is_word(name, "pg_settings") || name.text == "\"pg_settings\""))
    found_.anything = true;
  if (last_.kind == token_kind::dot) {
    ++parts_;
  } else {
    end_name();
    if (is_word(name, "into") && !is_any(last_, {"insert", "merge"})) {
      into_ = true;
      const token what = at_.following();
      if (!at_.in_procedure()) found_.anything = true;  // there it names variables
      if (!is_any(what, {"temp", "temporary", "local", "global"}))
        found_.defines |= !at_.in_procedure();
    }
    if (is_word(name, "by")) grouping_ = is_word(last_, "group");
    if (is_word(name, "join")) joined_ = true;
    before_ = last_;
    first_ = name;
    parts_ = 1;
  }
  last_ = name;
}

// The name was no call by its form. But `value.function` is one where there is no such column.
void call_reader::end_name() {
  if (parts_ > 1 && is_name(last_)) {
    const catalog* const known = at_.known();
    const bool of_value = first_.kind == token_kind::end;  // of parentheses, of an element
    if (known && (of_value || known->has_columns())) {
      const auto name = name_of(last_);
      const name_facts facts = name ? known->at(name->view()) : name_facts{.as_column = true};
      if (facts.as_column || (of_value && facts.calling))
        found_.anything = found_.unseen_code = found_.draws_sequences = true;
    }
    const auto trimmed =
        last_.kind == token_kind::word ? last_.text : last_.text.substr(1, last_.text.size() - 2);
    if (may_be_harmful(trimmed)) {
      const auto name = name_of(last_);
      const auto kind = name ? kind_of_function(name->view()) : function_kind::unknown;
      if (kind != function_kind::unknown && kind != function_kind::harmless) judge();
    }
  }
  parts_ = 0;
}

void call_reader::take_open() {
  const bool operator_syntax = is_operator_syntax();
  const bool distinct_on = parts_ == 1 && is_word(last_, "on") && is_word(before_, "distinct");
  if (at_.depth() + 1 < 64 && (operator_syntax || distinct_on))
    open_ended_ |= std::uint64_t{1} << (at_.depth() + 1);
  if (parts_ > 0 && is_name(last_) && !operator_syntax && is_call()) judge();
  parts_ = 0;
  last_ = at_.now();
}

// OPERATOR(+), or OPERATOR(pg_catalog.+): an operator of the server's own.
bool call_reader::is_operator_syntax() const {
  if (parts_ != 1 || !is_word(last_, "operator")) return false;
  lexer behind = at_.behind();
  token sign = behind.next();
  if (is_word(sign, "pg_catalog") && behind.next().kind == token_kind::dot) sign = behind.next();
  return sign.kind == token_kind::other && behind.next().kind == token_kind::close;
}

bool call_reader::is_call() const {
  // An alias with its columns; in a procedure it may be a variable behind INTO.
  if (ends_operand(before_) && !(at_.in_procedure() && into_)) return false;
  if (before_.kind == token_kind::other && before_.text == "::") return false;  // a type
  if (is_any(before_, {"as", "into", "with", "recursive", "references", "ordinality"}))
    return false;
  if (parts_ == 1 && last_.kind == token_kind::word) {
    const auto word = name_of(last_);
    if (std::ranges::binary_search(never_functions, word->view()) ||
        (at_.in_procedure() && std::ranges::binary_search(never_in_procedures, word->view())))
      return at_.known() && at_.known()->at(word->view()).calling;  // somebody has one all the same
    return is_call_by_key_word();
  }
  return true;
}

// Words that may name a function, but stand in front of a parenthesis in their own right too.
bool call_reader::is_call_by_key_word() const {
  const auto is = [&](std::string_view word) { return is_word(last_, word); };
  if (is("join") || is("ilike") || is("escape") || is("set")) {
    return before_.kind == token_kind::end || before_.kind == token_kind::open ||
           before_.kind == token_kind::comma || before_.kind == token_kind::other ||
           is_any(before_, before_expressions);
  }
  if (is("by")) return !is_any(before_, {"group", "order", "partition"});
  if (is("rollup") || is("cube")) return !is_word(before_, "by") || !grouping_;
  if (is("sets")) return !is_word(before_, "grouping");
  if (is("key")) return !is_any(before_, {"primary", "foreign"});
  if (is("zone")) return !is_word(before_, "time");
  if (is("varying")) return !is_any(before_, {"character", "char", "bit", "nchar"});
  if (is("materialized")) return !is_word(before_, "not");
  if (is("also") || is("instead")) return !is_word(before_, "do");  // a rule of several statements
  if (is("system") || is("bernoulli")) return !is_word(before_, "tablesample");
  if (is("insert"))
    return !is_word(before_, "then") || !are_columns_before(at_.behind(), {"values", "overriding"});
  if (is("conflict"))
    return !is_word(before_, "on") || (joined_ && !are_columns_before(at_.behind(), {"do"}));
  return true;
}

void call_reader::judge() {
  const auto name = name_of(last_);
  auto kind = function_kind::unknown;
  const bool servers_own =
      parts_ == 2 && (is_word(first_, "pg_catalog") || first_.text == "\"pg_catalog\"");
  if (name && (parts_ == 1 || servers_own)) kind = kind_of_function(name->view());
  const bool temporary = parts_ == 2 && is_name(first_) && name_of(first_) &&
                         name_of(first_)->view().starts_with("pg_temp");
  if (name && at_.known() && !servers_own && !temporary) {
    const name_facts facts = at_.known()->at(name->view());
    if (facts.calling) {
      kind = function_kind::unknown;
    } else if (kind == function_kind::unknown && facts.seen_through) {
      found_.draws_sequences = true;
      return;
    }
  }
  switch (kind) {
    case function_kind::harmless:
      if (is_one_of(name->view(), "nextval", "setval")) found_.draws_sequences = true;
      if (is_one_of(name->view(), "currval", "lastval")) found_.reads_sequences = true;
      return;
    case function_kind::sets:
      if (at_.is(token_kind::open)) return read_set_config(at_, found_, peeked_to_);
      break;
    case function_kind::locks:
      found_.anything = true;
      return;
    case function_kind::binds:
      found_.pins = "a function that binds the session to its server connection";
      break;
    case function_kind::unknown:
      // The second and later names in a WITH look like calls.
      if (before_.kind == token_kind::comma && parts_ == 1 && is_named_query(at_.behind())) return;
      break;
    case function_kind::runs_code:
      break;
  }
  found_.anything = found_.unseen_code = found_.draws_sequences = true;
}

}  // namespace

void read_calls(statement_cursor& at, effects& found) {
  call_reader(at, found).read(std::string_view::npos);
}

void read_calls_inside(statement_cursor& at, effects& found) {
  const auto outside = at.depth();
  at.advance();
  call_reader(at, found).read(outside + 1);
  if (!at.ended()) at.advance();
}

}  // namespace skein::postgres
