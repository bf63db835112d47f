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
  bool serves_reads = false;  // a follower of this leader that is not too far behind
  moment serves_since = {};
};

struct cluster_view {
  std::string cluster = {};
  std::uint64_t epoch = 0;                 // grows each time the lead moves
  std::optional<std::size_t> leader = {};  // index into members; empty: nothing new is sent
  // Who led last, and in which history: a leader that comes back unchanged keeps its epoch.
  std::optional<std::size_t> last_leader = {};
  std::uint64_t last_history = 0;
  std::string reason = {};  // one sentence: who leads, or why nobody does
  bool observed = false;    // every member has been looked at once
  bool two_claimants = false;
  std::vector<member_view> members = {};
};

using view = std::shared_ptr<const cluster_view>;

}  // namespace skein::routing
