// Prepared statements under pooling. A client's statement is an entry shared by all clients of the
// core with the same text and parameter types; each server connection remembers which entries are
// prepared on it, under names of ours, and forgets the longest unused beyond a limit.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "backends/lru_numbers.hpp"
#include "backends/postgres/effects.hpp"
#include "backends/postgres/session_state.hpp"
#include "backends/postgres/statement_reader.hpp"

namespace skein::postgres {

struct statement {
  std::uint32_t number = 0;      // unique on this core while anybody holds the entry
  std::string server_name = {};  // what it is called on servers: see statement_name
  std::string parse_tail = {};   // of the Parse message: text, terminator, parameter types
  bool standard_strings = true;  // how its text was read
  session_state read_with = {};  // and under which settings: session_state::reading
  bool shared = true;
  std::uint64_t era = 0;  // the store's when it was made: see `tables_change`
  bool kept = true;       // false: of a text that is too long; one server has it, and nobody else
  mutable bool past = false;                   // the text has an entry of a later era
  mutable bool stale = false;                  // its results have changed: see `renew`
  std::shared_ptr<const statement> runs = {};  // its text is EXECUTE of this one's server_name
  mutable effects leaves = {};        // as its text tells, with what was known when it was read
  mutable std::uint64_t reading = 0;  // database_memory's
  // Of the same text with what is known now.
  const effects& leaves_with(const catalog* known, std::uint64_t reading_now) const;
  void read(const catalog* known) const;
  // What it is to routing, with what is known now.
  mutable statement_reader::reading routed = {};
  mutable std::uint64_t routed_with = 0;  // the catalog's number
  const statement_reader::reading& reading_with(statement_reader& reader,
                                                const catalog* known) const;
  std::string_view text() const;
  bool is_found_by_text() const { return shared && !past && !stale; }
};
std::string statement_name(std::uint32_t number);  // "skein_<number>"
using statement_ref = std::shared_ptr<const statement>;

// Of one core: finds the entry for a Parse message's tail, or makes it. Holds the entries itself;
// those that nobody else holds go now and then.
class statement_store {
 public:
  explicit(false) statement_store(std::uint32_t last_number = 0) : last_number_(last_number) {}
  statement_ref intern(std::string_view parse_tail, bool standard_strings,
                       const session_state& settings);
  // For a text that is prepared while it is not certain what settings are in force: nobody else is
  // given this entry.
  statement_ref make_unshared(std::string_view parse_tail, bool standard_strings);
  // Results of what is prepared may be others from now on, or not: who holds an entry keeps it, who
  // comes for a text is given one of the new era.
  void tables_change() { ++era_; }
  // In place of a stale entry: the same text, read the same way, which servers have to prepare
  // anew.
  statement_ref renew(const statement& stale);
  // For a text that only its server keeps.
  statement_ref make_unkept(std::string_view beginning, effects leaves);
  // For an EXECUTE: the same of another's name on servers.
  statement_ref aim(const statement& execute, const statement_ref& target);
  std::size_t size() const { return entries_.size(); }
  void for_each(const auto& visit) const {
    for (const auto& each : entries_) visit(each);
  }

 private:
  struct text_key {
    std::string_view parse_tail;
    bool standard_strings;
    const session_state& read_with;
    std::uint32_t apart;  // not found by its text: its number; aimed: its target's; else 0
    bool operator==(const text_key& other) const {
      return apart == other.apart && standard_strings == other.standard_strings &&
             read_with == other.read_with && parse_tail == other.parse_tail;
    }
  };
  struct by_text {
    using is_transparent = void;
    static text_key key_of(const statement_ref& entry);
    static const text_key& key_of(const text_key& key) { return key; }
    static const text_key& key_of(text_key&& key) = delete;
    // Of what never changes: an entry that is found no more stays in its place.
    std::size_t operator()(const auto& one) const {
      return std::hash<std::string_view>()(key_of(one).parse_tail);
    }
    bool operator()(const auto& one, const auto& other) const {
      return key_of(one) == key_of(other);
    }
  };
  statement_ref add(statement made);
  bool is_taken(std::uint32_t number) const;
  void sweep();

  std::unordered_set<statement_ref, by_text, by_text> entries_ = {};
  std::uint32_t last_number_;
  std::uint64_t era_ = 0;
  bool numbers_wrapped_ = false;
  std::size_t bytes_ = 0;  // that the entries take: their texts may be long
  std::size_t sweep_at_bytes_ = 4UZ << 20;
};

// A client's own names, and what the statements under them take. Messages give and take names
// before their replies are known; each such change stands once it is confirmed, in order, or never
// happened.
class statement_names {
 public:
  const statement_ref* find(std::string_view name) const;
  void give(std::string_view name, statement_ref entry);
  void take(std::string_view name);
  void confirm();                // the oldest change
  void undo(std::size_t count);  // the oldest ones
  void end_batch();              // what comes behind this Sync is carried out whatever came before
  // It was changed before the last Sync, and whether that stands is still to be told.
  bool unsure(std::string_view name) const;
  // For good, and at once.
  void remove(std::string_view name);
  void clear();
  // Whatever stands for `old` stands for `fresh`, which has the same text.
  void replace(const statement& old, const statement_ref& fresh);
  std::size_t size() const { return names_.size(); }
  std::size_t bytes() const { return bytes_; }
  // One stands for a statement that only its server keeps.
  bool needs_server() const { return unkept_ != 0; }

 private:
  void put(std::string_view name, statement_ref entry);
  void settle(std::size_t count);

  std::map<std::string, statement_ref, std::less<>> names_ = {};
  std::size_t bytes_ = 0;
  std::size_t unkept_ = 0;
  // Of each change: the name, and what it stood for before. The first ones are settled, the next up
  // to the end of the last batch are unsure for what comes now.
  std::vector<std::pair<std::string, statement_ref>> changes_ = {};
  std::size_t settled_ = 0;
  std::size_t ended_ = 0;
};

// What is prepared on one server connection, last used first.
class prepared_set {
 public:
  explicit prepared_set(std::size_t limit) : kept_(limit) {}
  // Whether it is prepared there; counts as a use.
  bool use(const statement& entry) { return kept_.use(entry.number) != nullptr; }
  // It is about to be prepared. Over the limit, the entry that must be closed first (its number);
  // 0: none.
  std::uint32_t add(const statement_ref& entry) {
    if (use(*entry)) return 0;
    const auto oldest = kept_.add(entry->number, entry);
    return oldest ? (*oldest)->number : 0;
  }
  void remove(std::uint32_t number) { kept_.remove(number); }
  statement_ref find(std::uint32_t number) const {
    const statement_ref* const found = kept_.find(number);
    return found ? *found : nullptr;
  }
  std::uint32_t oldest() const { return kept_.oldest() ? (*kept_.oldest())->number : 0; }
  void clear() { kept_.clear(); }
  std::size_t size() const { return kept_.size(); }

 private:
  lru_numbers<statement_ref> kept_;
};

}  // namespace skein::postgres
