// Prepared statements under pooling. A client's statement is an entry shared by all clients of the
// core with the same text, read the same way; each server connection remembers which entries are
// prepared on it, by the server's own ids, and closes the longest unused beyond a limit.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "backends/lru_numbers.hpp"
#include "backends/mysql/session_state.hpp"
#include "backends/mysql/statement_reader.hpp"

namespace skein::mysql {

struct statement {
  std::uint32_t number = 0;  // unique on this core while anybody holds the entry
  std::string text = {};
  session_state read_with = {};  // session_state::reading, when it was prepared ...
  std::string database = {};     // ... and the current database, by which its names are meant
  mutable std::uint16_t parameters = 0;
  mutable std::uint16_t columns = 0;
  // What a server has answered to its PREPARE, by the shape of answers, with 0 as its id; empty: it
  // is not known, or too long.
  mutable std::array<std::string, 2> replies = {};
  mutable statement_reader::reading routed = {};
  mutable std::uint64_t routed_with = 0;  // the catalog's number

  const statement_reader::reading& reading_with(statement_reader& reader,
                                                const reading_rules& rules,
                                                const catalog* known) const;
};
using statement_ref = std::shared_ptr<const statement>;

// Of one core: finds the entry of a text, or makes it. Holds the entries itself; those that nobody
// else holds go now and then.
class statement_store {
 public:
  statement_ref intern(std::string_view text, const session_state& read_with,
                       std::string_view database);
  // Apart from all others, for who has the entry already.
  statement_ref again(const statement& other);
  // What answers to PREPARE tell of results may be otherwise from now on.
  void tables_change();
  std::size_t size() const { return entries_.size(); }
  void for_each(const auto& visit) const {
    for (const auto& each : entries_) visit(each);
  }

 private:
  struct text_key {
    std::string_view text;
    std::string_view database;
    const session_state& read_with;
    bool operator==(const text_key& other) const {
      return text == other.text && database == other.database && read_with == other.read_with;
    }
  };
  struct by_text {
    using is_transparent = void;
    static text_key key_of(const statement_ref& entry) {
      return {entry->text, entry->database, entry->read_with};
    }
    static const text_key& key_of(const text_key& key) { return key; }
    std::size_t operator()(const auto& one) const {
      return std::hash<std::string_view>()(key_of(one).text);
    }
    bool operator()(const auto& one, const auto& other) const {
      return key_of(one) == key_of(other);
    }
  };
  void sweep();

  std::unordered_set<statement_ref, by_text, by_text> entries_ = {};
  std::uint32_t last_number_ = 0;
  std::size_t bytes_ = 0;
  std::size_t sweep_at_bytes_ = 4UZ << 20;
};

// Of one server connection.
struct prepared_there {
  statement_ref entry = {};
  std::uint32_t id = 0;
  std::string types = {};  // of the parameters that it was executed with last
};
using prepared_set = lru_numbers<prepared_there>;

}  // namespace skein::mysql
