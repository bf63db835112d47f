// A cluster under load behind a Skein that may move its lead, what can befall the leader, and the
// evidence of how it went: what scenarios (scenarios.cpp) are told in. One round has one scene.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/faults/chronicle.hpp"
#include "tests/faults/load.hpp"
#include "tests/faults/small_disk.hpp"
#include "tests/faults/stage.hpp"
#include "tests/servers/skein_process.hpp"

namespace skein::servers::faults {

enum class durability { async, quorum };

struct scene_options {
  durability keeps = durability::async;
  bool parted = false;      // traffic between members and from Skein can be cut
  bool small_disk = false;  // the leader's can be full
  bool may_fence = true;    // Skein's user has what it takes to stop who led from writing
  std::string failover = "automatic: yes";
};

class scene : public stage {
 public:
  scene(engine which, scene_options how, std::uint64_t seed);
  ~scene();

  // The load. A share of what they can do at most, which is measured once for each kind of scene.
  void writers_write(double share = 0.6, int writers = 16);
  void writers_go_past_skein(const std::string& member);
  void writers_are_done();

  // What befalls a, who leads at first.
  void kill_leader();
  void freeze_leader();
  void thaw_leader();
  void cut_leader_off();  // from everybody
  void cut_leader_off_from_followers();
  void cut_leader_off_from_skein();
  void fill_leaders_disk();
  void leader_returns();                         // whatever it was
  void move_lead_to(const std::string& member);  // by an order; returns when it has moved

  // What befalls others.
  void delay(const std::string& follower, int seconds);
  void skeins_ways_are_slow(milliseconds there_and_back);
  void reset_connections_to(const std::string& member);

  // The strike is over when writes are taken again.
  void wait_until_writes_are_taken(milliseconds patience = std::chrono::seconds{40});
  void wait_until_takes_no_writes(const std::string& member);  // from clients past Skein
  void wait_until_outside(const std::string& member);
  bool hears(const std::string& text) const;  // in the status
  std::string status() const;

  // Ends the load, waits until who follows has everything, and reads all of it back.
  evidence gather();

  const tongue& in;
  const scene_options how;
  cluster members;
  std::optional<skein_process> skein;
  double peak_per_second = 0;
  // Of the first step that Skein took after the strike.
  std::optional<milliseconds> detected() const;
  std::size_t moves_of_lead() const;
  double load_share() const;  // of the peak, until the strike
  heard_errors errors() const;
  std::size_t wrong_reads() const;

 private:
  double measure_peak(int writers);
  void withhold_fence();
  void have_leader_wait();
  void nobody_listens_at(const std::string& member);

  std::unique_ptr<small_disk> disk_;
  std::optional<chronicle> chronicle_;
  std::unique_ptr<load> load_;
  std::unique_ptr<load> past_skein_;
  milliseconds load_began_{0};
};

}  // namespace skein::servers::faults
