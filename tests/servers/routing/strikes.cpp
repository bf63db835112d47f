#include "tests/servers/routing/strikes.hpp"

#include <thread>

namespace skein::servers::freshness {

std::size_t scans_until_now(server& member) {
  return std::stoull(
      member.value("select coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)"
                   " from pg_stat_user_tables where relname = 'freshness'"));
}

void delay_links(cluster& shop, const delays& late) {
  shop.link("c", "a").set_latency(late.link, direction::to_client);
  for (const char* follower : {"b", "c"})
    shop.link(follower, "a").set_latency(late.answer, direction::to_server);
}

void striker::strike_and_heal() {
  rest(500, 1500);
  ++count_;
  auto& victim = shop_.follower(below(2));
  switch (below(3)) {
    case 0:
      scans_of_killed_ += scans_until_now(victim);
      victim.kill();
      rest(300, 1500);
      victim.start();
      break;
    case 1:
      victim.query("select pg_wal_replay_pause()");
      rest(300, 2000);
      victim.query("select pg_wal_replay_resume()");
      break;
    default: {
      auto& way = shop_.link(victim.name(), "a");
      way.half_open(direction::to_client);
      rest(300, 2000);
      way.heal();
      delay_links(shop_, late_);
    }
  }
}

void striker::rest(std::uint64_t least_ms, std::uint64_t most_ms) {
  const auto ms = least_ms + below(most_ms - least_ms + 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace skein::servers::freshness
