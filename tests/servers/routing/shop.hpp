// A leader, two followers, a table of goods on them, and Skein before them, which sends reads to
// followers; on whatever engine.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/servers/connection.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/tongue.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {

inline constexpr auto any_follower =
    "reads: followers, balance: round_robin, freshness: session, freshness_wait: 500ms";

struct shop {
  explicit shop(const tongue& spoken, std::string routing = any_follower, skein_options more = {},
                cluster_options which = {})
      : in(spoken), members(cluster::start(in.which, std::move(which))) {
    make_goods(members);
    more.routing = std::move(routing);
    skein.emplace(members, std::move(more));
    // Until it is known what the database defines all goes to the leader.
    const auto first = connect();
    wait_until([&] { return first->ask("select 1").ok() && lent_to_followers() > 0; },
               std::chrono::seconds{10}, "reads go to followers");
  }

  std::unique_ptr<connection> connect(const std::string& program = {}) const {
    return servers::connect(in.which, {.port = skein->port(), .program = program});
  }
  // A follower has served it although something was owed to it: what it has read before. So its
  // connection there is older than the last look, and the next read is a follower's too.
  std::unique_ptr<connection> connect_warmly() const {
    auto one = connect();
    const auto at_follower = [&] {
      const double before = lent_to_followers();
      return one->ask("select 1").ok() && lent_to_followers() > before;
    };
    wait_until([&] { return at_follower() && at_follower(); }, std::chrono::seconds{10},
               "followers serve it");
    return one;
  }
  std::unique_ptr<connection> console() const {
    return servers::connect(in.which, {.port = skein->port(), .database = "skein"});
  }
  double lent(const std::string& member) const {
    return skein->metric("skein_routed_to_total", "member=\"" + member + "\"").value_or(0);
  }
  double lent_to_followers() const { return lent("b") + lent("c"); }
  // Returns when b runs it, with how often it was sent: a follower that has seemed to lag for a
  // moment is given none. Of goods, and longer than a second.
  int send_to_b(connection& one, const std::string& sql) {
    const auto runs = [&] { return members.member("b").value(in.running("from goods")) != "0"; };
    for (int sent = 1;; ++sent) {
      one.send(sql);
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{700};
      while (std::chrono::steady_clock::now() < end)
        if (runs()) return sent;
      REQUIRE(one.finish().ok());
      REQUIRE(sent < 10);
    }
  }

  const tongue& in;
  cluster members;
  std::optional<skein_process> skein;
};

inline void check_ok(const reply& told) {
  CHECK_MESSAGE(told.ok(), told.code, " ", told.text);
}

}  // namespace skein::servers
