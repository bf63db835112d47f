#include "tests/servers/routing/round.hpp"

#include <thread>

#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers::freshness {
namespace {

using namespace std::chrono_literals;

way naive_way(late_cluster& at) {
  return {
      .which = at.shop.which(), .writer = at.where("a"), .readers = {at.where("b"), at.where("c")}};
}

void work_for(const length& how, const delays& late, late_cluster& at, findings& into) {
  const auto end = std::chrono::steady_clock::now() + how.time;
  if (!how.strikes) return std::this_thread::sleep_until(end);
  striker hand(at.shop, *at.by, how.seed, late);
  while (std::chrono::steady_clock::now() < end) hand.strike_and_heal();
  into.served_by_followers += hand.looks_of_killed();
  into.strikes = hand.count();
}

// Where reads do not tell who has served them, members do.
void count_served(late_cluster& at, const std::vector<std::unique_ptr<shopper>>& clients,
                  findings& into) {
  const auto add = [&](const std::string& member, std::size_t count) {
    (member == "a" ? into.served_by_leader : into.served_by_followers) += count;
  };
  for (const auto& name : at.shop.names()) {
    if (const auto looks = at.by->looks(at.shop.member(name))) {
      add(name, *looks);
      continue;
    }
    for (const auto& each : clients)
      if (const auto found = each->served().find(name); found != each->served().end())
        add(name, found->second);
    if (name == "a") add(name, into.told.writes);
  }
}

}  // namespace

late_cluster::late_cluster(engine which, const delays& late, bool quorum, std::size_t clients)
    : shop(cluster::start(
          which,
          {.followers = 2, .relayed = true, .server = {.settings = settings_for(which, quorum)}})),
      by(stagehand_of(which)) {
  by->make_table(shop.leader(), clients);
  if (quorum) by->demand_quorum(shop.leader());
  shop.wait_until_caught_up();
  by->prepare(shop);
  by->apply_late(shop.member("b"), late.apply);
  delay_links(shop, late);
}

findings run(const plan& what, const length& how) {
  late_cluster at(what.which, what.late, what.quorum, how.work.clients);
  std::optional<skein_process> skein;
  if (!what.naive) skein.emplace(at.shop, skein_options{.users = {app}, .routing = what.routing});
  const way to =
      what.naive ? naive_way(at) : way{.which = what.which, .writer = at.by->where(skein->port())};

  findings found;
  std::vector<std::unique_ptr<shopper>> clients;
  for (std::size_t number = 1; number <= how.work.clients; ++number)
    clients.push_back(std::make_unique<shopper>(number, how.seed, how.work, to));
  work_for(how, what.late, at, found);
  for (auto& each : clients) each->stop();
  skein.reset();

  std::vector<history> all;
  for (const auto& each : clients) {
    all.push_back(each->told());
    found.errors.insert(each->errors().begin(), each->errors().end());
    found.error_count += each->error_count();
  }
  found.told = audit(all, what.bound);
  count_served(at, clients, found);
  return found;
}

}  // namespace skein::servers::freshness
