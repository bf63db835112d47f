// That what is acknowledged is on as many followers as was promised: whom that takes telling. Pure,
// as cluster/decide is, which asks here.
#pragma once

#include <optional>

#include "cluster/decide.hpp"

namespace skein::cluster {

// On how many it is to be now: fewer than is promised only where that is allowed, and where fewer
// have been there for a while.
unsigned assured_now(const situation& now, const failover_policy& policy);

// Who leads takes no writes, and that may be for a follower that soon counts as gone, so that it is
// waited for no longer: until then that is no reason to have another lead.
bool may_wait_for_one(const situation& now, const failover_policy& policy);

// Of who leads: before anything else, for without it nobody writes. Of the followers.
std::optional<decision> assure_leader(const situation& now, const failover_policy& policy);
std::optional<decision> assure_followers(const situation& now, const failover_policy& policy);

// On how many it is while `made` is done, where those are fewer than is promised. `already`: it has
// been on fewer, and may have acknowledged something since.
std::optional<unsigned> falls_short(const situation& now, const failover_policy& policy,
                                    const decision& made, bool already);

}  // namespace skein::cluster
