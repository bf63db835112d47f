#include "backends/postgres/statements.hpp"

#include <algorithm>

namespace skein::postgres {

namespace {

// What an entry takes beside its text, roughly.
constexpr std::size_t entry_bytes = 512;
constexpr std::size_t sweep_at_bytes_min = 4UZ << 20;

// As if nobody else had the statement.
std::size_t bytes_of(std::string_view name, const statement& entry) {
  return entry_bytes + name.size() + entry.parse_tail.size();
}

}  // namespace

const statement_reader::reading& statement::reading_with(statement_reader& reader,
                                                         const catalog* known) const {
  if (!routed.facts || routed_with != known->number()) {
    routed = reader.read(text(), standard_strings, known);
    routed_with = known->number();
  }
  return routed;
}

std::string_view statement::text() const {
  return std::string_view(parse_tail).substr(0, parse_tail.find('\0'));
}

std::string statement_name(std::uint32_t number) {
  return "skein_" + std::to_string(number);
}

statement_store::text_key statement_store::by_text::key_of(const statement_ref& entry) {
  const std::uint32_t target = entry->runs ? entry->runs->number : 0;
  return {entry->parse_tail, entry->standard_strings, entry->read_with,
          entry->is_found_by_text() ? target : entry->number};
}

statement_ref statement_store::intern(std::string_view parse_tail, bool standard_strings,
                                      const session_state& settings) {
  const session_state read_with = settings.reading();
  const auto found = entries_.find(text_key{parse_tail, standard_strings, read_with, 0});
  if (found != entries_.end() && (*found)->era == era_) return *found;
  if (found != entries_.end()) (*found)->past = true;
  return add({.parse_tail = std::string(parse_tail),
              .standard_strings = standard_strings,
              .read_with = read_with,
              .era = era_});
}

statement_ref statement_store::make_unshared(std::string_view parse_tail, bool standard_strings) {
  return add({.parse_tail = std::string(parse_tail),
              .standard_strings = standard_strings,
              .shared = false});
}

statement_ref statement_store::renew(const statement& stale) {
  return stale.shared ? intern(stale.parse_tail, stale.standard_strings, stale.read_with)
                      : make_unshared(stale.parse_tail, stale.standard_strings);
}

statement_ref statement_store::make_unkept(std::string_view beginning, effects leaves) {
  return add({.parse_tail = std::string(beginning),
              .shared = false,
              .kept = false,
              .leaves = std::move(leaves)});
}

// What it says beside the name is read by the server when it runs, whatever was set at its Parse.
statement_ref statement_store::aim(const statement& execute, const statement_ref& target) {
  std::string tail = execute.parse_tail;
  const text_range at = execute.leaves.name_at;
  tail.replace(at.begin, at.end - at.begin, target->server_name);
  const session_state any;
  const text_key key{tail, execute.standard_strings, any, target->number};
  const auto found = entries_.find(key);
  if (found != entries_.end()) return *found;
  return add({.parse_tail = std::move(tail),
              .standard_strings = execute.standard_strings,
              .runs = target});
}

const effects& statement::leaves_with(const catalog* known, std::uint64_t reading_now) const {
  if (reading != reading_now && kept) {
    if (runs) runs->leaves_with(known, reading_now);
    read(known);
    reading = reading_now;
  }
  return leaves;
}

void statement::read(const catalog* known) const {
  leaves = effects_of_parse(parse_tail, standard_strings, known);
  if (!runs) return;
  join(leaves, runs->leaves);
  leaves.how = handling::plain;
}

statement_ref statement_store::add(statement made) {
  if (bytes_ >= sweep_at_bytes_) sweep();
  do {
    if (++last_number_ == 0) numbers_wrapped_ = true;
  } while (last_number_ == 0 || (numbers_wrapped_ && is_taken(last_number_)));
  made.number = last_number_;
  made.server_name = statement_name(made.number);
  if (made.kept) made.read(nullptr);
  bytes_ += entry_bytes + made.parse_tail.size();
  return *entries_.insert(std::make_shared<const statement>(std::move(made))).first;
}

bool statement_store::is_taken(std::uint32_t number) const {
  return std::ranges::any_of(entries_, [&](const auto& entry) { return entry->number == number; });
}

void statement_store::sweep() {
  std::erase_if(entries_, [&](const statement_ref& entry) {
    if (entry.use_count() != 1) return false;
    bytes_ -= entry_bytes + entry->parse_tail.size();
    return true;
  });
  sweep_at_bytes_ = std::max(sweep_at_bytes_min, 2 * bytes_);
}

const statement_ref* statement_names::find(std::string_view name) const {
  const auto place = names_.find(name);
  return place == names_.end() ? nullptr : &place->second;
}

void statement_names::put(std::string_view name, statement_ref entry) {
  remove(name);
  bytes_ += bytes_of(name, *entry);
  unkept_ += !entry->kept;
  names_.emplace(name, std::move(entry));
}

void statement_names::remove(std::string_view name) {
  const auto place = names_.find(name);
  if (place == names_.end()) return;
  bytes_ -= bytes_of(name, *place->second);
  unkept_ -= !place->second->kept;
  names_.erase(place);
}

void statement_names::clear() {
  names_.clear();
  bytes_ = unkept_ = 0;
}

void statement_names::replace(const statement& old, const statement_ref& fresh) {
  for (auto& [name, entry] : names_)
    if (entry.get() == &old) entry = fresh;
}

void statement_names::give(std::string_view name, statement_ref entry) {
  changes_.emplace_back(name, nullptr);
  put(name, std::move(entry));
}

void statement_names::take(std::string_view name) {
  const statement_ref* found = find(name);
  changes_.emplace_back(name, found ? *found : nullptr);
  remove(name);
}

void statement_names::confirm() {
  settle(1);
}

void statement_names::undo(std::size_t count) {
  for (std::size_t i = settled_ + count; i > settled_; --i) {
    auto& [name, before] = changes_[i - 1];
    remove(name);
    if (before) put(name, std::move(before));
  }
  settle(count);
}

void statement_names::settle(std::size_t count) {
  settled_ += count;
  if (settled_ != changes_.size()) return;
  changes_ = {};
  settled_ = ended_ = 0;
}

void statement_names::end_batch() {
  ended_ = changes_.size();
}

bool statement_names::unsure(std::string_view name) const {
  if (ended_ <= settled_) return false;
  const auto ended = std::span(changes_).subspan(settled_, ended_ - settled_);
  return std::ranges::any_of(ended, [&](const auto& change) { return change.first == name; });
}

}  // namespace skein::postgres
