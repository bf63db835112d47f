#include "routing/rules.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::routing;
using namespace std::chrono_literals;

namespace {

using shared_rules = std::shared_ptr<const rules>;

shared_rules make(std::vector<rule> all) {
  auto made = rules::make(std::move(all));
  REQUIRE_MESSAGE(made, made.error());
  return *made;
}

shared_rules only(const rule_match& match) {
  return make(std::vector<rule>{{.name = "only", .match = match}});
}

network range(std::string_view address, unsigned bits) {
  network found = read_address(address).value();
  found.bits = bits;
  return found;
}

statement_facts facts_of(std::string form, std::vector<std::string> relations = {},
                         std::uint64_t fingerprint = 7) {
  return {.form = std::move(form), .fingerprint = fingerprint, .relations = std::move(relations)};
}

}  // namespace

TEST_CASE("what is known of a client: all that is named, and any of a list") {
  const client_facts who{"app", "shop", "web", read_address("10.1.2.3").value()};
  struct client_case {
    rule_match match;
    bool fits;
  };
  const std::vector<client_case> cases = {
      {{}, true},
      {{.users = {"app"}}, true},
      {{.users = {"eve"}}, false},
      {{.users = {"eve", "app"}}, true},
      {{.users = {"App"}}, false},
      {{.databases = {"shop"}}, true},
      {{.databases = {"archive"}}, false},
      {{.applications = {"web", "cron"}}, true},
      {{.applications = {"cron"}}, false},
      {{.networks = {range("10.0.0.0", 8)}}, true},
      {{.networks = {range("10.2.0.0", 16)}}, false},
      {{.networks = {range("10.2.0.0", 16), range("10.1.2.3", 32)}}, true},
      {{.networks = {range("2001:db8::", 32)}}, false},
      {{.networks = {{.of = network::family::local}}}, false},
      {{.users = {"app"}, .databases = {"shop"}, .applications = {"web"}}, true},
      {{.users = {"app"}, .databases = {"archive"}}, false},
      // A half that is asked of statements alone.
      {{.queries = {"audit"}}, true},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    CHECK(only(cases[i].match)->of_client(who) == (cases[i].fits ? 1 : 0));
  }
}

TEST_CASE("what is known of a statement") {
  const statement_facts facts =
      facts_of("select * from audit . log where id = 1 and name in ( '?' )", {"audit.log", "seen"});
  struct statement_case {
    rule_match match;
    bool fits;
  };
  const std::vector<statement_case> cases = {
      {{}, true},
      {{.users = {"eve"}}, true},
      {{.queries = {"from audit"}}, true},
      {{.queries = {"FROM Audit"}}, true},
      {{.queries = {"^select .* from audit"}}, true},
      {{.queries = {"^from audit"}}, false},
      {{.queries = {"no such", "id = 1"}}, true},
      {{.queries = {"id = 17"}}, false},
      {{.queries = {R"(\bin \( '\?' \)$)"}}, true},
      {{.fingerprints = {7}}, true},
      {{.fingerprints = {8, 7}}, true},
      {{.fingerprints = {8}}, false},
      {{.tables = {"log"}}, true},
      {{.tables = {"audit.log"}}, true},
      {{.tables = {"public.log"}}, false},
      {{.tables = {"audit"}}, false},
      {{.tables = {"og"}}, false},
      {{.tables = {"Log"}}, false},
      {{.tables = {"none", "seen"}}, true},
      {{.tables = {"public.seen"}}, false},
      {{.queries = {"audit"}, .fingerprints = {7}, .tables = {"log"}}, true},
      {{.queries = {"audit"}, .fingerprints = {7}, .tables = {"none"}}, false},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    CHECK(only(cases[i].match)->of_statement(facts) == (cases[i].fits ? 1 : 0));
  }
}

TEST_CASE("a statement that could not be read fits no rule that goes by statements") {
  const statement_facts unread;
  CHECK(only({.queries = {".*"}})->of_statement(unread) == 0);
  CHECK(only({.fingerprints = {0}})->of_statement(unread) == 0);
  CHECK(only({.tables = {""}})->of_statement(unread) == 0);
  CHECK(only({.users = {"app"}})->of_statement(unread) == 1);
  const auto several = make(std::vector<rule>{{.match = {.queries = {"x"}}},
                                              {.match = {.users = {"app"}}},
                                              {.match = {.users = {"app"}, .tables = {"t"}}},
                                              {.match = {.networks = {network{}}}}});
  CHECK(several->of_unknown() == 0b1010);
}

TEST_CASE("the first that fits both the client and the statement counts") {
  CHECK_FALSE(rules::first(0, ~0ULL));
  CHECK_FALSE(rules::first(0b1010, 0b0101));
  CHECK(rules::first(0b1110, 0b1100) == 2);
  CHECK(rules::first(1ULL << 63, ~0ULL) == 63);
  std::vector<rule> all(rules::most);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = {.name = std::to_string(i), .match = {.tables = {"t" + std::to_string(i)}}};
  }
  const auto many = make(all);
  const auto fitting = many->of_statement(facts_of("form", {"t40", "t63"}));
  CHECK(fitting == (1ULL << 40 | 1ULL << 63));
  CHECK(many->at(*rules::first(many->of_client({}), fitting)).name == "40");
  CHECK(many->size() == 64);
}

TEST_CASE("facts keep what the rules said of them, until other rules ask") {
  const auto one = only({.queries = {"one"}});
  const auto other = only({.queries = {"other"}});
  CHECK(one->edition() != 0);
  CHECK(one->edition() != other->edition());
  statement_facts facts = facts_of("one");
  CHECK(one->of_statement(facts) == 1);
  CHECK(facts.marks.edition == one->edition());
  facts.form = "other";  // nobody looks at it again
  CHECK(one->of_statement(facts) == 1);
  CHECK(other->of_statement(facts) == 1);
  CHECK(one->of_statement(facts) == 0);
}

TEST_CASE("rules that cannot be are refused with a sentence") {
  const auto bad = rules::make({{.name = "odd", .match = {.queries = {"good", "("}}}});
  REQUIRE_FALSE(bad);
  CHECK(bad.error() == R"(the query "(" of "odd" is no regular expression: missing ): ()");
  CHECK_FALSE(
      rules::make({{.match = {.queries = {".{999}.{999}.{999}.{999}.{999}.{999}.{999}"}}}}));
  CHECK_FALSE(rules::make(std::vector<rule>(rules::most + 1)));
  CHECK(make(std::vector<rule>{})->of_client({}) == 0);
}

// Backtracking would take longer than the universe has.
TEST_CASE("no pattern takes a text's time by surprise") {
  const auto evil = only({.queries = {"^(a+)+$", "(x+x+)+y"}});
  CHECK(evil->of_statement(facts_of(std::string(20000, 'a') + "!" + std::string(20000, 'x'))) == 0);
}

TEST_CASE("a rule's limit is its own, and those without one let all pass") {
  const auto limited = make(std::vector<rule>{
      {.name = "free"}, {.name = "narrow", .limit = rate{.per_second = 1, .burst = 2}}});
  const moment now{1h};
  for (int i = 0; i < 10; ++i) CHECK(limited->admits(0, now));
  CHECK(limited->admits(1, now));
  CHECK(limited->admits(1, now));
  CHECK_FALSE(limited->admits(1, now));
  CHECK(limited->admits(1, now + 1s));
}
