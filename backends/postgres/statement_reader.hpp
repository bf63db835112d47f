// What a statement is to routing, in front of the grammar a cache: statements that differ in values
// alone are read once. Each core has its own.
//
//   what fits a text seen of late                -> its facts
//   one pass over the bytes -> fingerprint, hint -> facts that were kept, or `placement`
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "backends/facts.hpp"
#include "backends/facts_cache.hpp"
#include "backends/postgres/catalog.hpp"
#include "backends/postgres/normal_form.hpp"
#include "backends/postgres/outline.hpp"

namespace skein::postgres {

class statement_reader {
 public:
  static constexpr std::size_t entries_default = 4096;

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

  std::size_t size() const { return cache_.size(); }
  std::uint64_t misses() const { return misses_; }
  void for_each(const auto& visit) const { cache_.for_each(visit); }

 private:
  fingerprint_seed seed_;
  std::uint64_t misses_ = 0;
  facts_cache<outline, bool> cache_;
};

}  // namespace skein::postgres
