#include "cli/routes.hpp"

namespace skein::cli {

namespace {

using kind = routing::destination::kind;

// The words of a file stand in the order of what they mean.
template <typename To, typename From>
constexpr To same(From word) {
  return static_cast<To>(word);
}
static_assert(same<routing::reads_from>(conf::reads_from::nearest) == routing::reads_from::nearest);
static_assert(same<routing::balance_way>(conf::balance_way::fastest) ==
              routing::balance_way::fastest);
static_assert(same<routing::freshness>(conf::freshness::leader) == routing::freshness::leader);
static_assert(same<proxy::freshness_key>(conf::freshness_key::hint) == proxy::freshness_key::hint);

routing::destination destination_of(const conf::send_settings& from) {
  if (from.to == conf::send_to::leader) return {kind::leader};
  if (from.to == conf::send_to::followers) return {kind::followers};
  if (!from.member.empty()) return {kind::member, from.member};
  if (!from.zone.empty()) return {kind::zone, from.zone};
  return {};
}

routing::rule_match match_of(const conf::match_settings& from) {
  routing::rule_match out{.users = from.user,
                          .databases = from.database,
                          .applications = from.application,
                          .tables = from.table};
  for (const auto& each : from.network) out.networks.push_back(network_of(each));
  for (const auto& each : from.query) out.queries.push_back(each.text);
  for (const auto& each : from.fingerprint) out.fingerprints.push_back(each.value);
  return out;
}

routing::rule rule_of(const conf::routing_rule& from) {
  routing::rule out{.name = from.name,
                    .match = match_of(from.match),
                    .to = destination_of(from.send),
                    .bound = from.send.freshness_bound,
                    .timeout = from.timeout,
                    .refuse = from.refuse};
  if (from.send.freshness) out.fresh = same<routing::freshness>(*from.send.freshness);
  if (from.limit.rate) {
    out.limit = {.per_second = *from.limit.rate,
                 .burst = from.limit.burst.value_or(*from.limit.rate)};
  }
  return out;
}

}  // namespace

network network_of(const conf::network& from) {
  network out;
  if (from.of == conf::network::kind::local) {
    out.of = network::family::local;
  } else if (from.of != conf::network::kind::any) {
    out = read_address(from.address).value();
    out.bits = from.bits;
  }
  return out;
}

std::expected<void, std::string> compose_routes(const conf::cluster_settings& from,
                                                proxy::cluster_settings& out) {
  const conf::routing_settings& how = from.routing;
  out.routes = {.reads = same<routing::reads_from>(how.reads),
                .balance = same<routing::balance_way>(how.balance),
                .fresh = same<routing::freshness>(how.freshness),
                .wait = how.freshness_wait,
                .bound = how.freshness_bound,
                .slow_start = how.slow_start,
                .zone = how.zone,
                .sticky = how.sticky == conf::sticky::zone};
  if (how.log_sample != 0) out.logged_lots = ~std::uint64_t{0} / how.log_sample;
  out.shared_by = same<proxy::freshness_key>(how.freshness_key);
  std::vector<routing::rule> rules;
  rules.reserve(how.rules.size());
  for (const auto& each : how.rules) rules.push_back(rule_of(each));
  auto made = routing::rules::make(std::move(rules));
  if (!made) return std::unexpected("clusters." + from.name + ".routing: " + made.error());
  out.rules = std::move(*made);
  return {};
}

}  // namespace skein::cli
