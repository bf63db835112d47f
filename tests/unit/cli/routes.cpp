// From what a file says of routing to what the parts are told.
#include "cli/routes.hpp"

#include <doctest/doctest.h>

#include "backends/registry/registry.hpp"
#include "cli/compose.hpp"

using namespace skein;
using namespace skein::cli;
using namespace std::chrono_literals;

namespace {

parts composed(const std::string& more) {
  const auto read = conf::load_text(R"(clusters:
  main:
    users: [{name: app, password: honk}]
)" + more,
                                    {.engines = backend_names()});
  REQUIRE_MESSAGE(read, conf::format(read.error().front(), "file"));
  auto made = compose(read->settings);
  REQUIRE_MESSAGE(made, made.error());
  return std::move(*made);
}

}  // namespace

TEST_CASE("who says nothing of routing has what it has by default") {
  const parts made = composed("    members: [127.0.0.1:1]\n");
  const proxy::cluster_settings& cluster = made.proxy.clusters.front();
  CHECK(cluster.routes == routing::policy{});
  CHECK(cluster.shared_by == proxy::freshness_key::none);
  CHECK(cluster.logged_lots == 0);
  REQUIRE(cluster.rules);
  CHECK(cluster.rules->size() == 0);
  CHECK(made.watches.front().max_lag == cluster::watch_settings{}.max_lag);
  CHECK(made.watches.front().members.front().zone.empty());
  CHECK(made.watches.front().members.front().weight == 1);
}

TEST_CASE("each key of routing reaches its part") {
  const parts made = composed(R"(
    members: [{name: a, address: 127.0.0.1:1, zone: eu-1, weight: 0.5}]
    routing: {reads: nearest, balance: fastest, freshness: global, freshness_key: hint,
              freshness_wait: 1ms, freshness_bound: 2ms, max_lag: 3ms, slow_start: 4ms, zone: eu-1,
              sticky: zone, log_sample: 2}
)");
  CHECK(made.proxy.clusters.front().routes ==
        routing::policy{.reads = routing::reads_from::nearest,
                        .balance = routing::balance_way::fastest,
                        .fresh = routing::freshness::global,
                        .wait = 1ms,
                        .bound = 2ms,
                        .slow_start = 4ms,
                        .zone = "eu-1",
                        .sticky = true});
  CHECK(made.proxy.clusters.front().shared_by == proxy::freshness_key::hint);
  CHECK(made.proxy.clusters.front().logged_lots == ~0ULL / 2);
  CHECK(made.watches.front().max_lag == 3ms);
  CHECK(made.watches.front().members.front().zone == "eu-1");
  CHECK(made.watches.front().members.front().weight == 0.5);
}

TEST_CASE("what each rule matches and what it does") {
  const parts made = composed(R"(
    members: [{name: a, address: 127.0.0.1:1, zone: eu-1}]
    routing:
      rules:
        - match: {user: [u, v], database: d, application: p, network: [10.0.0.0/8, unix]}
          send: {to: followers, freshness: bounded, freshness_bound: 7s}
          timeout: 0s
        - {match: {query: x, fingerprint: 00000000000000ff, table: t}, send: {to: leader}}
        - {match: {user: app}, send: {member: a}, limit: {rate: 5}}
        - {match: {user: app}, send: {zone: eu-1}, limit: {rate: 5, burst: 9}}
        - {name: never, match: {user: app}, refuse: not today}
)");
  const routing::rules& rules = *made.proxy.clusters.front().rules;
  REQUIRE(rules.size() == 5);
  using kind = routing::destination::kind;
  const routing::rule_match& client = rules.at(0).match;
  CHECK(client.users == std::vector<std::string>{"u", "v"});
  CHECK(client.databases == std::vector<std::string>{"d"});
  CHECK(client.applications == std::vector<std::string>{"p"});
  REQUIRE(client.networks.size() == 2);
  CHECK(client.networks[0].holds(read_address("10.9.9.9").value()));
  CHECK_FALSE(client.networks[0].holds(read_address("11.0.0.0").value()));
  CHECK(client.networks[1].holds({.of = network::family::local}));
  CHECK(rules.at(0).name == "rule 1");
  CHECK(rules.at(0).to == routing::destination{kind::followers});
  CHECK(rules.at(0).fresh == routing::freshness::bounded);
  CHECK(rules.at(0).bound == 7s);
  CHECK(rules.at(0).timeout == 0s);
  CHECK_FALSE(rules.at(0).limit);
  CHECK(rules.at(1).match.queries == std::vector<std::string>{"x"});
  CHECK(rules.at(1).match.fingerprints == std::vector<std::uint64_t>{255});
  CHECK(rules.at(1).match.tables == std::vector<std::string>{"t"});
  CHECK(rules.at(1).to == routing::destination{kind::leader});
  CHECK_FALSE(rules.at(1).fresh);
  CHECK_FALSE(rules.at(1).timeout);
  CHECK(rules.at(2).to == routing::destination{kind::member, "a"});
  CHECK(rules.at(2).limit == routing::rate{5, 5});
  CHECK(rules.at(3).to == routing::destination{kind::zone, "eu-1"});
  CHECK(rules.at(3).limit == routing::rate{5, 9});
  CHECK(rules.at(4).to == routing::destination{});
  CHECK(rules.at(4).name == "never");
  CHECK(rules.at(4).refuse == "not today");
}
