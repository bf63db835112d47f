#include "backends/postgres/code_index.hpp"

#include <algorithm>

namespace skein::postgres {

namespace {

constexpr std::string_view comparing[] = {"<", "<=", "<>", "=", ">", ">="};

struct spelling {
  std::string_view symbol;
  std::string_view word;
};
constexpr spelling spellings[] = {{"!~", "similar"}, {"!~~", "like"}, {"!~~*", "ilike"},
                                  {"~", "similar"},  {"~~", "like"},  {"~~*", "ilike"}};

}  // namespace

bool is_compiled(const function_code& one) {
  return one.sort != function_sort::aggregate &&
         (one.language == "c" || one.language == "internal");
}

bool is_written(const function_code& one) {
  return one.language == "sql" || one.language == "plpgsql";
}

bool makes_ranges(const function_code& one) {
  return one.language == "internal" && (one.body.starts_with("range_constructor") ||
                                        one.body.starts_with("multirange_constructor"));
}

bool compares(std::string_view symbol) {
  return std::ranges::find(comparing, symbol) != std::end(comparing);
}

std::string_view spelling_of(std::string_view symbol) {
  const auto found = std::ranges::find(spellings, symbol, &spelling::symbol);
  return found == std::end(spellings) ? std::string_view() : found->word;
}

code_index::code_index(const database_code& code) {
  for (const auto& one : code.relations) {
    relations_[one.id] = &one;
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

const function_code* code_index::function(oid id) const {
  const auto found = functions_.find(id);
  return found == functions_.end() ? nullptr : found->second;
}

const relation_code* code_index::relation(oid id) const {
  const auto found = relations_.find(id);
  return found == relations_.end() ? nullptr : found->second;
}

const code_index::named_type* code_index::type(oid id) const {
  const auto found = types_.find(element_of(id));
  return found == types_.end() ? nullptr : &found->second;
}

oid code_index::element_of(oid type) const {
  const auto found = elements_.find(type);
  return found == elements_.end() ? type : found->second;
}

std::vector<oid> code_index::with_children(oid relation) const {
  std::vector<oid> all{relation};
  for (std::size_t at = 0; at < all.size(); ++at) {
    const auto [first, last] = children_.equal_range(all[at]);
    for (auto child = first; child != last; ++child) all.push_back(child->second);
  }
  return all;
}

}  // namespace skein::postgres
