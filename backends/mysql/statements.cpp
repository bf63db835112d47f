#include "backends/mysql/statements.hpp"

#include <algorithm>

namespace skein::mysql {

namespace {

// What an entry takes beside its text, roughly.
constexpr std::size_t entry_bytes = 512;
constexpr std::size_t sweep_at_bytes_min = 4UZ << 20;

}  // namespace

const statement_reader::reading& statement::reading_with(statement_reader& reader,
                                                         const reading_rules& rules,
                                                         const catalog* known) const {
  const std::uint64_t with = known ? known->number() : 0;
  if (!routed.facts || routed_with != with) {
    routed = reader.read(text, rules, database, known);
    routed_with = with;
  }
  return routed;
}

statement_ref statement_store::intern(std::string_view text, const session_state& read_with,
                                      std::string_view database) {
  const session_state reading = read_with.reading();
  const auto found = entries_.find(text_key{text, database, reading});
  if (found != entries_.end()) return *found;
  if (bytes_ >= sweep_at_bytes_) sweep();
  bytes_ += entry_bytes + text.size();
  statement made;
  made.number = ++last_number_;
  made.text = text;
  made.read_with = reading;
  made.database = database;
  return *entries_.insert(std::make_shared<const statement>(std::move(made))).first;
}

statement_ref statement_store::again(const statement& other) {
  auto made = std::make_shared<statement>(other);
  made->number = ++last_number_;
  return made;
}

void statement_store::tables_change() {
  for (const auto& each : entries_) each->replies = {};
}

void statement_store::sweep() {
  std::erase_if(entries_, [&](const statement_ref& entry) {
    if (entry.use_count() != 1) return false;
    bytes_ -= entry_bytes + entry->text.size();
    return true;
  });
  sweep_at_bytes_ = std::max(sweep_at_bytes_min, 2 * bytes_);
}

}  // namespace skein::mysql
