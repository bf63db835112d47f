// What a server's databases define, as far as it matters who runs a statement and what that leaves
// in its session: all relations, functions and procedures by their full names, and of those that
// have code in them what it does. One of the whole server: a statement may name any database. Made
// by catalog_maker from what catalog_reader reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "backends/definitions.hpp"
#include "backends/mysql/deeds.hpp"

namespace skein::mysql {

// What the use of a name means.
struct meaning {
  deed kind = deed::reads;  // that it makes of a statement which only reads
  std::string why = {};     // goes on behind the name; empty: any member may be asked
  bool far = false;         // `why` names what makes the difference, which is something else
  bool may_write = false;
  bool hides = false;  // it may leave in its session what no text of the client's tells
  bool operator==(const meaning&) const = default;
};
// Of two reasons that of the worse kind counts, else the first.
void add(meaning& to, const meaning& more);
struct relation_meaning {
  meaning read = {};
  bool hides_writing = false;  // likewise who changes its rows: by a trigger
  bool operator==(const relation_meaning&) const = default;
};
// With its database: "s.t". Without a current one as it is written.
std::string full_name(std::string_view written, std::string_view database);

enum class routine : char { function = 'f', procedure = 'p' };

class catalog final : public skein::catalog {
 public:
  // `folds`: the server's lower_case_table_names is not 0.
  explicit catalog(bool folds) : folds_(folds) {}
  std::string in_words() const override;

  // No other catalog's.
  std::uint64_t number() const { return number_; }
  const std::string& digest() const { return digest_; }
  void set_digest(std::string digest) { digest_ = std::move(digest); }

  // 0: it is none of the server's. Nothing is allocated.
  std::uint32_t number_of(std::string_view database) const;
  // `written`: as `deeds` has it, "t" or "s.t"; `database` is the current one. Null: nobody knows
  // it.
  const relation_meaning* relation(std::string_view written, std::string_view database) const;
  const relation_meaning* relation_in(std::string_view database, std::string_view name) const;
  // Null: nobody knows it, or it is not certain that this one is meant.
  const meaning* find(routine what, const function_use& called, std::string_view database) const;

  void add_database(std::string_view name);
  void add_relation(std::string_view database, std::string_view name, relation_meaning means);
  void add_routine(routine what, std::string_view database, std::string_view name, meaning means);
  // A function that a library has brought along; it is found before those of databases.
  void add_loaded(std::string_view name);
  // Which these are could not be read: any bare name may be one of them.
  void hide_loaded() { loaded_known_ = false; }

 private:
  struct by_text {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <typename Value>
  using by_name = std::unordered_map<std::string, Value, by_text, std::equal_to<>>;

  static std::uint64_t next_number();
  std::string folded(std::string_view name) const;
  std::string key_of(std::string_view database, std::string_view name) const;

  bool folds_;
  bool loaded_known_ = true;
  std::uint64_t number_ = next_number();
  std::string digest_ = {};
  by_name<std::uint32_t> databases_ = {};
  by_name<relation_meaning> relations_ = {};
  by_name<meaning> routines_ = {};
  std::unordered_set<std::string> loaded_ = {};
  // Relations whose own name has a dot: what is written does not tell it from another's database.
  std::unordered_set<std::string> dotted_ = {};
};

}  // namespace skein::mysql
