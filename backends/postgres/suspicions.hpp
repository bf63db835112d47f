// What of a database is the leader's as far as has been found, by the numbers of its system
// catalogs, for own_names_maker: functions, relations, types and the like, each with the reason.
// What has a name is noted in own_names under it.
#pragma once

#include <string_view>
#include <unordered_map>
#include <utility>

#include "backends/postgres/code_index.hpp"
#include "backends/postgres/own_names.hpp"

namespace skein::postgres {

class suspicions {
 public:
  explicit suspicions(const code_index& index) : index_(index) {}

  const own_names& known() const { return names_; }
  own_names take() { return std::move(names_); }
  // Something has been added since this was asked last.
  bool take_moved() { return std::exchange(moved_, false); }

  void note(used_as as, std::string_view name, const meaning& means) {
    if (!name.empty()) moved_ |= names_.note(as, name, means);
  }
  void everywhere(std::string_view name, const meaning& means) {
    moved_ |= names_.note_everywhere(name, means);
  }

  void function(oid id, const meaning& means);
  void relation(oid id, const meaning& means);
  void relation_and_children(oid id, const meaning& means);
  // Code that runs where a value becomes one of that type: who has it so names the type.
  void type(oid id, const meaning& means);
  // Code that runs where there is a value of that type: who reads a table with one suffers it too.
  void values(oid type, const meaning& means);
  void operation(oid id, const meaning& means) { moved_ |= add(operations_, id, means); }
  void family(oid id, const meaning& means) { moved_ |= add(families_, id, means); }

  // What it means that this function is run without its name.
  meaning by_function(oid id) const;
  meaning of_relation(oid id) const { return at(relations_, id); }
  meaning of_type(oid id) const { return at(types_, index_.element_of(id)); }
  meaning of_values(oid type) const { return at(values_, index_.element_of(type)); }
  meaning of_operation(oid id) const { return at(operations_, id); }
  meaning of_family(oid id) const { return at(families_, id); }

  bool is_users_type(oid id) const { return index_.type(id) != nullptr; }
  const relation_code* named_relation(oid id) const { return index_.relation(id); }

 private:
  using meanings = std::unordered_map<oid, meaning>;
  static bool add(meanings& to, oid id, const meaning& means);
  static meaning at(const meanings& all, oid id);

  const code_index& index_;
  own_names names_ = {};
  meanings functions_ = {};
  meanings relations_ = {};
  meanings types_ = {};
  meanings values_ = {};
  meanings operations_ = {};
  meanings families_ = {};
  bool moved_ = false;
};

}  // namespace skein::postgres
