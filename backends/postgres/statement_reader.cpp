#include "backends/postgres/statement_reader.hpp"

#include <utility>

#include "backends/postgres/digest.hpp"
#include "backends/postgres/placement.hpp"
#include "backends/postgres/plain_query.hpp"
#include "net/secret.hpp"

namespace skein::postgres {

namespace {

std::shared_ptr<statement_facts> facts_of(placement placed) {
  auto facts = std::make_shared<statement_facts>();
  const std::uint64_t number =
      placed.form.empty() ? 0 : number_of_form(as_text(sha256(placed.form)));
  take_placement(*facts, std::move(placed), number);
  return facts;
}

}  // namespace

statement_reader::statement_reader(std::size_t entries_max)
    : seed_(seed_of(net::random_secret(sizeof(fingerprint_seed)))), cache_(entries_max) {}

statement_reader::reading statement_reader::read(std::string_view statement, bool standard_strings,
                                                 const catalog* known) {
  // Neither is kept: they are told as fast as found.
  if (statement.size() > statement_bytes_max) return {facts_of(place_of_long_one())};
  const std::uint64_t defined = known ? known->number() : 0;
  auto& like = cache_.recent_like(statement);
  if (const auto* const kept = cache_.fitting(like, statement, standard_strings, defined))
    return {*kept};
  const auto marks = marks_of(statement, standard_strings, seed_);
  if (!marks) return {facts_of(place_of_broken_one())};
  const decltype(cache_)::key asked{marks->print, defined};
  if (const auto* const kept = cache_.find(asked)) {
    if (marks->hint.empty()) cache_.remember(like, statement, standard_strings);
    return {*kept, marks->hint};
  }
  ++misses_;
  auto facts = facts_of(place_of(statement, standard_strings, known ? &known->names() : nullptr));
  facts->plain = facts->where == place::any &&
                 look_for_plain_query(statement, standard_strings, known) == plain_query::reads;
  cache_.keep(asked, facts);
  if (marks->hint.empty()) cache_.remember(like, statement, standard_strings);
  return {std::move(facts), marks->hint};
}

}  // namespace skein::postgres
