// The state of a cluster at one moment: who is there, who leads, why. Immutable; cluster/ makes a
// new one at each observation and every core gets the same, so that routing is a pure function.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/members.hpp"

namespace skein::routing {

using moment = std::chrono::steady_clock::time_point;

struct member_view {
  std::string name = {};
  member_address address = {};
  bool reachable = false;
  member_role role = member_role::unknown;
  observation last = {};    // the last look that succeeded
  std::string reason = {};  // one sentence: what it does, or why it is out
  std::string zone = {};
  double weight = 1;
  moment asked = {};  // when the last look that succeeded was sent
  // Of a follower: for how long its leader has had what it does not show yet, at most.
  std::optional<std::chrono::milliseconds> behind = {};
  bool drained = false;       // a person wants it to do no work
  bool serves_reads = false;  // a follower of this leader that is not too far behind
  moment serves_since = {};
};

// What is acknowledged has reached fewer followers than durability promises.
struct shortfall {
  unsigned acks = 0;
  unsigned promised = 0;
  moment since = {};
};

struct cluster_view {
  std::string cluster = {};
  std::uint64_t epoch = 0;                 // grows each time the lead moves
  std::optional<std::size_t> leader = {};  // index into members; empty: nothing new is sent
  // Who led last, and in which history: a leader that comes back unchanged keeps its epoch.
  std::optional<std::size_t> last_leader = {};
  std::optional<std::uint64_t> last_history = {};  // none has been seen, if empty
  std::string reason = {};                         // one sentence: who leads, or why nobody does
  bool observed = false;                           // every member has been looked at once
  bool two_claimants = false;
  bool withheld = false;  // somebody leads, and nothing new may be sent there for now
  // Since the machine's start, see net/boot_clock.hpp: a write that is answered later is not
  // believed, for another may lead by then. For ever, where no other Skein elects.
  std::chrono::nanoseconds writes_until = std::chrono::nanoseconds::max();
  std::optional<shortfall> falls_short = {};
  // Where the history of who leads began, by role_changer::mark in this epoch. Empty: nobody knows.
  std::string lead_mark = {};
  std::vector<member_view> members = {};
  // The only one that takes writes, whether it is to or not.
  std::optional<std::size_t> claimant = {};

  // Whether anything may be sent there or not.
  std::optional<std::size_t> whoever_leads() const {
    return leader || !withheld ? leader : last_leader;
  }
};

using view = std::shared_ptr<const cluster_view>;

}  // namespace skein::routing
