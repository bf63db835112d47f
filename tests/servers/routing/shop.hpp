// A leader, two followers, a table of goods on them, and Skein before them, which sends reads to
// followers.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {

inline constexpr auto any_follower =
    "reads: followers, balance: round_robin, freshness: session, freshness_wait: 500ms";

struct shop {
  explicit shop(std::string routing = any_follower, skein_options more = {},
                cluster_options members = {})
      : servers(cluster::start(engine::postgres, std::move(members))) {
    servers.leader().query_as(app, "create table goods (id int primary key, n int)");
    servers.leader().query_as(app, "insert into goods select g, g from generate_series(1, 100) g");
    // Whoever looks must see which history a follower applies.
    servers.leader().query("grant pg_read_all_stats to " + app.user);
    servers.wait_until_caught_up();
    more.routing = std::move(routing);
    skein.emplace(servers, std::move(more));
    // Until it is known what the database defines all goes to the leader.
    pg_session first(skein->words(app));
    wait_until([&] { return first.ask("select 1").ok() && lent("b") + lent("c") > 0; },
               std::chrono::seconds{10}, "reads go to followers");
  }
  double lent(const std::string& member) const {
    return skein->metric("skein_routed_to_total", "member=\"" + member + "\"").value_or(0);
  }
  double lent_to_followers() const { return lent("b") + lent("c"); }

  cluster servers;
  std::optional<skein_process> skein;
};

}  // namespace skein::servers
