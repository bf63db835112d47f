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
    : seed_(random_seed()), entries_max_(std::max<std::size_t>(entries_max, 1)) {
  places_.reserve(entries_max_);
}

statement_reader::reading statement_reader::read(std::string_view statement, bool standard_strings,
                                                 const catalog* known) {
  // Neither is kept: they are told as fast as found.
  if (statement.size() > statement_bytes_max) return {facts_of(place_of_long_one())};
  const std::uint64_t defined = known ? known->number() : 0;
  recent& like = recent_like(statement);
  if (like.looks && like.of->of.catalog == defined &&
      like.looks->fits(statement, standard_strings)) {
    like.others = 0;
    kept_.splice(kept_.begin(), kept_, like.of);
    return {like.of->facts};
  }
  const auto marks = marks_of(statement, standard_strings, seed_);
  if (!marks) return {facts_of(place_of_broken_one())};
  const key asked{marks->print, defined};
  if (const auto found = places_.find(asked); found != places_.end()) {
    kept_.splice(kept_.begin(), kept_, found->second);
    if (marks->hint.empty()) remember(like, statement, standard_strings, found->second);
    return {found->second->facts, marks->hint};
  }
  ++misses_;
  auto facts = facts_of(place_of(statement, standard_strings, known ? &known->names() : nullptr));
  facts->plain = facts->where == place::any &&
                 look_for_plain_query(statement, standard_strings, known) == plain_query::reads;
  keep(asked, facts);
  if (marks->hint.empty()) remember(like, statement, standard_strings, kept_.begin());
  return {std::move(facts), marks->hint};
}

// By its beginning, which has no values as a rule, and roughly its length.
statement_reader::recent& statement_reader::recent_like(std::string_view statement) {
  constexpr std::size_t words = 4;
  std::uint64_t mixed = statement.size() / 32;
  for (std::size_t at = 0; at < words && statement.size() >= sizeof mixed; ++at) {
    std::uint64_t word = 0;
    std::memcpy(&word, statement.data(), sizeof word);
    mixed = (mixed ^ word) * 0x9e3779b97f4a7c15;
    mixed ^= mixed >> 32;
    statement.remove_prefix(sizeof word);
  }
  return recent_[mixed % recent_count];
}

void statement_reader::remember(recent& at, std::string_view statement, bool standard_strings,
                                place_of_entry of) {
  if (statement.size() > recent_bytes_max) return;
  if (at.looks && ++at.others < others_max) return;
  at = {outline(statement, standard_strings), of, 0};
}

void statement_reader::keep(const key& of, std::shared_ptr<const statement_facts> facts) {
  bytes_ += facts->form.size();
  kept_.push_front({of, std::move(facts)});
  places_.emplace(of, kept_.begin());
  while (kept_.size() > entries_max_ || bytes_ > bytes_max) forget_last();
}

void statement_reader::forget_last() {
  for (recent& each : recent_)
    if (each.looks && each.of == std::prev(kept_.end())) each = {};
  bytes_ -= kept_.back().facts->form.size();
  places_.erase(kept_.back().of);
  kept_.pop_back();
}

}  // namespace skein::postgres
