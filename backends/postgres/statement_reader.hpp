// What a statement is to routing, in front of the grammar a cache: statements that differ in values
// alone are read once. Each core has its own.
//
//   what fits a text seen of late                -> its facts
//   one pass over the bytes -> fingerprint, hint -> facts that were kept, or `placement`
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backends/facts.hpp"
#include "backends/postgres/catalog.hpp"
#include "backends/postgres/normal_form.hpp"
#include "backends/postgres/outline.hpp"

namespace skein::postgres {

class statement_reader {
 public:
  static constexpr std::size_t entries_default = 4096;
  // Of forms; a long one costs as much as many short ones.
  static constexpr std::size_t bytes_max = 8UZ << 20;

  explicit statement_reader(std::size_t entries_max = entries_default);
  statement_reader(const statement_reader&) = delete;
  statement_reader& operator=(const statement_reader&) = delete;

  struct reading {
    std::shared_ptr<const statement_facts> facts = {};  // never null
    std::string_view hint = {};  // what a comment in the statement tells us; see lexer
  };
  // `known`: what the statement's database defines; null: nobody knows. Where the facts are kept,
  // nothing is allocated.
  reading read(std::string_view statement, bool standard_strings, const catalog* known);

  std::size_t size() const { return kept_.size(); }
  std::uint64_t misses() const { return misses_; }
  void for_each(const auto& visit) const {
    for (const auto& each : kept_) visit(each.facts);
  }

 private:
  struct key {
    fingerprint print = {};
    std::uint64_t catalog = 0;  // its number
    bool operator==(const key&) const = default;
  };
  struct key_hash {
    // Fingerprints are as good as random.
    std::size_t operator()(const key& one) const { return one.print.low ^ one.catalog; }
  };
  struct entry {
    key of = {};
    std::shared_ptr<const statement_facts> facts = {};
  };

  using place_of_entry = std::list<entry>::iterator;

  // For one text of all that begin alike: a text that comes again and again takes it.
  struct recent {
    std::optional<outline> looks = {};
    place_of_entry of = {};
    unsigned others = 0;  // texts that did not fit, since one did
  };
  static constexpr std::size_t recent_count = 256;
  static constexpr std::size_t recent_bytes_max = 1024;
  static constexpr unsigned others_max = 16;

  recent& recent_like(std::string_view statement);
  void remember(recent& at, std::string_view statement, bool standard_strings, place_of_entry of);
  void keep(const key& of, std::shared_ptr<const statement_facts> facts);
  void forget_last();

  fingerprint_seed seed_;
  std::size_t entries_max_;
  std::size_t bytes_ = 0;
  std::uint64_t misses_ = 0;
  std::list<entry> kept_ = {};  // what was asked for last stands first
  std::unordered_map<key, place_of_entry, key_hash> places_ = {};
  std::vector<recent> recent_{recent_count};
};

}  // namespace skein::postgres
