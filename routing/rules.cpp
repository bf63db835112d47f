#include "routing/rules.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <atomic>
#include <bit>

namespace skein::routing {

namespace {

bool names(const std::vector<std::string>& list, std::string_view one) {
  return list.empty() || std::ranges::find(list, one) != list.end();
}

bool goes_by_client_alone(const rule_match& match) {
  return match.queries.empty() && match.fingerprints.empty() && match.tables.empty();
}

bool fits(const rule_match& match, const client_facts& who) {
  const auto holds = [&](const network& range) { return range.holds(who.from); };
  return names(match.users, who.user) && names(match.databases, who.database) &&
         names(match.applications, who.application) &&
         (match.networks.empty() || std::ranges::any_of(match.networks, holds));
}

bool is_named(std::string_view table, std::string_view relation) {
  if (relation == table) return true;
  return !table.contains('.') && relation.substr(relation.rfind('.') + 1) == table;
}

bool fits_relations(const std::vector<std::string>& tables,
                    const std::vector<std::string>& relations) {
  return tables.empty() || std::ranges::any_of(tables, [&](const std::string& table) {
           return std::ranges::any_of(
               relations, [&](const std::string& each) { return is_named(table, each); });
         });
}

bool fits_fingerprint(const std::vector<std::uint64_t>& list, std::uint64_t fingerprint) {
  return list.empty() || (fingerprint != 0 && std::ranges::find(list, fingerprint) != list.end());
}

std::uint64_t next_edition() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

re2::RE2::Options how_to_match() {
  re2::RE2::Options how;
  how.set_case_sensitive(false);
  how.set_never_capture(true);
  how.set_log_errors(false);
  how.set_max_mem(rules::pattern_bytes_max);
  return how;
}

}  // namespace

struct rules::compiled {
  rule what = {};
  std::vector<std::unique_ptr<const re2::RE2>> patterns = {};
  std::unique_ptr<token_bucket> bucket = {};

  bool fits_form(std::string_view form) const {
    if (patterns.empty()) return true;
    if (form.empty()) return false;  // it could not be read, so nobody knows
    const re2::StringPiece text(form.data(), form.size());
    return std::ranges::any_of(
        patterns, [&](const auto& each) { return re2::RE2::PartialMatch(text, *each); });
  }
  bool fits(const statement_facts& facts) const {
    return fits_fingerprint(what.match.fingerprints, facts.fingerprint) &&
           fits_relations(what.match.tables, facts.relations) && fits_form(facts.form);
  }
};

rules::rules() : edition_(next_edition()) {}
rules::~rules() = default;

std::expected<std::shared_ptr<const rules>, std::string> rules::make(std::vector<rule> all) {
  if (all.size() > most) {
    return std::unexpected("there are more than " + std::to_string(most) + " rules");
  }
  std::shared_ptr<rules> made(new rules);
  for (rule& each : all) {
    compiled& one = made->all_.emplace_back();
    for (const std::string& query : each.match.queries) {
      one.patterns.push_back(std::make_unique<re2::RE2>(query, how_to_match()));
      if (one.patterns.back()->ok()) continue;
      return std::unexpected("the query \"" + query + "\" of \"" + each.name +
                             "\" is no regular expression: " + one.patterns.back()->error());
    }
    if (each.limit) one.bucket = std::make_unique<token_bucket>(*each.limit);
    if (goes_by_client_alone(each.match)) {
      made->by_client_alone_ |= 1ULL << (made->all_.size() - 1);
    }
    one.what = std::move(each);
  }
  return made;
}

std::size_t rules::size() const {
  return all_.size();
}

const rule& rules::at(std::size_t which) const {
  return all_[which].what;
}

std::uint64_t rules::of_client(const client_facts& who) const {
  std::uint64_t fitting = 0;
  for (std::size_t at = 0; at < all_.size(); ++at) {
    if (fits(all_[at].what.match, who)) fitting |= 1ULL << at;
  }
  return fitting;
}

std::uint64_t rules::look_at(const statement_facts& facts) const {
  std::uint64_t fitting = 0;
  for (std::size_t at = 0; at < all_.size(); ++at) {
    if (all_[at].fits(facts)) fitting |= 1ULL << at;
  }
  return fitting;
}

std::optional<std::size_t> rules::first(std::uint64_t of_client, std::uint64_t of_statement) {
  const std::uint64_t both = of_client & of_statement;
  if (both == 0) return std::nullopt;
  return static_cast<std::size_t>(std::countr_zero(both));
}

bool rules::admits(std::size_t which, moment now) const {
  const auto& bucket = all_[which].bucket;
  return !bucket || bucket->draw(now);
}

}  // namespace skein::routing
