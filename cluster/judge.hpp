// Who leads, as far as can be seen: a pure function from what the observers last saw to a view,
// each judgement with the sentence that explains it. cluster/watch feeds it and publishes what it
// says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/members.hpp"
#include "routing/view.hpp"

namespace skein::cluster {

struct member_settings {
  std::string name = {};
  member_address address = {};
  std::string zone = {};
  double weight = 1;  // above 0

  bool operator==(const member_settings&) const = default;
};

// The newest news of one member.
struct member_news {
  bool looked = false;                   // at least one look has ended
  std::optional<observation> seen = {};  // the last look, if it succeeded
  std::string trouble = {};              // why it did not
  observation before = {};               // the last look that succeeded ...
  routing::moment asked = {};            // ... and a time just before it was sent
};

// `previous` lends the epoch and the last leader; null at the start.
routing::cluster_view judge(const std::string& cluster, const std::vector<member_settings>& members,
                            const std::vector<member_news>& news,
                            const routing::cluster_view* previous);

// Other members are looked at from now on: what `judge` wants to know of the time before, told of
// those. A member is the same one where its address is.
struct moved_members {
  routing::cluster_view before = {};
  std::vector<member_news> news = {};
};
moved_members move_members(const routing::cluster_view& before,
                           const std::vector<member_news>& news,
                           const std::vector<member_settings>& next);

}  // namespace skein::cluster
