// The facts of statements by their forms, and in front of them the outlines of texts seen of late:
// where one statement is asked again and again, comparing tells it in a fraction of a lexer's time.
// A dialect's statement reader has one, and each core a reader. Where the facts are kept, nothing
// is allocated. A template, so that a dialect's outline is inlined.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backends/facts.hpp"
#include "backends/fingerprint.hpp"

namespace skein {

// `Outline` is made of a text and the rules by which it is read, and is asked by both what fits.
template <typename Outline, typename Rules>
class facts_cache {
 public:
  // Of forms; a long one costs as much as many short ones.
  static constexpr std::size_t bytes_max = 8UZ << 20;

  using kept_facts = std::shared_ptr<const statement_facts>;
  struct key {
    fingerprint print = {};
    std::uint64_t catalog = 0;  // its number
    bool operator==(const key&) const = default;
  };

  explicit facts_cache(std::size_t entries_max)
      : entries_max_(std::max<std::size_t>(entries_max, 1)) {
    places_.reserve(entries_max_);
  }
  facts_cache(const facts_cache&) = delete;
  facts_cache& operator=(const facts_cache&) = delete;

 private:
  struct entry {
    key of = {};
    kept_facts facts = {};
  };
  using place_of_entry = typename std::list<entry>::iterator;

 public:
  // For one text of all that begin alike: a text that comes again and again takes it.
  struct recent {
    std::optional<Outline> looks = {};
    place_of_entry of = {};
    unsigned others = 0;  // texts that did not fit, since one did
  };
  // By its beginning, which has no values as a rule, and roughly its length.
  recent& recent_like(std::string_view statement) {
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
  // Null: the statement does not fit.
  const kept_facts* fitting(recent& like, std::string_view statement, const Rules& rules,
                            std::uint64_t catalog) {
    if (!like.looks || like.of->of.catalog != catalog || !like.looks->fits(statement, rules))
      return nullptr;
    like.others = 0;
    kept_.splice(kept_.begin(), kept_, like.of);
    return &like.of->facts;
  }
  // Null: none are kept.
  const kept_facts* find(const key& asked) {
    const auto found = places_.find(asked);
    if (found == places_.end()) return nullptr;
    kept_.splice(kept_.begin(), kept_, found->second);
    return &found->second->facts;
  }
  void keep(const key& of, kept_facts facts) {
    bytes_ += facts->form.size();
    kept_.push_front({of, std::move(facts)});
    places_.emplace(of, kept_.begin());
    while (kept_.size() > entries_max_ || bytes_ > bytes_max) forget_last();
  }
  // That the facts found or kept last are those of this text.
  void remember(recent& at, std::string_view statement, const Rules& rules) {
    if (statement.size() > recent_bytes_max || kept_.empty()) return;
    if (at.looks && ++at.others < others_max) return;
    at = {Outline(statement, rules), kept_.begin(), 0};
  }

  std::size_t size() const { return kept_.size(); }
  void for_each(const auto& visit) const {
    for (const auto& each : kept_) visit(each.facts);
  }

 private:
  struct key_hash {
    // Fingerprints are as good as random.
    std::size_t operator()(const key& one) const { return one.print.low ^ one.catalog; }
  };
  static constexpr std::size_t recent_count = 256;
  static constexpr std::size_t recent_bytes_max = 1024;
  static constexpr unsigned others_max = 16;

  void forget_last() {
    for (recent& each : recent_)
      if (each.looks && each.of == std::prev(kept_.end())) each = {};
    bytes_ -= kept_.back().facts->form.size();
    places_.erase(kept_.back().of);
    kept_.pop_back();
  }

  std::size_t entries_max_;
  std::size_t bytes_ = 0;
  std::list<entry> kept_ = {};  // what was asked for last stands first
  std::unordered_map<key, place_of_entry, key_hash> places_ = {};
  std::vector<recent> recent_{recent_count};
};

}  // namespace skein
