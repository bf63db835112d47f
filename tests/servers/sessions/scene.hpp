// A leader and a follower that speak MySQL's wire, with a table of goods, and Skein before them,
// which pools by session.
#pragma once

#include <doctest/doctest.h>

#include <optional>

#include "tests/servers/mysql/client.hpp"
#include "tests/servers/skein_process.hpp"

namespace skein::servers::sessions {

struct scene {
  explicit scene(engine which, skein_options more = {})
      : shop(cluster::start(which, {.followers = 1})) {
    shop.leader().query("grant replication client on *.* to app");
    if (which == engine::mariadb) shop.leader().query("grant replica monitor on *.* to app");
    shop.leader().query("create table goods (id int primary key, name varchar(100))");
    shop.leader().query("insert into goods values (1, 'one'), (2, 'two'), (3, null)");
    shop.wait_until_caught_up();
    more.pool_mode = "session";
    more.users = {app};
    skein.emplace(shop, std::move(more));
  }
  mysql::target where() const { return {"tcp://127.0.0.1:" + std::to_string(skein->port()), app}; }

  cluster shop;
  std::optional<skein_process> skein;
};

// Each test once a server that speaks this wire.
inline void on_each(void (*play)(scene&), skein_options more = {}) {
  for (const engine which : {engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    scene on(which, more);
    play(on);
  }
}

}  // namespace skein::servers::sessions
