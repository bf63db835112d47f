#include "proxy/member_pools.hpp"

namespace skein::proxy {

member_pools::member_pools(net::core& core, net::dialer& dial, const cluster_in_force& cluster,
                           member_budgets& budgets, metrics::core_counters& counters)
    : ground_{core, dial, cluster, counters, keys_},
      budgets_(budgets),
      number_(budgets.join([this](budget& about) { return calls_about(about); })),
      leaving_(core.where()) {}

void member_pools::see(const routing::cluster_view& now) {
  std::vector<std::shared_ptr<pool>> before;
  if (!knows_all(now)) {
    std::vector<std::shared_ptr<pool>> next;
    next.reserve(now.members.size());
    for (const auto& member : now.members) next.push_back(find_or_make(member));
    before = std::exchange(all_, std::move(next));
  }
  const auto leader = now.leader || now.withheld ? now.leader : now.last_leader;
  leading_ = leader ? all_[*leader].get() : nullptr;
  // Who is roused by what follows looks at the new ones.
  for (const auto& each : all_) {
    if (each->epoch() != now.epoch) each->keep_only(now.epoch);
  }
  for (auto& each : before) {
    if (std::ranges::find(all_, each) == all_.end()) leaving_.spawn(see_out(std::move(each)));
  }
}

// With every view but few: several a second come, and their members are the same.
bool member_pools::knows_all(const routing::cluster_view& now) const {
  return std::ranges::equal(all_, now.members, [](const auto& known, const auto& member) {
    return known->is_of(member);
  });
}

std::shared_ptr<pool> member_pools::find_or_make(const routing::member_view& member) {
  for (const auto& each : all_) {
    if (each->is_of(member)) return each;
  }
  return std::make_shared<pool>(ground_, member.name, member.address, budgets_.of(member.address),
                                number_);
}

net::awaitable<> member_pools::see_out(std::shared_ptr<pool> gone) {
  co_await gone->close();
}

void member_pools::adopt(const cluster_settings& before) {
  for (const auto& each : all_) each->adopt(before);
}

net::awaitable<> member_pools::close() {
  for (const auto& each : all_) each->retire();
  for (const auto& each : all_) co_await each->close();
  co_await leaving_.join();
}

// Called on any thread. Here it is known which pool it is for, or that there is none any more.
budget::core_calls member_pools::calls_about(budget& places) {
  return {[this, &places](budget::slot place) {
            ground_.core.post([this, &places, place = std::move(place)]() mutable {
              if (pool* const to = drawing_on(places)) to->hear_place(std::move(place));
            });
          },
          [this, &places](budget::wish what) {
            ground_.core.post([this, &places, what = std::move(what)]() mutable {
              if (pool* const to = drawing_on(places)) return to->hear_wanted(std::move(what));
              places.call_for(std::move(what), number_);
            });
          },
          [this, &places](std::shared_ptr<traveller> come) {
            ground_.core.post([this, &places, come = std::move(come)] {
              if (pool* const to = drawing_on(places)) to->hear_arrival(*come);
            });
          }};
}

pool* member_pools::drawing_on(const budget& places) const {
  for (const auto& each : all_) {
    if (each->draws_on(places)) return each.get();
  }
  return nullptr;
}

}  // namespace skein::proxy
