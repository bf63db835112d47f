#include "backends/mysql/statement_reader.hpp"

#include <utility>

#include "backends/mysql/digest.hpp"
#include "backends/mysql/placement.hpp"
#include "net/secret.hpp"

namespace skein::mysql {

namespace {

std::shared_ptr<read_statement> facts_of(placement placed, leavings left) {
  auto facts = std::make_shared<read_statement>();
  const std::uint64_t number = placed.form.empty() ? 0 : number_of_form(sha256(placed.form).view());
  take_placement(*facts, std::move(placed), number);
  facts->left = std::move(left);
  return facts;
}

statement_reader::reading reading_of(std::shared_ptr<const statement_facts> facts,
                                     std::string_view hint) {
  const leavings* const left = &static_cast<const read_statement&>(*facts).left;
  return {std::move(facts), left, hint};
}

// What such a statement leaves depends on its literal, and so does not hold for its form.
bool holds_for_form(const statement_facts& facts) {
  const auto sets = [&](std::string_view name) { return facts.form.contains(name); };
  return !facts.form.contains("set ") ||
         (!sets("autocommit") && !sets("sql_auto_is_null") && !sets("sql_log_bin"));
}

}  // namespace

statement_reader::statement_reader(std::size_t entries_max)
    : seed_(seed_of(net::random_secret(sizeof(fingerprint_seed)))), cache_(entries_max) {}

std::uint64_t statement_reader::number_of(const std::string& database, const catalog* known) {
  if (known == nullptr) return 0;
  if (known->number() != catalog_ || database != database_) {
    catalog_ = known->number();
    database_ = database;
    number_ = catalog_ << 32 | known->number_of(database);
  }
  return number_;
}

statement_reader::reading statement_reader::read(std::string_view statement,
                                                 const reading_rules& rules,
                                                 const std::string& database,
                                                 const catalog* known) {
  // None of these is kept.
  if (statement.size() > statement_bytes_max)
    return reading_of(facts_of(place_of_long_one(), leavings_of(statement, rules, known, database)),
                      {});
  // The tokens are the same in what is read in another way, and so would be the fingerprint.
  const std::uint64_t with = number_of(database, known) << 2 |
                             (rules.of == flavour::mariadb ? 2U : 0U) |
                             (rules.mode.other_grammar ? 1U : 0U);
  auto& like = cache_.recent_like(statement);
  if (const auto* const kept = cache_.fitting(like, statement, rules, with))
    return reading_of(*kept, {});
  const auto marks = marks_of(statement, rules, seed_);
  if (!marks) return reading_of(facts_of(place_of_broken_one(), leavings_of_unseen()), {});
  const decltype(cache_)::key asked{marks->print, with};
  if (const auto* const kept = cache_.find(asked)) {
    if (marks->hint.empty()) cache_.remember(like, statement, rules);
    return reading_of(*kept, marks->hint);
  }
  ++misses_;
  auto facts = facts_of(place_of(statement, rules, known, database),
                        leavings_of(statement, rules, known, database));
  facts->plain = known != nullptr && facts->where == place::any && facts->left == leavings{};
  if (!holds_for_form(*facts)) return reading_of(std::move(facts), marks->hint);
  cache_.keep(asked, facts);
  if (marks->hint.empty()) cache_.remember(like, statement, rules);
  return reading_of(std::move(facts), marks->hint);
}

}  // namespace skein::mysql
