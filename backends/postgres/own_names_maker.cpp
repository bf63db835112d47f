#include "backends/postgres/own_names_maker.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/postgres/code_uses.hpp"
#include "backends/postgres/name_meanings.hpp"
#include "backends/postgres/suspicions.hpp"
#include "backends/postgres/trusted_extensions.hpp"

namespace skein::postgres {

namespace {

// A text that has been read, and whose it is.
struct read_code {
  text_kind kind = text_kind::view;
  bool is_body = false;
  oid owner = 0;
  code_uses what = {};
};

// What uses a name of that meaning means itself.
meaning of_user(const use& one, const meaning& used) {
  switch (used.why) {
    case cause::nothing:
    case cause::may_read:
    case cause::may_run:
      return used;
    case cause::is_unlogged:
    case cause::is_foreign:
      return {cause::may_read, one.name, used.differs};
    case cause::of_one_server:
    case cause::unknown:
      return {one.as == used_as::relation ? cause::may_read : cause::may_run, one.name,
              used.differs};
    case cause::is_volatile:
    case cause::cannot_be_seen_through:
      return {cause::may_run, one.name, used.differs};
  }
  return {};
}

std::optional<code_uses> read_text(const text_code& text) {
  return text.kind == text_kind::view ? uses_of_query(text.text) : uses_of_expressions(text.text);
}

class names_closure {
 public:
  names_closure(const database_code& code, const code_index& index) : code_(code), found_(index) {}

  own_names make() {
    for (const auto& one : code_.relations) presume(one);
    for (const auto& one : code_.functions) presume(one);
    for (const auto& text : code_.texts) presume(text);
    do {
      for (const auto& one : texts_) judge(one);
      follow_all();
    } while (found_.take_moved());
    return found_.take();
  }

 private:
  void presume(const relation_code& one);
  void presume(const function_code& one);
  void presume(const text_code& text);
  void note_owner(text_kind kind, bool is_body, oid owner, const meaning& means);
  void judge(const read_code& one);
  void follow_all();
  void follow(const operator_code& one);
  void follow(const cast_code& one);
  void follow(const class_code& one);
  void follow(const link_code& link);

