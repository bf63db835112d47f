#include "backends/postgres/brought_code.hpp"

#include <algorithm>
#include <span>

#include "backends/postgres/calls.hpp"
#include "backends/postgres/statement_cursor.hpp"

namespace skein::postgres {

namespace {

// Statements that change rows or definitions, or compute anew what was made of them.
constexpr std::string_view changing[] = {
    "alter",  "analyse", "analyze", "cluster", "copy",    "create",   "delete", "import",
    "insert", "merge",   "refresh", "reindex", "replace", "truncate", "update", "vacuum"};
static_assert(std::ranges::is_sorted(changing));

// How statements begin that fire event triggers. CREATE may stand further behind: EXPLAIN ANALYZE
// CREATE TABLE AS.
constexpr std::string_view defining[] = {"alter",   "comment", "drop",   "grant",   "import",
                                         "refresh", "reindex", "revoke", "security"};
static_assert(std::ranges::is_sorted(defining));

// None of these is looked into, wherever it stands in a body.
constexpr std::string_view unread_in_bodies[] = {
    "alter",   "call",    "commit", "create",   "deallocate", "discard",  "drop",
    "execute", "hold",    "import", "listen",   "load",       "prepare",  "reassign",
    "refresh", "reindex", "reset",  "rollback", "security",   "unlisten", "vacuum"};
static_assert(std::ranges::is_sorted(unread_in_bodies));

bool is_any(const token& one, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return is_word(one, word); });
}

// Behind it a statement begins.
bool ends_statement(const token& one) {
  return one.kind == token_kind::end || one.kind == token_kind::semicolon || one.text == ">>" ||
         is_word(one, "begin") || is_word(one, "then") || is_word(one, "else") ||
         is_word(one, "loop");
}

// A body that sets, or does what its text does not tell.
bool commands_unread(std::string_view body) {
  lexer behind(body);
  token last;
  for (token now = behind.next(); now.kind != token_kind::end; last = now, now = behind.next()) {
    if (now.kind == token_kind::broken || is_any(now, unread_in_bodies)) return true;
    if ((is_word(now, "set") || is_word(now, "do")) && ends_statement(last)) return true;
  }
  return false;
}

// A backslash may escape a quote, or not, as a setting says.
bool is_read_alike(std::string_view code) {
  return !code.contains("\\'");
}

bool defines(const token& last, const token& now, bool into_variables) {
  if (is_word(now, "create")) return true;
  if (is_word(now, "into"))
    return !into_variables && !is_word(last, "insert") && !is_word(last, "merge");
  return ends_statement(last) && is_any(now, defining);
}

// `into_variables`: there INTO names variables, and is no form of CREATE TABLE.
bool names_code(std::string_view text, bool standard_strings, const catalog& known,
                bool into_variables) {
  if (known.everywhere()) return true;
  if (known.quiet()) return false;
  lexer behind(text, standard_strings);
  bool writes = false;
  bool names_written = false;
  token last;
  for (token now = behind.next(); now.kind != token_kind::end; last = now, now = behind.next()) {
    switch (now.kind) {
      case token_kind::broken:
        return true;
      case token_kind::word:
        // FOR UPDATE, FOR NO KEY UPDATE
        writes |= is_any(now, changing) &&
                  !(is_word(now, "update") && (is_word(last, "for") || is_word(last, "key")));
        if (known.watches_definitions() && defines(last, now, into_variables)) return true;
        if (!known.may_matter(now.text)) break;
        [[fallthrough]];
      case token_kind::quoted_word: {
        const auto name = name_of(now);
        if (!name) return true;
        const name_facts facts = known.at(name->view());
        if (facts.reading) return true;
        names_written |= facts.writing;
        break;
      }
      case token_kind::other:
        if (known.has_operators() && known.at(now.text).reading) return true;
        break;
      default:
        break;
    }
  }
  return writes && names_written;
}

}  // namespace

bool names_brought_code(std::string_view text, bool standard_strings, const catalog& known) {
  return names_code(text, standard_strings, known, false);
}

bool hides_effects(std::string_view code, code_form form, const catalog& known) {
  const bool is_procedure = form == code_form::procedure_body;
  if (!is_read_alike(code) || names_code(code, true, known, is_procedure)) return true;
  if (form != code_form::expression && commands_unread(code)) return true;
  const auto in = is_procedure ? wording::procedure : wording::sql;
  statement_cursor at(code, true, &known, in);
  effects found;
  while (at.begin_statement()) read_calls(at, found);
  return found.suspicious() || !found.pins.empty() || found.reads_sequences ||
         at.is(token_kind::broken);
}

}  // namespace skein::postgres
