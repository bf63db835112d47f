// Servers that speak MySQL's wire, with a table of goods, and Skein before them: what each test of
// clients of theirs begins with.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <utility>

#include "tests/servers/mysql/client.hpp"
#include "tests/servers/skein_process.hpp"

namespace skein::servers::mysql {

struct scene {
  scene(engine which, skein_options how, int followers)
      : shop(cluster::start(which, {.followers = followers})) {
    shop.leader().query("grant replication client on *.* to app");
    if (which == engine::mariadb) shop.leader().query("grant replica monitor on *.* to app");
    shop.leader().query("create table goods (id int primary key, name varchar(100))");
    shop.leader().query("insert into goods values (1, 'one'), (2, 'two'), (3, null)");
    shop.wait_until_caught_up();
    skein.emplace(shop, std::move(how));
  }
  target where() const { return {"tcp://127.0.0.1:" + std::to_string(skein->port()), app}; }
  bool is_mariadb() const { return shop.which() == engine::mariadb; }

  cluster shop;
  std::optional<skein_process> skein;
};

// Each test once a server that speaks this wire.
inline void on_each_server(const skein_options& how, int followers, void (*play)(scene&)) {
  for (const engine which : {engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    scene on(which, how, followers);
    play(on);
  }
}

}  // namespace skein::servers::mysql
