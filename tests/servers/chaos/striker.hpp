// Carries out a wave of strikes on real servers, relays, clients and Skein, and heals all of it.
// Decides nothing: schedule.hpp does. One thread, that of rounds.cpp.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/servers/chaos/load.hpp"
#include "tests/servers/chaos/schedule.hpp"
#include "tests/servers/skein_process.hpp"

namespace skein::servers::chaos {

// Clients reach Skein through `front`, Skein its leader through a link of the cluster's.
struct scene {
  explicit scene(skein_options how);
  std::string words() const;  // libpq's, for a client

  skein_options options;
  cluster shop;
  std::optional<skein_process> skein;  // none: until the wave is healed
  fault_relay front;
  std::vector<std::unique_ptr<load>> clients;
};

class striker {
 public:
  explicit striker(scene& at) : at_(at) {}

  void begin(const strike& one);
  void heal();  // returns when what was killed answers again
  const std::array<std::size_t, strike_kinds>& counts() const { return counts_; }

 private:
  fault_relay& relay(place where);
  void end_backends(std::size_t number);
  void strike_skein(strike_kind kind);

  scene& at_;
  std::array<std::size_t, strike_kinds> counts_{};
  std::vector<place> silenced_;  // whose connections would stay silent for ever
};

}  // namespace skein::servers::chaos
