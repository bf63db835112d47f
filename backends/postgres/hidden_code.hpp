// What of a database has turned out to hide effects so far, for catalog_maker: functions,
// operators, families of them and types do or do not; relations do so to who reads them, or only to
// who changes them. Each is noted in the catalog under the names that a text would use.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "backends/postgres/catalog_maker.hpp"
#include "backends/postgres/code_index.hpp"

namespace skein::postgres {

// By their numbers; a type's array counts as the type.
class hidden_code {
 public:
  hidden_code(const database_code& code, const code_index& index) : code_(code), index_(index) {}

  const catalog& known() const { return *known_; }
  std::shared_ptr<catalog> take() { return known_; }
  // Something has been hidden since this was asked last.
  bool take_moved() { return std::exchange(moved_, false); }

  void note(std::string_view name, const name_facts& facts);
  void note_all(std::span<const std::string_view> words, const name_facts& facts);
  void note_everywhere();
  void note_defining();
  // ANALYZE, VACUUM and the like reach relations that they do not name,
  void note_upkeep();
  // and TRUNCATE does so with CASCADE.
  void note_truncating() { note("truncate", {.writing = true}); }

  void hide_function(oid id);
  void hide_operator(oid id) { moved_ |= operators_.insert(id).second; }
  void hide_family(oid id) { moved_ |= families_.insert(id).second; }
  void hide_type(oid id);  // nothing where it is the server's own
  void hide_default(oid domain);
  void hide_relation(oid id, const name_facts& facts);
  void hide_with_children(oid relation, const name_facts& facts);

  // Called by its name, or by a trigger.
  bool is_function(oid id) const;
  // Run by an operator, a cast or the like: C that is made for these is taken to be harmless.
  bool is_implicit_function(oid id) const;
  bool is_operator(oid id) const { return operators_.contains(id); }
  bool is_family(oid id) const { return families_.contains(id); }
  bool is_type(oid id) const { return hidden_types_.contains(index_.element_of(id)); }
  name_facts relation_facts(oid id) const;

  bool is_users_type(oid id) const { return index_.type(id) != nullptr; }

 private:
  const database_code& code_;
  const code_index& index_;
  std::shared_ptr<catalog> known_ = std::make_shared<catalog>();
  std::unordered_map<oid, name_facts> relations_ = {};
  std::unordered_set<oid> hidden_functions_ = {};
  std::unordered_set<oid> hidden_types_ = {};
  std::unordered_set<oid> operators_ = {};
  std::unordered_set<oid> families_ = {};
  bool moved_ = false;
};

}  // namespace skein::postgres
