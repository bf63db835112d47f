// What a session may be shown: never less than it has written or seen. A session remembers times
// only; what a time means in a member's history is told by the looks at that member that were asked
// later. So nothing that is remembered can be misread after the lead has moved.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "routing/view.hpp"

namespace skein::routing {

enum class freshness : std::uint8_t {
  any,      // whatever a follower shows
  session,  // what the session, or all who share its key, have written, and never less than before
  bounded,  // what the leader showed some time ago
  global,   // all that anybody was told to be written before the read began
  leader,   // no followers
};

// What a session is owed, besides by its key.
struct debt {
  moment wrote = {};              // when an answer to what may have written came last
  const extent* exact = nullptr;  // all that it has written, if that was told; another's to keep
  moment read = {};               // when an answer to what only read came last ...
  std::uint32_t on = 0;           // ... and from which member: its index, counted from 1; 0: none
  std::int64_t incarnation = 0;   // of that member: when its server was started
};

// The looks at the members of a cluster, of late: each core keeps its own from the views that reach
// it.
class sightings {
 public:
  void note(const cluster_view& now);

  // How far the member's history went at some time after `when`, as little after it as is known;
  // null: it is not known yet. A leader's log as it is written, a follower's as it is shown. Good
  // until the next note.
  const position* first_after(std::size_t member, moment when) const;

 private:
  struct sighting {
    moment asked = {};
    position at = {};
  };
  // A session asks for what it did of late, and looks are some tens of milliseconds apart. Of what
  // is older than all that is kept, the oldest that is kept tells more than enough.
  static constexpr std::size_t kept = 64;
  struct member_sightings {
    std::array<sighting, kept> ring = {};
    std::size_t next = 0;
    std::size_t used = 0;
    std::int64_t incarnation = 0;
    member_role role = member_role::unknown;
    std::string name = {};

    void note(const member_view& member);
    // Counted from the oldest.
    const sighting& kept_at(std::size_t i) const { return ring[(next - used + i) % kept]; }
  };
  bool are_of(const std::vector<member_view>& members) const;

  std::vector<member_sightings> members_ = {};
  std::uint64_t epoch_ = 0;
};

// Whether that follower shows all that is owed. `shared`: when anybody with the session's key wrote
// last.
bool covers(const cluster_view& now, const sightings& seen, std::size_t follower, const debt& owed,
            moment shared);
// Whether it shows all that was written before `when`.
bool shows_all_before(const cluster_view& now, const sightings& seen, std::size_t follower,
                      moment when);

}  // namespace skein::routing
