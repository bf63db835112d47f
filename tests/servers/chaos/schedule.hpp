// What strikes when: an endless row of waves out of one seed, the same every time. Pure: striker
// carries them out, rounds.cpp waits between them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/servers/fault_relay.hpp"

namespace skein::servers::chaos {

enum class strike_kind {
  leader_killed,
  leader_frozen,
  follower_killed,
  follower_frozen,
  way_parted,     // a cut cable
  way_half_open,  // nothing moves in one direction or in both
  way_reset,      // open connections; more come
  way_cut,        // each connection after so many bytes
  way_slow,
  clients_killed,  // in the middle of their transactions
  backends_ended,  // some of the leader's sessions, by their administrator
  skein_restarted,
  skein_killed,
  skein_frozen,
  count_of_them,
};
constexpr auto strike_kinds = static_cast<std::size_t>(strike_kind::count_of_them);

std::string_view to_string(strike_kind kind);

// Which relay a way_* concerns.
enum class place { before_leader, before_skein };

struct strike {
  strike_kind kind = strike_kind::leader_killed;
  std::chrono::milliseconds length{0};  // until it is healed
  place where = place::before_leader;
  direction way = direction::both;
  std::uint64_t bytes = 0;  // way_cut
  cut how = cut::reset;
  std::size_t number = 0;  // of the follower; how many clients or sessions
  bool operator==(const strike&) const = default;
};

// For the log: "way_cut before Skein, to the server after 812 bytes, for 300 ms".
std::string describe(const strike& one);

// All strikes of a wave begin together and are healed together.
struct wave {
  std::chrono::milliseconds rest{0};  // of undisturbed work before it
  std::vector<strike> strikes;
  std::chrono::milliseconds length() const;  // the longest of them
};

class schedule {
 public:
  explicit schedule(std::uint64_t seed) : random_(seed) {}
  wave next();

 private:
  std::uint64_t between(std::uint64_t least, std::uint64_t most);
  strike_kind pick();
  strike make();

  std::mt19937_64 random_;
};

}  // namespace skein::servers::chaos
