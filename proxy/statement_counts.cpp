#include "proxy/statement_counts.hpp"

#include <algorithm>
#include <tuple>

#include "console/command.hpp"
#include "proxy/branch.hpp"

namespace skein::proxy {

using console::cell;
using console::text;

namespace {

cell number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

std::pair<std::size_t, std::uint64_t> key_of(const statement_count& one) {
  return {one.cluster, one.facts->fingerprint};
}

void merge(statement_count& into, statement_count& one) {
  auto& sum = into.tally;
  sum.calls += one.tally.calls;
  sum.to_leader += one.tally.to_leader;
  sum.to_followers += one.tally.to_followers;
  sum.again += one.tally.again;
  if (one.tally.last <= sum.last) return;
  one.tally.calls = sum.calls;
  one.tally.to_leader = sum.to_leader;
  one.tally.to_followers = sum.to_followers;
  one.tally.again = sum.again;
  into = std::move(one);
}

std::string reason_of(const statement_count& one, const routing::policy& ours) {
  const auto& last = one.tally;
  const bool unknown = one.facts->form.empty() && one.facts->why.empty();
  return routing::sentence(routing::past_plan{.facts = unknown ? nullptr : one.facts.get(),
                                              .unsure = last.unsure,
                                              .rule = one.rule,
                                              .fresh = static_cast<routing::freshness>(last.fresh),
                                              .shared = last.shared,
                                              .member = one.member,
                                              .led = last.led,
                                              .why = static_cast<routing::reason>(last.why),
                                              .refused = last.refused},
                           ours);
}

}  // namespace

std::vector<statement_count> statement_counts::of(branch& home, std::size_t cluster) {
  std::vector<statement_count> found;
  const auto add = [&](std::shared_ptr<const statement_facts> facts) {
    const auto tally = facts->tally;
    if (tally.calls + tally.again == 0) return;
    found.push_back({.cluster = cluster,
                     .facts = std::move(facts),
                     .tally = tally,
                     .member = home.name_of(tally.member),
                     .rule = home.name_of(tally.rule)});
  };
  for (auto& each : home.memory().facts_kept()) {
    if (each->fingerprint != 0) add(std::move(each));
  }
  add(std::make_shared<statement_facts>(home.unread()));
  return found;
}

void statement_counts::add(std::vector<statement_count> of_core) {
  std::ranges::move(of_core, std::back_inserter(all_));
}

console::table statement_counts::told(const std::vector<cluster_settings>& clusters) && {
  std::ranges::sort(all_, {}, key_of);
  // One form may stand in several places: on each core, and from before its database changed.
  std::size_t forms = 0;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (forms != 0 && key_of(all_[forms - 1]) == key_of(all_[i])) {
      merge(all_[forms - 1], all_[i]);
    } else if (forms++ != i) {
      all_[forms - 1] = std::move(all_[i]);
    }
  }
  all_.resize(forms);
  std::ranges::sort(all_, std::ranges::greater(), [](const statement_count& each) {
    return std::tuple(each.tally.calls, key_of(each));
  });
  console::table told{console::columns_of(console::verb::show_statements)};
  for (const statement_count& each : std::span(all_).first(std::min(forms, told_max))) {
    const cluster_settings& cluster = clusters[each.cluster];
    const auto& sum = each.tally;
    told.rows.push_back({cluster.name, text(fingerprint_text(each.facts->fingerprint)),
                         number(sum.calls), number(sum.to_leader), number(sum.to_followers),
                         number(sum.again), text(sum.refused ? "" : each.member),
                         text(reason_of(each, cluster.routes)),
                         text(console::beginning_of(each.facts->form, statement_text_max))});
  }
  if (forms > told_max)
    told.notice = std::to_string(forms - told_max) + " more, called less often, are left out";
  return told;
}

}  // namespace skein::proxy
