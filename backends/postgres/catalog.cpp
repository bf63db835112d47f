#include "backends/postgres/catalog.hpp"

#include <algorithm>
#include <atomic>

#include "backends/postgres/bytes.hpp"
#include "backends/postgres/lexer.hpp"

namespace skein::postgres {

namespace {

bool is_foreign(std::string_view name) {
  return std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

}  // namespace

std::string catalog::in_words() const {
  if (everywhere_) return "every statement may run code that cannot be seen through";
  if (suspects_ == 0 && !watches_definitions_)
    return "no relation brings code along that cannot be seen through";
  const std::string events =
      watches_definitions_ ? ", and so does every change of definitions" : "";
  return std::to_string(suspects_) + " names bring code along that cannot be seen through" + events;
}

std::uint64_t catalog::next_number() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// Names beyond the server's limit are cut by it.
std::size_t catalog::mark_of(std::string_view word) {
  if (word.size() >= short_name::bytes_max || is_foreign(word)) return 0;
  if (word.empty()) return 1;
  const auto first = static_cast<unsigned char>(lower_of(word.front()));
  const auto last = static_cast<unsigned char>(lower_of(word.back()));
  return 2 + ((first * 131U + last * 17U + word.size()) % 4094);
}

void catalog::note(std::string_view name, const name_facts& facts) {
  name_facts& known = names_.try_emplace(std::string(name)).first->second;
  const auto matters = [&] { return known.reading || known.writing; };
  const bool before = matters();
  known.reading |= facts.reading;
  known.writing |= facts.writing;
  known.calling |= facts.calling;
  known.as_column |= facts.as_column;
  known.seen_through |= facts.seen_through;
  has_columns_ |= known.as_column;
  if (before || !matters()) return;
  ++suspects_;
  marks_[mark_of(name)] = true;
  foreign_letters_ |= is_foreign(name);
  has_operators_ |= !name.empty() && is(name.front(), operator_part);
}

name_facts catalog::at(std::string_view name) const {
  const auto found = names_.find(name);
  name_facts known = found == names_.end() ? name_facts{} : found->second;
  if (foreign_letters_ && is_foreign(name)) known.reading = true;
  return known;
}

}  // namespace skein::postgres
