#include "backends/postgres/command_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace skein::postgres {

namespace {

void append_in_capitals(std::string& to, std::string_view words) {
  for (const char each : words)
    to += each >= 'a' && each <= 'z' ? static_cast<char>(each - ('a' - 'A')) : each;
}

// The next word of a form, in which blanks part tokens.
std::string_view take_word(std::string_view& form) {
  const std::size_t end = std::min(form.find(' '), form.size());
  const std::string_view word = form.substr(0, end);
  form.remove_prefix(std::min(end + 1, form.size()));
  return word;
}

// The kinds of things whose names are more than one word, by the first.
std::size_t words_of_kind(std::string_view first, std::string_view second) {
  if (first == "foreign") return second == "data" ? 3 : 2;
  if (first == "text" && second == "search") return 3;
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> twos{
      {{"materialized", "view"},
       {"event", "trigger"},
       {"access", "method"},
       {"operator", "class"},
       {"operator", "family"},
       {"user", "mapping"},
       {"default", "privileges"},
       {"large", "object"},
       {"owned", "by"}}};
  return std::ranges::find(twos, std::pair{first, second}) == twos.end() ? 1 : 2;
}

// By the words that the statement begins with.
std::string words_of(std::string_view form) {
  static constexpr std::string_view passed[] = {"or",         "replace", "temp",       "temporary",
                                                "local",      "global",  "unique",     "unlogged",
                                                "constraint", "trusted", "procedural", "recursive"};
  static constexpr std::string_view of_things[] = {"create",   "alter",   "drop",    "import",
                                                   "security", "refresh", "reassign"};
  const std::string_view verb = take_word(form);
  std::string command;
  append_in_capitals(command, verb);
  if (std::ranges::find(of_things, verb) == std::end(of_things)) return command;
  std::string_view rest = form;
  std::string_view word = take_word(rest);
  while (verb == "create" && std::ranges::find(passed, word) != std::end(passed)) {
    form = rest;
    word = take_word(rest);
  }
  const std::size_t words = words_of_kind(word, take_word(rest));
  for (std::size_t count = 0; count < words; ++count) {
    command += ' ';
    append_in_capitals(command, take_word(form));
  }
  return command;
}

}  // namespace

std::string command_of(const PgQuery__Node& statement, std::string_view form) {
  switch (statement.node_case) {
    // What the words call otherwise: ANALYSE, USER and GROUP, or what EXPLAIN stands before.
    case PG_QUERY__NODE__NODE_VACUUM_STMT:
      return statement.vacuum_stmt->is_vacuumcmd ? "VACUUM" : "ANALYZE";
    case PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT:
      return "REFRESH MATERIALIZED VIEW";
    case PG_QUERY__NODE__NODE_CREATE_ROLE_STMT:
      return "CREATE ROLE";
    case PG_QUERY__NODE__NODE_ALTER_ROLE_STMT:
    case PG_QUERY__NODE__NODE_ALTER_ROLE_SET_STMT:
      return "ALTER ROLE";
    case PG_QUERY__NODE__NODE_DROP_ROLE_STMT:
      return "DROP ROLE";
    case PG_QUERY__NODE__NODE_GRANT_ROLE_STMT:
      return statement.grant_role_stmt->is_grant ? "GRANT ROLE" : "REVOKE ROLE";
    default:
      return words_of(form);
  }
}

std::string_view strength_of(const PgQuery__LockingClause& lock) {
  switch (lock.strength) {
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORKEYSHARE:
      return "FOR KEY SHARE";
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORSHARE:
      return "FOR SHARE";
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORNOKEYUPDATE:
      return "FOR NO KEY UPDATE";
    default:
      return "FOR UPDATE";
  }
}

}  // namespace skein::postgres
