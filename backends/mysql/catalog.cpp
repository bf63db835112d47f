#include "backends/mysql/catalog.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "backends/mysql/bytes.hpp"
#include "backends/mysql/statement_tokens.hpp"

namespace skein::mysql {

namespace {

// In bytes; the server's limit is 64 characters.
constexpr std::size_t name_bytes_max = 256;
// No name has it.
constexpr char between = '\0';

}  // namespace

std::uint64_t catalog::next_number() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

std::string catalog::in_words() const {
  const auto views = std::ranges::count_if(
      relations_, [](const auto& each) { return !each.second.read.why.empty(); });
  const auto code =
      std::ranges::count_if(routines_, [](const auto& each) { return !each.second.why.empty(); });
  return "of " + std::to_string(relations_.size()) + " relations " + std::to_string(views) +
         " and of " + std::to_string(routines_.size()) + " routines " + std::to_string(code) +
         " are the leader's alone";
}

void add(meaning& to, const meaning& more) {
  if (!more.why.empty() && (to.why.empty() || more.kind > to.kind)) {
    to.why = more.why;
    to.far = more.far;
  }
  to.kind = std::max(to.kind, more.kind);
  to.may_write |= more.may_write;
  to.hides |= more.hides;
}

std::string full_name(std::string_view written, std::string_view database) {
  if (written.contains('.') || database.empty()) return std::string(written);
  return std::string(database) + '.' + std::string(written);
}

// Letters beyond ASCII are left as they are: a name that is written with others of them is not
// found, and so not known.
std::string catalog::folded(std::string_view name) const {
  return folds_ ? in_lower_case(name) : std::string(name);
}

std::string catalog::key_of(std::string_view database, std::string_view name) const {
  return folded(database) + between + std::string(name);
}

std::uint32_t catalog::number_of(std::string_view database) const {
  if (database.size() > name_bytes_max) return 0;
  std::array<char, name_bytes_max> lower;
  if (folds_) {
    std::ranges::transform(database, lower.begin(), lower_of);
    database = {lower.data(), database.size()};
  }
  const auto found = databases_.find(database);
  return found == databases_.end() ? 0 : found->second;
}

const relation_meaning* catalog::relation(std::string_view written,
                                          std::string_view database) const {
  const auto dot = written.find('.');
  if (dot == std::string_view::npos) return relation_in(database, written);
  if (!dotted_.empty() && dotted_.contains(folded(written))) return nullptr;
  return relation_in(written.substr(0, dot), written.substr(dot + 1));
}

const relation_meaning* catalog::relation_in(std::string_view database,
                                             std::string_view name) const {
  const auto found = relations_.find(key_of(database, folded(name)));
  return found == relations_.end() ? nullptr : &found->second;
}

const meaning* catalog::find(routine what, const function_use& called,
                             std::string_view database) const {
  const bool bare = called.schema.empty();
  if (bare && what == routine::function && (!loaded_known_ || loaded_.contains(called.name)))
    return nullptr;
  const auto found = routines_.find(static_cast<char>(what) +
                                    key_of(bare ? database : called.schema, called.name));
  return found == routines_.end() ? nullptr : &found->second;
}

void catalog::add_database(std::string_view name) {
  databases_.try_emplace(folded(name), static_cast<std::uint32_t>(databases_.size() + 1));
}

void catalog::add_relation(std::string_view database, std::string_view name,
                           relation_meaning means) {
  std::string lower = folded(name);
  if (lower.contains('.')) dotted_.insert(lower);
  relations_.insert_or_assign(key_of(database, lower), std::move(means));
}

void catalog::add_routine(routine what, std::string_view database, std::string_view name,
                          meaning means) {
  routines_.insert_or_assign(static_cast<char>(what) + key_of(database, in_lower_case(name)),
                             std::move(means));
}

void catalog::add_loaded(std::string_view name) {
  loaded_.insert(in_lower_case(name));
}

}  // namespace skein::mysql
