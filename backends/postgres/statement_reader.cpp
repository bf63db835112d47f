#include "backends/postgres/statement_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "backends/postgres/digest.hpp"
#include "backends/postgres/placement.hpp"
#include "backends/postgres/plain_query.hpp"

namespace skein::postgres {

namespace {

fingerprint_seed random_seed() {
  const std::string bytes = random_bytes(sizeof(fingerprint_seed));
  fingerprint_seed seed;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

// Of a form in every process the same; 0 is no form's.
std::uint64_t number_of(std::string_view form) {
  if (form.empty()) return 0;
  const sha256_digest digest = sha256(form);
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < sizeof number; ++at) number = number << 8 | digest.at(at);
  return std::max<std::uint64_t>(number, 1);
}

std::shared_ptr<statement_facts> facts_of(placement placed) {
  auto facts = std::make_shared<statement_facts>();
  facts->where = placed.where;
  facts->may_write = placed.may_write;
  facts->why = std::move(placed.why);
  facts->fingerprint = number_of(placed.form);
  facts->form = std::move(placed.form);
  facts->relations = std::move(placed.relations);
  return facts;
}

}  // namespace

statement_reader::statement_reader(std::size_t entries_max)
    : seed_(random_seed()), cache_(entries_max) {}

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
