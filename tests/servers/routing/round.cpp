#include "tests/servers/routing/round.hpp"

#include <thread>

#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers::freshness {
namespace {

using namespace std::chrono_literals;

// In the setting's own unit, as pg_settings tells it.
void set(server& member, const std::string& setting, const std::string& to) {
  member.query("alter system set " + setting + " = '" + to + "'");
  member.query("select pg_reload_conf()");
  const auto look = "select setting from pg_settings where name = '" + setting + "'";
  wait_until([&] { return member.value(look) == to; }, 10s, setting + " is " + to);
}

// Each read and each write looks through the table once, and a server tells how often that was. It
// learns of it from its sessions, at the latest when they end.
std::size_t scans(server& member) {
  wait_until(
      [&] {
        return member.value("select count(*) from pg_stat_activity where usename = 'app'") == "0";
      },
      20s, "clients have left " + member.name());
  return scans_until_now(member);
}

way through(const skein_process& skein) {
  return {.writer = skein.words(app)};
}

way naive_way(cluster& shop) {
  return {.writer = words_of(shop.member("a")),
          .readers = {words_of(shop.member("b")), words_of(shop.member("c"))}};
}

void work_for(const length& how, const delays& late, cluster& shop, findings& into) {
  const auto end = std::chrono::steady_clock::now() + how.time;
  if (!how.strikes) return std::this_thread::sleep_until(end);
  striker hand(shop, how.seed, late);
  while (std::chrono::steady_clock::now() < end) hand.strike_and_heal();
  into.served_by_followers += hand.scans_of_killed();
  into.strikes = hand.count();
}

}  // namespace

std::string words_of(server& member) {
  return "host=127.0.0.1 port=" + std::to_string(member.port()) + " user=" + app.user +
         " password=" + app.password + " dbname=app sslmode=disable";
}

cluster late_cluster(const delays& late, bool quorum, std::size_t clients) {
  auto shop = cluster::start(engine::postgres, {.followers = 2, .relayed = true});
  shop.leader().query_as(app, table_sql(clients));
  // Whoever looks must see which history a follower applies.
  shop.leader().query("grant pg_read_all_stats to " + app.user);
  if (quorum) {
    set(shop.leader(), "synchronous_standby_names", "ANY 1 (b, c)");
    wait_until(
        [&] {
          return shop.leader().value(
                     "select count(*) from pg_stat_replication where sync_state = 'quorum'") == "2";
        },
        10s, "both followers count for the quorum");
  }
  shop.wait_until_caught_up();
  set(shop.member("b"), "recovery_min_apply_delay", std::to_string(late.apply.count()));
  delay_links(shop, late);
  return shop;
}

findings run(const plan& what, const length& how) {
  auto shop = late_cluster(what.late, what.quorum, how.work.clients);
  const auto looks_before = scans(shop.leader());  // making an index takes one
  std::optional<skein_process> skein;
  if (!what.naive) skein.emplace(shop, skein_options{.routing = what.routing});
  const auto to = what.naive ? naive_way(shop) : through(*skein);

  findings found;
  std::vector<std::unique_ptr<shopper>> clients;
  for (std::size_t number = 1; number <= how.work.clients; ++number)
    clients.push_back(std::make_unique<shopper>(number, how.seed, how.work, to));
  work_for(how, what.late, shop, found);
  for (auto& each : clients) each->stop();
  skein.reset();

  std::vector<history> all;
  for (const auto& each : clients) {
    all.push_back(each->told());
    found.errors.insert(each->errors().begin(), each->errors().end());
    found.error_count += each->error_count();
  }
  found.told = audit(all, what.bound);
  for (const auto& name : shop.names()) {
    auto& served = name == "a" ? found.served_by_leader : found.served_by_followers;
    served += scans(shop.member(name));
  }
  found.served_by_leader -= looks_before;
  return found;
}

}  // namespace skein::servers::freshness
