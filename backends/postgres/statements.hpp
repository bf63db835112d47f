// Prepared statements under pooling. A client's statement is an entry shared by all clients of the
// core with the same text and parameter types; each server connection remembers which entries are
// prepared on it, under names of ours, and forgets the longest unused beyond a limit.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backends/login.hpp"
#include "backends/postgres/effects.hpp"

namespace skein::postgres {

struct statement {
  std::uint32_t number = 0;        // unique on this core while anybody holds the entry
  std::string server_name = {};    // what it is called on servers: see statement_name
  std::string parse_tail = {};     // of the Parse message: text, terminator, parameter types
  effects leaves = {};
  std::string_view text() const;
};
std::string statement_name(std::uint32_t number);  // "skein_<number>"
using statement_ref = std::shared_ptr<const statement>;

// Of one core: finds the entry for a Parse message's tail, or makes it.
class statement_store {
 public:
  statement_ref intern(std::string_view parse_tail, bool standard_strings);
  std::size_t size() const { return entries_.size(); }

 private:
  void sweep();  // entries that nobody holds
  std::unordered_map<std::string_view, std::weak_ptr<const statement>> entries_ = {};
  std::uint32_t next_number_ = 1;
  std::size_t sweep_at_ = 1024;
};

// A client's own names. Small as a rule: a sorted vector.
class statement_names {
 public:
  const statement_ref* find(std::string_view name) const;
  void put(std::string_view name, statement_ref entry);
  void remove(std::string_view name);
  void clear() { names_.clear(); }
  std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::pair<std::string, statement_ref>> names_ = {};
};

// What is prepared on one server connection, last used first.
class prepared_set {
 public:
  explicit prepared_set(std::size_t limit) : limit_(limit) {}
  // Whether it is prepared there; counts as a use.
  bool use(const statement& entry);
  // It is about to be prepared. Over the limit, the entry that must be closed first (its number);
  // 0: none.
  std::uint32_t add(const statement_ref& entry);
  void remove(std::uint32_t number);
  void clear();
  std::size_t size() const { return places_.size(); }

 private:
  std::size_t limit_;
  std::list<statement_ref> order_ = {};
  std::unordered_map<std::uint32_t, std::list<statement_ref>::iterator> places_ = {};
};

}  // namespace skein::postgres
