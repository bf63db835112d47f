#include "backends/postgres/catalog_maker.hpp"

#include <string_view>
#include <vector>

#include "backends/postgres/brought_code.hpp"
#include "backends/postgres/builtin_functions.hpp"
#include "backends/postgres/code_index.hpp"
#include "backends/postgres/hidden_code.hpp"
#include "backends/postgres/lexer.hpp"
#include "backends/postgres/own_names_maker.hpp"
#include "backends/postgres/trusted_extensions.hpp"

namespace skein::postgres {

namespace {

// Behind WHEN, in its parentheses: the rest names the table and the function.
std::string_view condition_of(std::string_view trigger) {
  lexer behind(trigger);
  token now = behind.next();
  while (now.kind != token_kind::end && !is_word(now, "when")) now = behind.next();
  const std::size_t begin = behind.at();
  std::size_t depth = 0;
  while (now.kind != token_kind::end) {
    now = behind.next();
    if (now.kind == token_kind::open) ++depth;
    if (now.kind == token_kind::close && --depth == 0)
      return trigger.substr(begin, behind.at() - begin);
  }
  return trigger;
}

bool reads_as_hidden(const function_code& one, const catalog& known) {
  if (one.language == "plpgsql") return hides_effects(one.body, code_form::procedure_body, known);
  // A body that is one expression is printed with a word that SQL does not have.
  std::string_view body = one.body;
  if (body.starts_with("RETURN ")) body.remove_prefix(std::string_view("RETURN").size());
  return hides_effects(body, code_form::sql_body, known);
}

class closure {
 public:
  closure(const database_code& code, const code_index& index);
  std::shared_ptr<catalog> make();

 private:
  void presume(const function_code& one);
  void read_texts();
  void hide_owner(const text_code& text);
  void follow_all();
  void follow(const trigger_code& trigger);
  void follow(const operator_code& one);
  void follow(const cast_code& one);
  void follow(const class_code& one);
  void follow(const link_code& link);