  const database_code& code_;
  suspicions found_;
  std::vector<read_code> texts_ = {};
};

void names_closure::presume(const relation_code& one) {
  meaning means;
  if (one.persistence == 'u') means.why = cause::is_unlogged;
  if (one.kind == 'f') means.why = cause::is_foreign;
  found_.relation(one.id, means);
}

void names_closure::presume(const function_code& one) {
  if (one.id < first_user_oid) {
    const use called{.name = one.name};
    meaning means = meaning_of(called, nullptr);
    // Support functions of the server's own are in no list.
    if (means.why == cause::unknown) means.why = cause::nothing;
    if (one.volatility == 'v' && !means.differs && means.why == cause::nothing)
      means.why = cause::is_volatile;
    return found_.function(one.id, means);
  }
  meaning means;
  if (one.sort == function_sort::aggregate || makes_ranges(one)) {
  } else if (one.volatility == 'v') {
    means.why = cause::is_volatile;
  } else if (is_written(one)) {
    auto body = one.language == "sql" ? uses_of_sql_body(one.body) : uses_of_procedure(one.body);
    if (body)
      texts_.push_back({text_kind::view, true, one.id, std::move(*body)});
    else
      means.why = cause::cannot_be_seen_through;
  } else if (!is_compiled(one) || !is_trusted(one.extension, one.name)) {
    means.why = cause::cannot_be_seen_through;
  }
  found_.function(one.id, means);
}

// What is run for who reads; the rest is for who writes.
void names_closure::presume(const text_code& text) {
  switch (text.kind) {
    case text_kind::view:
    case text_kind::policy:
    case text_kind::virtual_column:
    case text_kind::domain_check:
    case text_kind::argument_default:
      break;
    default:
      return;
  }
  if (auto read = read_text(text))
    texts_.push_back({text.kind, false, text.owner, std::move(*read)});
  else
    note_owner(text.kind, false, text.owner, {.why = cause::cannot_be_seen_through});
}

void names_closure::note_owner(text_kind kind, bool is_body, oid owner, const meaning& means) {
  if (is_body || kind == text_kind::argument_default) return found_.function(owner, means);
  if (kind == text_kind::domain_check) return found_.type(owner, means);
  found_.relation(owner, means);
}

// The worst counts, and of those the first.
void names_closure::judge(const read_code& one) {
  meaning worst;
  deed worst_kind = deed::reads;
  bool differs = false;
  for (const use& each : one.what.uses) {
    const meaning means = meaning_of(each, &found_.known());
    if (one.what.guessed && means.why == cause::unknown && each.as == used_as::relation) continue;
    differs |= means.differs;
    const deed kind = deed_of(means);
    if (means.why == cause::nothing || (worst.why != cause::nothing && kind <= worst_kind))
      continue;
    worst = of_user(each, means);
    worst_kind = kind;
  }
  if (!one.what.locks.empty() && worst.why == cause::nothing)
    worst = {cause::may_run, std::string(one.what.locks), false};
  worst.differs = differs;
  note_owner(one.kind, one.is_body, one.owner, worst);
}

void names_closure::follow_all() {
  for (const auto& one : code_.operators) follow(one);
  for (const auto& one : code_.casts) follow(one);
  for (const auto& one : code_.links) follow(one);
  for (const auto& one : code_.classes) follow(one);
}

void names_closure::follow(const operator_code& one) {
  found_.operation(one.id, found_.by_function(one.function));
  const meaning means = found_.of_operation(one.id);
  if (means.why == cause::nothing && !means.differs) return;
  if (found_.is_users_type(one.left) || found_.is_users_type(one.right)) {
    found_.values(one.left, means);
    found_.values(one.right, means);
    return;
  }
  found_.note(used_as::operation, one.symbol, means);
  found_.note(used_as::operation, spelling_of(one.symbol), means);
  if (compares(one.symbol)) found_.everywhere(one.symbol, means);
}

// Who casts to a type names it. Who casts from one may have read the value from a table.
void names_closure::follow(const cast_code& one) {
  const meaning means = found_.by_function(one.function);
  if (means.why == cause::nothing && !means.differs) return;
  if (found_.is_users_type(one.source)) {
    found_.values(one.source, means);
  } else if (found_.is_users_type(one.target)) {
    found_.type(one.target, means);
  } else {
    found_.everywhere("::", means);
  }
}

void names_closure::follow(const class_code& one) {
  const meaning means = found_.of_family(one.family);
  if (means.why == cause::nothing) return;
  if (found_.is_users_type(one.input)) {
    found_.values(one.input, means);
  } else if (one.is_default) {
    found_.everywhere(one.name, means);
  }
}

void names_closure::follow(const link_code& link) {
  switch (link.kind) {
    case link_kind::function_of_aggregate:
      return found_.function(link.to, found_.by_function(link.from));
    case link_kind::operator_of_aggregate:
      return found_.function(link.to, found_.of_operation(link.from));
    case link_kind::function_of_family:
      return found_.family(link.to, found_.by_function(link.from));
    case link_kind::operator_of_family:
      return found_.family(link.to, found_.of_operation(link.from));
    case link_kind::operator_of_operator:
      return found_.operation(link.to, found_.of_operation(link.from));
    case link_kind::family_of_index:
    case link_kind::family_of_partitions:
      return found_.relation_and_children(link.to, found_.of_family(link.from));
    case link_kind::function_of_range:
      return found_.values(link.to, found_.by_function(link.from));
    case link_kind::family_of_range:
      return found_.values(link.to, found_.of_family(link.from));
    case link_kind::type_of_type:
      found_.values(link.to, found_.of_values(link.from));
      return found_.type(link.to, found_.of_type(link.from));
    case link_kind::type_of_function:
      return found_.function(link.to, found_.of_type(link.from));
    case link_kind::child_of_parent:
      if (const auto* const child = found_.named_relation(link.from))
        found_.relation(link.to, of_user({.as = used_as::relation, .name = child->name},
                                         found_.of_relation(link.from)));
      return;
    // These matter to who writes, and a view's query is read as it stands.
    case link_kind::operator_of_constraint:
    case link_kind::child_of_cascade:
    case link_kind::relation_of_view:
      return;
  }
}

}  // namespace

own_names make_own_names(const database_code& code, const code_index& index) {
  return names_closure(code, index).make();
}

}  // namespace skein::postgres
