#include "tests/servers/routing/strikes.hpp"

#include <thread>

namespace skein::servers::freshness {

std::unique_ptr<stagehand> stagehand_of(engine which) {
  return which == engine::postgres ? postgres_stagehand() : mysql_stagehand(which);
}

std::vector<std::string> settings_for(engine which, bool quorum) {
  if (which == engine::postgres || !quorum) return {};
  // The leader's side is for the leader alone: a follower that had it would wait for followers too.
  // The timeout is longer than tests take: without a follower no commit is acknowledged.
  if (which == engine::mariadb)
    return {"rpl_semi_sync_slave_enabled = ON", "rpl_semi_sync_master_wait_point = AFTER_SYNC",
            "rpl_semi_sync_master_timeout = 3600000"};
  return {"plugin_load_add = semisync_source.so", "plugin_load_add = semisync_replica.so",
          "loose_rpl_semi_sync_replica_enabled = ON",
          "loose_rpl_semi_sync_source_timeout = 3600000"};
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
      looks_of_killed_ += by_.looks_until_now(victim);
      victim.kill();
      rest(300, 1500);
      victim.start();
      break;
    case 1:
      by_.stop_applying(victim);
      rest(300, 2000);
      by_.go_on_applying(victim);
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
