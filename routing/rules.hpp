// What people say of routing beyond the policy: rules, of which the first that fits a statement
// counts. Matching is in two halves, so that a query costs an AND: which rules fit the client is
// asked once a session, which fit the statement once a form of statement and core.
//
// A rule's `queries` are matched by RE2, in time that grows with the text alone, anywhere in
// `statement_facts::form` and whatever the case: in lower case, one blank between two tokens, '?'
// for a text, 1 for a number, one literal for a list of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/facts.hpp"
#include "backends/login_rules.hpp"
#include "routing/freshness.hpp"
#include "routing/plan.hpp"
#include "routing/token_bucket.hpp"

namespace skein::routing {

// All that are named must fit, and of one list any; an empty list says nothing.
struct rule_match {
  std::vector<std::string> users = {};
  std::vector<std::string> databases = {};
  std::vector<std::string> applications = {};
  std::vector<network> networks = {};
  std::vector<std::string> queries = {};         // regular expressions, see above
  std::vector<std::uint64_t> fingerprints = {};  // of `statement_facts`
  // "t": a relation of that name in whatever schema; "s.t": one that is written so. As the database
  // folds names.
  std::vector<std::string> tables = {};
};

struct rule {
  std::string name = {};
  rule_match match = {};
  destination to = {};
  std::optional<freshness> fresh = {};
  std::optional<std::chrono::milliseconds> bound = {};    // in place of the policy's
  std::optional<std::chrono::milliseconds> timeout = {};  // of a statement; 0: without end
  std::optional<rate> limit = {};
  std::string refuse = {};  // what the client hears; empty: it is not refused
};

// What is known of a client for as long as its session goes on, but for the application's name.
struct client_facts {
  std::string_view user = {};
  std::string_view database = {};
  std::string_view application = {};
  network from = {};
};

// Immutable but for its buckets, so that all cores share one. A newer edition's buckets are full.
class rules {
 public:
  static constexpr std::size_t most = 64;                         // a bit each
  static constexpr std::size_t pattern_bytes_max = 512UZ * 1024;  // of memory, for each query

  // The error is one sentence, which names the rule.
  static std::expected<std::shared_ptr<const rules>, std::string> make(std::vector<rule> all);

  rules(const rules&) = delete;
  ~rules();

  std::uint64_t edition() const { return edition_; }  // never 0, and no other's in this process
  std::size_t size() const;
  const rule& at(std::size_t which) const;

  std::uint64_t of_client(const client_facts& who) const;
  std::uint64_t of_statement(const statement_facts& facts) const {
    if (facts.marks.edition != edition_) facts.marks = {edition_, look_at(facts)};
    return facts.marks.fitting;
  }
  // Where nothing is known of a statement: the rules that go by its client alone.
  std::uint64_t of_unknown() const { return by_client_alone_; }

  // Which one counts, if both halves have any in common.
  static std::optional<std::size_t> first(std::uint64_t of_client, std::uint64_t of_statement);

  // Whether its limit, if it has one, lets another statement pass.
  bool admits(std::size_t which, moment now) const;

 private:
  struct compiled;
  rules();
  std::uint64_t look_at(const statement_facts& facts) const;

  std::vector<compiled> all_;
  std::uint64_t edition_;
  std::uint64_t by_client_alone_ = 0;
};

}  // namespace skein::routing
