// What the use of a name in a statement may run that cannot be seen: the code that a database's
// own relations, types, functions and operators bring along. By bare names, whatever their schema:
// a name is suspected of all that any thing so called does. Made by catalog_maker from what
// catalog_reader reads, and looked into by `effects`. Beside it, what the same names mean for who
// may be asked: `own_names`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "backends/definitions.hpp"
#include "backends/postgres/own_names.hpp"

namespace skein::postgres {

struct name_facts {
  bool reading = false;  // of a relation or type, an operator: whatever names it runs such code
  bool writing = false;  // of a relation: what changes its rows, or itself, does
  bool calling = false;  // of a function: also where the server has one so called
  // A function of one argument, which may also stand behind a dot as a column does.
  bool as_column = false;
  // All functions so called have been read, and leave nothing behind but sequences' values.
  bool seen_through = false;
  bool operator==(const name_facts&) const = default;
};

class catalog final : public skein::catalog {
 public:
  std::string in_words() const override;

  // Adds to what is known of a name, folded as the server keeps it, or of an operator.
  void note(std::string_view name, const name_facts& facts);
  void note_everywhere() { everywhere_ = true; }
  // Whatever defines something runs such code: an event trigger.
  void note_defining() { watches_definitions_ = true; }
  // Of a type whose name is noted as `reading`: Parse messages have types of parameters by number.
  void note_type(std::uint32_t oid) { types_.insert(oid); }

  // Any statement may run such code: an operator or a cast between the server's own types does.
  bool everywhere() const { return everywhere_; }
  bool empty() const { return quiet() && names_.empty(); }
  // No other catalog's.
  std::uint64_t number() const { return number_; }
  // No name does, but those of functions.
  bool quiet() const { return !everywhere_ && !watches_definitions_ && suspects_ == 0; }
  bool watches_definitions() const { return watches_definitions_; }
  // What its names mean for routing.
  const own_names& names() const { return own_; }
  void set_names(own_names names) { own_ = std::move(names); }
  const std::string& digest() const { return digest_; }
  void set_digest(std::string digest) { digest_ = std::move(digest); }
  bool has_columns() const { return has_columns_; }
  bool has_operators() const { return has_operators_; }
  bool has_types() const { return !types_.empty(); }
  bool suspects_type(std::uint32_t oid) const { return types_.contains(oid); }
  name_facts at(std::string_view name) const;
  // False: `at` says neither reading nor writing, in whatever case the word stands. Cheap.
  bool may_matter(std::string_view word) const {
    return everywhere_ || (suspects_ != 0 && marks_[mark_of(word)]);
  }
  std::size_t suspects() const { return suspects_; }

 private:
  // Of its length, its first and its last letter; one for all names that are not ASCII, whose case
  // and encoding are the server's to know.
  static std::size_t mark_of(std::string_view word);
  static std::uint64_t next_number();

  struct by_text {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  std::unordered_map<std::string, name_facts, by_text, std::equal_to<>> names_ = {};
  std::unordered_set<std::uint32_t> types_ = {};
  own_names own_ = {};
  std::string digest_ = {};
  std::array<bool, 4096> marks_ = {};
  std::size_t suspects_ = 0;      // names that matter to who only reads or writes
  bool foreign_letters_ = false;  // one of these is not ASCII
  bool has_columns_ = false;
  bool has_operators_ = false;
  bool everywhere_ = false;
  bool watches_definitions_ = false;
  std::uint64_t number_ = next_number();
};

}  // namespace skein::postgres
