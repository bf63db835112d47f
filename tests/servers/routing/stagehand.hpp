// What a round of the freshness test does to the servers behind the scenes, in their engine's
// words: followers are made late, commits wait for a quorum, and what a member has served is
// counted.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/servers/cluster.hpp"

namespace skein::servers::freshness {

// How late followers are: b applies late, c hears late, and both are heard late.
struct delays {
  milliseconds apply{50};
  milliseconds link{20};
  milliseconds answer{5};
};

class stagehand {
 public:
  virtual ~stagehand() = default;

  // The table: a row for each client, by its number from 1, and row 0, which all of them write.
  virtual void make_table(server& leader, std::size_t clients) = 0;
  // What the members need besides, once they have the table.
  virtual void prepare(cluster&) {}
  // A commit waits from now on until one follower has it on its disk.
  virtual void demand_quorum(server& leader) = 0;
  // Until the stagehand goes.
  virtual void apply_late(server& follower, milliseconds late) = 0;
  virtual void stop_applying(server& follower) = 0;
  virtual void go_on_applying(server& follower) = 0;
  // Where open_session() finds it.
  virtual std::string where(std::uint16_t port) const = 0;
  // How often clients have looked through the table, to read or to write; once all of them have
  // left. A server forgets when it is killed. Nothing: reads tell who serves them.
  virtual std::optional<std::size_t> looks(server&) { return std::nullopt; }
  // The same, as far as is known while they are there.
  virtual std::size_t looks_until_now(server&) { return 0; }
};

std::unique_ptr<stagehand> stagehand_of(engine which);
std::unique_ptr<stagehand> postgres_stagehand();
std::unique_ptr<stagehand> mysql_stagehand(engine which);

// What servers have to be started with, lines of their settings file.
std::vector<std::string> settings_for(engine which, bool quorum);

// What of it their links do; a link that was healed has lost it.
void delay_links(cluster& shop, const delays& late);

}  // namespace skein::servers::freshness