  const database_code& code_;
  hidden_code hidden_;
  std::vector<const function_code*> unread_functions_ = {};
  std::vector<const text_code*> unread_texts_ = {};
};

closure::closure(const database_code& code, const code_index& index)
    : code_(code), hidden_(code, index) {
  for (const auto& one : code.functions) presume(one);
  for (const auto& text : code.texts) unread_texts_.push_back(&text);
}

std::shared_ptr<catalog> closure::make() {
  // A text may name whatever has turned out to be hidden: all are read again.
  for (bool again = true; again;) {
    hidden_.take_moved();
    read_texts();
    again = hidden_.take_moved();
    for (follow_all(); hidden_.take_moved(); follow_all()) again = true;
  }
  return hidden_.take();
}

void closure::presume(const function_code& one) {
  if (one.id < first_user_oid) {
    const auto kind = kind_of_function(one.name);
    if (kind != function_kind::harmless && kind != function_kind::unknown)
      hidden_.hide_function(one.id);
    return;
  }
  hidden_.note(one.name, {.seen_through = true});
  if (one.sort == function_sort::aggregate) return;
  if (is_written(one)) {
    unread_functions_.push_back(&one);
  } else if (makes_ranges(one)) {
    return;
  } else if (!is_compiled(one) || !is_trusted(one.extension, one.name)) {
    hidden_.hide_function(one.id);
  }
}

void closure::read_texts() {
  std::erase_if(unread_functions_, [&](const function_code* one) {
    const bool hidden = hidden_.is_function(one->id) || reads_as_hidden(*one, hidden_.known());
    if (hidden) hidden_.hide_function(one->id);
    return hidden;
  });
  std::erase_if(unread_texts_, [&](const text_code* text) {
    const std::string_view read =
        text->kind == text_kind::trigger_condition ? condition_of(text->text) : text->text;
    const bool hidden = hides_effects(read, code_form::expression, hidden_.known());
    if (hidden) hide_owner(*text);
    return hidden;
  });
}

void closure::follow_all() {
  for (const auto& one : code_.triggers) follow(one);
  for (const auto& one : code_.operators) follow(one);
  for (const auto& one : code_.casts) follow(one);
  for (const auto& one : code_.links) follow(one);
  for (const auto& one : code_.classes) follow(one);
}

void closure::follow(const trigger_code& trigger) {
  if (!hidden_.is_function(trigger.function)) return;
  if (trigger.relation == 0) return hidden_.note_defining();
  hidden_.hide_relation(trigger.relation, {.writing = true});
  if (trigger.on_truncate) hidden_.note_truncating();
}

void closure::follow(const operator_code& one) {
  if (hidden_.is_implicit_function(one.function)) hidden_.hide_operator(one.id);
  if (!hidden_.is_operator(one.id)) return;
  if (hidden_.is_users_type(one.left) || hidden_.is_users_type(one.right)) {
    hidden_.hide_type(one.left);
    hidden_.hide_type(one.right);
    return;
  }
  if (compares(one.symbol)) hidden_.note_everywhere();
  hidden_.note(one.symbol, {.reading = true});
  hidden_.note(spelling_of(one.symbol), {.reading = true});
}

// One between two of the server's own types is found without a name that could be looked for. A
// value of a type of the user's does not come about without a name: of what is cast to another such
// type, the source's is enough.
void closure::follow(const cast_code& one) {
  if (!hidden_.is_implicit_function(one.function)) return;
  if (hidden_.is_users_type(one.source)) {
    hidden_.hide_type(one.source);
  } else if (hidden_.is_users_type(one.target)) {
    hidden_.hide_type(one.target);
  } else {
    hidden_.note_everywhere();
  }
}

void closure::follow(const class_code& one) {
  if (!hidden_.is_family(one.family)) return;
  hidden_.note(one.name, {.writing = true});  // CREATE INDEX may name it
  if (hidden_.is_users_type(one.input)) {
    hidden_.hide_type(one.input);
  } else if (one.is_default) {
    hidden_.note_everywhere();
  }
}

void closure::follow(const link_code& link) {
  switch (link.kind) {
    case link_kind::function_of_aggregate:
      if (hidden_.is_function(link.from)) hidden_.hide_function(link.to);
      break;
    case link_kind::operator_of_aggregate:
      if (hidden_.is_operator(link.from)) hidden_.hide_function(link.to);
      break;
    case link_kind::function_of_family:
      if (hidden_.is_implicit_function(link.from)) hidden_.hide_family(link.to);
      break;
    case link_kind::operator_of_family:
      if (hidden_.is_operator(link.from)) hidden_.hide_family(link.to);
      break;
    case link_kind::operator_of_operator:
      if (hidden_.is_operator(link.from)) hidden_.hide_operator(link.to);
      break;
    case link_kind::family_of_index:
      if (!hidden_.is_family(link.from)) break;
      hidden_.hide_relation(link.to, {.reading = true, .writing = true});
      hidden_.note_upkeep();
      break;
    case link_kind::family_of_partitions:
      if (hidden_.is_family(link.from))
        hidden_.hide_with_children(link.to, {.reading = true, .writing = true});
      break;
    case link_kind::operator_of_constraint:
      if (hidden_.is_operator(link.from)) hidden_.hide_relation(link.to, {.writing = true});
      break;
    case link_kind::function_of_range:
      if (hidden_.is_implicit_function(link.from)) hidden_.hide_type(link.to);
      break;
    case link_kind::family_of_range:
      if (hidden_.is_family(link.from)) hidden_.hide_type(link.to);
      break;
    case link_kind::type_of_type:
      if (hidden_.is_type(link.from)) hidden_.hide_type(link.to);
      break;
    case link_kind::type_of_function:
      if (hidden_.is_type(link.from)) hidden_.hide_function(link.to);
      break;
    case link_kind::child_of_parent:
      hidden_.hide_relation(link.to, hidden_.relation_facts(link.from));
      break;
    case link_kind::child_of_cascade:
    case link_kind::relation_of_view:
      if (hidden_.relation_facts(link.from) != name_facts{})
        hidden_.hide_relation(link.to, {.writing = true});
      break;
  }
}

void closure::hide_owner(const text_code& text) {
  switch (text.kind) {
    case text_kind::view:
    case text_kind::policy:
    case text_kind::virtual_column:
      return hidden_.hide_relation(text.owner, {.reading = true, .writing = true});
    case text_kind::stored_view:
    case text_kind::index:
      hidden_.note_upkeep();
      [[fallthrough]];
    case text_kind::rule:
    case text_kind::column:
      return hidden_.hide_relation(text.owner, {.writing = true});
    case text_kind::trigger_condition:
      if (text.text.contains("TRUNCATE")) hidden_.note_truncating();
      return hidden_.hide_relation(text.owner, {.writing = true});
    case text_kind::partition_key:
      // Who writes to a partition is held to the bounds.
      return hidden_.hide_with_children(text.owner, {.writing = true});
    case text_kind::domain_check:
      return hidden_.hide_type(text.owner);
    case text_kind::domain_default:
      return hidden_.hide_default(text.owner);
    case text_kind::argument_default:
      return hidden_.hide_function(text.owner);
  }
}

}  // namespace

std::shared_ptr<const catalog> make_catalog(const database_code& code, std::string digest) {
  const code_index index(code);
  auto made = closure(code, index).make();
  made->set_names(make_own_names(code, index));
  made->set_digest(std::move(digest));
  return made;
}

}  // namespace skein::postgres
