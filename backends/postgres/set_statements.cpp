#include "backends/postgres/set_statements.hpp"

#include <algorithm>
#include <array>

namespace skein::postgres {

namespace {

constexpr std::string_view commit_setting = "synchronous_commit";

void add_setting(effects& found, std::string name) {
  std::ranges::transform(name, name.begin(), lower_of);
  // Of one transaction, whatever statement sets them.
  if (name == "transaction_isolation" || name == "transaction_read_only" ||
      name == "transaction_deferrable")
    return;
  // What random() will give cannot be read back.
  if (name == "seed") found.anything = found.unseen_code = true;
  if (name == "session_authorization") {
    found.pins = "SET SESSION AUTHORIZATION";
    found.settings.emplace_back("role");
  }
  // Names of long ago, which servers still take.
  if (name == "sort_mem") name = "work_mem";
  if (name == "vacuum_mem") name = "maintenance_work_mem";
  found.settings.push_back(std::move(name));
}

// name[.name]; false: that is no plain name.
bool read_setting_name(statement_cursor& at, effects& found) {
  std::string whole;
  for (;;) {
    const auto part = name_of(at.now());
    if (!part) return false;
    whole += part->view();
    at.advance();
    if (!at.is(token_kind::dot)) break;
    whole += '.';
    at.advance();
  }
  add_setting(found, std::move(whole));
  return true;
}

// `SET name.name =`, `SET name TO`, `SET name FROM CURRENT`: whatever word the name is.
bool is_assignment(const statement_cursor& at) {
  const token next = at.following();
  return next.kind == token_kind::dot || next.text == "=" || is_word(next, "to") ||
         is_word(next, "from");
}

// At the sign or word behind the name of a setting.
bool lowers_commit(const statement_cursor& at) {
  if (at.is("from")) return false;  // FROM CURRENT
  lexer behind = at.behind();
  const token value = behind.next();
  if (is_word(value, "default")) return false;
  if (const auto said = plain_string(value)) return !waits_for_followers(*said);
  return !waits_for_followers(value.text);
}

// SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL ..., READ ONLY, NOT DEFERRABLE
void read_characteristics(statement_cursor& at, effects& found) {
  for (; !at.ended(); at.advance()) {
    if (at.is("isolation")) found.settings.emplace_back("default_transaction_isolation");
    if (at.is("only") || at.is("write"))
      found.settings.emplace_back("default_transaction_read_only");
    if (at.is("deferrable")) found.settings.emplace_back("default_transaction_deferrable");
  }
}

// Forms with words of their own; false: none of them.
bool read_set_words(statement_cursor& at, effects& found) {
  const token next = at.following();
  if (at.is("transaction") || at.is("constraints")) {
    // Of the transaction.
  } else if (at.is("time") && is_word(next, "zone")) {
    found.settings.emplace_back("timezone");
  } else if (at.is("session") && is_word(next, "authorization")) {
    add_setting(found, "session_authorization");
  } else if (at.is("session") && is_word(next, "characteristics")) {
    at.advance();
    read_characteristics(at, found);
  } else if (at.is("role")) {
    found.settings.emplace_back("role");
  } else if (at.is("names")) {
    found.settings.emplace_back("client_encoding");
  } else if (at.is("schema")) {
    found.settings.emplace_back("search_path");
  } else if (at.is("xml") && is_word(next, "option")) {
    found.settings.emplace_back("xmloption");
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool waits_for_followers(std::string_view value) {
  constexpr std::array<std::string_view, 6> all = {"on", "true",         "yes",
                                                   "1",  "remote_apply", "remote_write"};
  return std::ranges::any_of(all, [&](std::string_view each) {
    return std::ranges::equal(each, value, {}, {}, lower_of);
  });
}

void read_set(statement_cursor& at, effects& found) {
  at.advance();
  effects forgotten;
  effects* target = &found;
  if (!is_assignment(at) && (at.is("local") || at.is("session"))) {
    const token next = at.following();
    if (at.is("local")) target = &forgotten;
    if (at.is("local") || !(is_word(next, "authorization") || is_word(next, "characteristics")))
      at.advance();
  }
  const bool assigns = is_assignment(at);
  const bool known = assigns ? read_setting_name(at, *target) : read_set_words(at, *target);
  if (assigns && known && !target->settings.empty() && target->settings.back() == commit_setting &&
      lowers_commit(at))
    found.lowers_commit = true;
  if (!known) found.anything = true;
  at.pass_statement();
}

void read_reset(statement_cursor& at, effects& found) {
  at.advance();
  const token next = at.following();
  if (at.is("all")) {
    found.anything = true;
  } else if (at.is("time") && is_word(next, "zone")) {
    found.settings.emplace_back("timezone");
  } else if (at.is("session") && is_word(next, "authorization")) {
    found.settings.insert(found.settings.end(), {"role", "session_authorization"});
  } else if (at.is("transaction") && is_word(next, "isolation")) {
    // Of the transaction.
  } else if (!read_setting_name(at, found)) {
    found.anything = true;
  }
  at.pass_statement();
}

void read_set_config(const statement_cursor& at, effects& found, std::size_t& peeked_to) {
  lexer behind = at.behind();
  const bool nested = behind.at() < peeked_to;
  token one = behind.next();
  const auto name = plain_string(one);
  const bool known = name && lexer(behind).next().kind == token_kind::comma;
  if (known) {
    lexer further = behind;
    further.next();
    const auto value = plain_string(further.next());
    const token end = further.next();
    const bool whole = end.kind == token_kind::comma || end.kind == token_kind::close;
    effects named;
    add_setting(named, *name);
    if (!named.settings.empty() && named.settings.back() == commit_setting)
      found.lowers_commit |= !value || !whole || !waits_for_followers(*value);
  }
  // Whether the third argument is `true`, in one word.
  std::size_t depth = 0;
  std::size_t commas = 0;
  std::size_t words = 0;
  bool is_true = false;
  for (; !nested; one = behind.next()) {
    if (one.kind == token_kind::end || one.kind == token_kind::broken) break;
    if (one.kind == token_kind::close && depth-- == 0) break;
    if (one.kind == token_kind::open) ++depth;
    if (one.kind == token_kind::comma && depth == 0) {
      ++commas;
      words = 0;
    } else {
      ++words;
      is_true = is_word(one, "true");
    }
  }
  peeked_to = std::max(peeked_to, behind.at());
  found.follows_replay = false;
  if (!nested && commas == 2 && words == 1 && is_true) return;
  if (known) {
    add_setting(found, *name);
  } else {
    found.anything = true;
  }
}

}  // namespace skein::postgres
