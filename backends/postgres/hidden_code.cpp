#include "backends/postgres/hidden_code.hpp"

namespace skein::postgres {

namespace {

// Without a relation's name they mean all of them.
constexpr std::string_view upkeep[] = {"analyse", "analyze", "cluster",
                                       "refresh", "reindex", "vacuum"};

}  // namespace

bool is_compiled(const function_code& one) {
  return one.sort != function_sort::aggregate &&
         (one.language == "c" || one.language == "internal");
}

hidden_code::hidden_code(const database_code& code) : code_(code) {
  for (const auto& one : code.relations) {
    relations_[one.id] = {one.name, {}};
    if (one.row_type != 0)
      types_[one.row_type] = {one.name, one.array_name, one.array_type, one.id};
    if (one.array_type != 0) elements_[one.array_type] = one.row_type;
  }
  for (const auto& one : code.types) {
    types_[one.id] = {one.name, one.array_name, one.array_type, 0};
    if (one.array_type != 0) elements_[one.array_type] = one.id;
  }
  for (const auto& link : code.links)
    if (link.kind == link_kind::child_of_parent) children_.emplace(link.to, link.from);
  for (const auto& one : code.functions) functions_[one.id] = &one;
}

void hidden_code::note(std::string_view name, const name_facts& facts) {
  if (name.empty()) return;
  const name_facts before = known_->at(name);
  known_->note(name, facts);
  moved_ |= known_->at(name) != before;
}

void hidden_code::note_all(std::span<const std::string_view> words, const name_facts& facts) {
  for (const auto word : words) note(word, facts);
}

void hidden_code::note_upkeep() {
  note_all(upkeep, {.writing = true});
}

void hidden_code::note_everywhere() {
  moved_ |= !known_->everywhere();
  known_->note_everywhere();
}

void hidden_code::note_defining() {
  moved_ |= !known_->watches_definitions();
  known_->note_defining();
}

void hidden_code::hide_function(oid id) {
  moved_ |= hidden_functions_.insert(id).second;
  const auto found = functions_.find(id);
  if (id < first_user_oid || found == functions_.end()) return;
  note(found->second->name, {.calling = true, .as_column = found->second->as_column});
}

void hidden_code::hide_type(oid id) {
  const auto found = types_.find(element_of(id));
  if (found == types_.end()) return;
  moved_ |= hidden_types_.insert(found->first).second;
  const named_type& type = found->second;
  known_->note_type(found->first);
  if (type.array != 0) known_->note_type(type.array);
  note(type.name, {.reading = true});
  note(type.array_name, {.reading = true});
  if (type.relation != 0) hide_relation(type.relation, {.reading = true});
  note_upkeep();
}

// A column of it has its default.
void hidden_code::hide_default(oid domain) {
  if (const auto found = types_.find(domain); found != types_.end())
    note(found->second.name, {.writing = true});
  for (const auto& link : code_.links) {
    if (link.kind != link_kind::type_of_type || link.from != domain) continue;
    const auto row = types_.find(link.to);
    if (row != types_.end() && row->second.relation != 0)
      hide_relation(row->second.relation, {.writing = true});
  }
}

void hidden_code::hide_relation(oid id, const name_facts& facts) {
  const auto found = relations_.find(id);
  if (found == relations_.end()) return;
  relation& one = found->second;
  const name_facts before = one.facts;
  one.facts.reading |= facts.reading;
  one.facts.writing |= facts.writing;
  if (one.facts == before) return;
  moved_ = true;
  note(one.name, facts);
}

void hidden_code::hide_with_children(oid id, const name_facts& facts) {
  hide_relation(id, facts);
  const auto [first, last] = children_.equal_range(id);
  for (auto child = first; child != last; ++child) hide_with_children(child->second, facts);
}

// What was not read is not known.
bool hidden_code::is_function(oid function) const {
  return hidden_functions_.contains(function) ||
         (function >= first_user_oid && !functions_.contains(function));
}

bool hidden_code::is_implicit_function(oid function) const {
  if (!is_function(function)) return false;
  const auto found = functions_.find(function);
  return function < first_user_oid || found == functions_.end() || !is_compiled(*found->second);
}

name_facts hidden_code::relation_facts(oid id) const {
  const auto found = relations_.find(id);
  return found == relations_.end() ? name_facts{} : found->second.facts;
}

oid hidden_code::element_of(oid type) const {
  const auto found = elements_.find(type);
  return found == elements_.end() ? type : found->second;
}

}  // namespace skein::postgres
