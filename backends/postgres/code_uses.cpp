#include "backends/postgres/code_uses.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "backends/postgres/lexer.hpp"
#include "backends/postgres/normal_form.hpp"

namespace skein::postgres {

namespace {

constexpr std::size_t bytes_max = 1UZ << 20;

// What stands before a parenthesis and is no function. Sorted.
constexpr std::string_view words[] = {
    "all",      "and",      "any",       "array",     "as",        "between",  "by",
    "case",     "cast",     "char",      "character", "coalesce",  "cube",     "dec",
    "decimal",  "distinct", "else",      "elsif",     "end",       "except",   "exists",
    "extract",  "filter",   "float",     "for",       "from",      "greatest", "group",
    "having",   "if",       "ilike",     "in",        "intersect", "interval", "into",
    "is",       "join",     "lateral",   "least",     "like",      "limit",    "nchar",
    "not",      "nullif",   "numeric",   "offset",    "on",        "or",       "order",
    "over",     "overlay",  "partition", "perform",   "position",  "query",    "range",
    "return",   "rollup",   "row",       "rows",      "select",    "sets",     "similar",
    "some",     "strict",   "substring", "table",     "then",      "time",     "timestamp",
    "treat",    "trim",     "union",     "using",     "values",    "varbit",   "varchar",
    "varying",  "when",     "where",     "while",     "with",      "within",   "xmlelement",
    "xmlforest"};
static_assert(std::ranges::is_sorted(words));

bool stands_alone(std::string_view name) {
  return std::ranges::binary_search(words, name);
}

class procedure_reader {
 public:
  explicit procedure_reader(std::string_view body) : behind_(body) { found_.guessed = true; }

  std::optional<code_uses> read() {
    token last;
    for (token now = behind_.next(); now.kind != token_kind::end;
         last = now, now = behind_.next()) {
      // A text is run that is made while it runs.
      if (now.kind == token_kind::broken || is_word(now, "execute")) return std::nullopt;
      if (now.kind == token_kind::open) note_call();
      last_name_.clear();
      if (now.kind == token_kind::other) note(used_as::operation, std::string(now.text));
      if (now.kind == token_kind::word || now.kind == token_kind::quoted_word) {
        const auto name = name_of(now);
        if (!name) return std::nullopt;
        last_name_ = name->view();
        is_plain_ = now.kind == token_kind::word && last.kind != token_kind::dot;
        for (const auto as : {used_as::relation, used_as::type, used_as::operation})
          note(as, last_name_);
        if (last.kind == token_kind::dot) note(used_as::column, last_name_);
      }
    }
    return std::move(found_);
  }

 private:
  void note_call() {
    if (last_name_.empty() || (is_plain_ && stands_alone(last_name_))) return;
    note(used_as::function, last_name_);
  }
  void note(used_as as, std::string name) {
    found_.uses.push_back({as, static_cast<std::int64_t>(found_.uses.size()), std::move(name), {}});
  }

  lexer behind_;
  code_uses found_ = {};
  std::string last_name_ = {};  // of the last token
  bool is_plain_ = false;       // it had no quotes and no schema
};

}  // namespace

std::optional<code_uses> uses_of_query(std::string_view query) {
  const auto form = normal_form_of(query, true, bytes_max);
  if (!form || form->nesting > nesting_max) return std::nullopt;
  const auto tree = parse_tree::of(form->text);
  if (!tree) return std::nullopt;
  code_uses all;
  for (std::size_t at = 0; at < tree->statements(); ++at) {
    deeds one = deeds_of(*tree->statement(at), form->text);
    if (one.kind == deed::locks) all.locks = "FOR UPDATE";
    std::ranges::move(one.uses, std::back_inserter(all.uses));
  }
  return all;
}

std::optional<code_uses> uses_of_expressions(std::string_view list) {
  return uses_of_query("SELECT " + std::string(list));
}

// As the server prints bodies that are parsed: RETURN with an expression, or statements between
// BEGIN ATOMIC and END.
std::optional<code_uses> uses_of_sql_body(std::string_view body) {
  static constexpr std::string_view value = "RETURN ";
  static constexpr std::string_view block = "BEGIN ATOMIC";
  if (body.starts_with(value)) return uses_of_expressions(body.substr(value.size()));
  if (body.starts_with(block)) {
    body.remove_prefix(block.size());
    body = body.substr(0, body.rfind("END"));
  }
  return uses_of_query(body);
}

std::optional<code_uses> uses_of_procedure(std::string_view body) {
  return procedure_reader(body).read();
}

}  // namespace skein::postgres
