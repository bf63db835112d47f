// What a statement is to routing and to pooling, in front of the scanner a cache: statements that
// differ in values alone are read once. Each core has its own.
//
//   what fits a text seen of late                -> its facts
//   one pass over the bytes -> fingerprint, hint -> facts that were kept, or `placement`,
//   `leavings`
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "backends/facts.hpp"
#include "backends/facts_cache.hpp"
#include "backends/mysql/catalog.hpp"
#include "backends/mysql/leavings.hpp"
#include "backends/mysql/normal_form.hpp"
#include "backends/mysql/outline.hpp"

namespace skein::mysql {

struct read_statement final : statement_facts {
  leavings left = {};
};

class statement_reader {
 public:
  static constexpr std::size_t entries_default = 4096;

  explicit statement_reader(std::size_t entries_max = entries_default);
  statement_reader(const statement_reader&) = delete;
  statement_reader& operator=(const statement_reader&) = delete;

  struct reading {
    std::shared_ptr<const statement_facts> facts = {};  // never null
    const leavings* left = nullptr;                     // never null; lives as long as the facts
    std::string_view hint = {};  // what a comment in the statement tells us; see lexer
  };
  // `database`: the session's current one, by which unqualified names are meant; empty: none.
  // `known`: what is defined; null: nobody knows. Where the facts are kept, nothing is allocated.
  reading read(std::string_view statement, const reading_rules& rules, const std::string& database,
               const catalog* known);

  std::size_t size() const { return cache_.size(); }
  std::uint64_t misses() const { return misses_; }
  void for_each(const auto& visit) const { cache_.for_each(visit); }

 private:
  std::uint64_t number_of(const std::string& database, const catalog* known);

  fingerprint_seed seed_;
  std::uint64_t misses_ = 0;
  // Of the last statement, as the next is like it as a rule.
  std::string database_ = {};
  std::uint64_t catalog_ = 0;
  std::uint64_t number_ = 0;
  facts_cache<outline, reading_rules> cache_;
};

}  // namespace skein::mysql
