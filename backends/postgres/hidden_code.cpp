#include "backends/postgres/hidden_code.hpp"

namespace skein::postgres {

namespace {

// Without a relation's name they mean all of them.
constexpr std::string_view upkeep[] = {"analyse", "analyze", "cluster",
                                       "refresh", "reindex", "vacuum"};

}  // namespace

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
  const auto* const found = index_.function(id);
  if (id < first_user_oid || !found) return;
  note(found->name, {.calling = true, .as_column = found->as_column});
}

void hidden_code::hide_type(oid id) {
  const auto* const type = index_.type(id);
  if (!type) return;
  const oid own = index_.element_of(id);
  moved_ |= hidden_types_.insert(own).second;
  known_->note_type(own);
  if (type->array != 0) known_->note_type(type->array);
  note(type->name, {.reading = true});
  note(type->array_name, {.reading = true});
  if (type->relation != 0) hide_relation(type->relation, {.reading = true});
  note_upkeep();
}

// A column of it has its default.
void hidden_code::hide_default(oid domain) {
  if (const auto* const found = index_.type(domain)) note(found->name, {.writing = true});
  for (const auto& link : code_.links) {
    if (link.kind != link_kind::type_of_type || link.from != domain) continue;
    const auto* const row = index_.type(link.to);
    if (row && row->relation != 0) hide_relation(row->relation, {.writing = true});
  }
}

void hidden_code::hide_relation(oid id, const name_facts& facts) {
  const auto* const found = index_.relation(id);
  if (!found) return;
  name_facts& known = relations_[id];
  const name_facts before = known;
  known.reading |= facts.reading;
  known.writing |= facts.writing;
  if (known == before) return;
  moved_ = true;
  note(found->name, facts);
}

void hidden_code::hide_with_children(oid id, const name_facts& facts) {
  for (const oid each : index_.with_children(id)) hide_relation(each, facts);
}

// What was not read is not known.
bool hidden_code::is_function(oid function) const {
  return hidden_functions_.contains(function) ||
         (function >= first_user_oid && !index_.function(function));
}

bool hidden_code::is_implicit_function(oid function) const {
  if (!is_function(function)) return false;
  const auto* const found = index_.function(function);
  return function < first_user_oid || !found || !is_compiled(*found);
}

name_facts hidden_code::relation_facts(oid id) const {
  const auto found = relations_.find(id);
  return found == relations_.end() ? name_facts{} : found->second;
}

}  // namespace skein::postgres
