// Who is to lead next, of the followers that can be heard: a pure choice, so that nothing is lost
// that somebody has, where that can be.
#pragma once

#include "cluster/decide.hpp"

namespace skein::cluster {

// The step that comes next on the way to another leader. `because`: a clause, what befell the one
// that leads.
decision elect(const situation& now, const failover_policy& policy, const std::string& because);

// Whether one has been told to lead who may be about to do so.
bool is_on_its_way(const situation& now, const failover_policy& policy);

// Whether the one has received all that the other has.
bool has_all_of(const member_facts& one, const member_facts& other);
bool has_applied_all(const member_facts& one);  // ... that it has received itself

// Whom it should follow, where `leader` leads: what settings say, as long as that one is of use.
std::size_t upstream_of(const situation& now, std::size_t follower, std::size_t leader);

}  // namespace skein::cluster
